"""Check that worksheets are valid and different, their keys right, and mistakes marked where they were made.

    python benchmarks/worksheets.py [SEEDS]

Over seeds 0 to 999 (or as many as given) of four networks: 3-2-2, the default; 3-4-2; 3-3-3 with
biases, where nearly every mistake can be made; and 3-4-2 with biases and cross-entropy; and of the sheet on equal
weights. The rules, the keys and the
mistakes come from plain Python, which shares nothing with the code that draws and marks (tests/walkthrough/byhand.py).
Even seeds calculate with all digits and round what they write down; odd seeds calculate on with the rounded numbers,
under cross-entropy by the row forms of the sheet. The seeds are shared out among the processors.
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.worksheets.survey import architectures, report, report_equal, survey, survey_equal

AT_ONCE = 25

if __name__ == "__main__":
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    shares = [seeds[first : first + AT_ONCE] for first in range(0, len(seeds), AT_ONCE)]
    with ProcessPoolExecutor() as pool:
        for architecture in architectures():
            surveys = pool.map(partial(survey, architecture), shares)
            print("\n".join(report(architecture, seeds, surveys)), flush=True)
        print("\n".join(report_equal(seeds, sum(pool.map(survey_equal, shares), Counter()))))
