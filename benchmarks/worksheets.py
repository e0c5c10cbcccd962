"""Whether worksheets are well posed and different, their keys right, and mistakes marked where they were made.

    python benchmarks/worksheets.py [SEEDS]

Over seeds 0 to 999 (or as many as given) of two architectures: 3-4-2 without biases, and 3-3-3 with biases, where
nearly every mistake can be made. The rules, the keys and the mistakes come from plain Python, which shares nothing with
the code that draws and grades (tests/walkthrough/byhand.py). Even seeds calculate with all digits and round what they
write down; odd seeds calculate on with the rounded numbers.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.walkthrough.survey import architectures, report

if __name__ == "__main__":
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    for architecture in architectures():
        print("\n".join(report(architecture, seeds)))
