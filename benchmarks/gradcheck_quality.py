"""How well `bpcli gradcheck --against` tells right from wrong, and one mistake from another.

    python benchmarks/gradcheck_quality.py [NETWORKS]

Over 1,000 random networks (or as many as given): sizes, biases, no or one hidden layer, weights of scale 1, 0.1, 0.01
and 0.001; answers in float64, rounded to float32, and computed in float32. The answers, right and wrong, come from a
plain loop over samples (tests/gradcheck/quality.py), which shares nothing with the code that is judged.
"""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.gradcheck.quality import MISTAKES, report, survey

if __name__ == "__main__":
    networks = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    counts: Counter[tuple[str, str]] = survey(networks)
    print(report(counts, MISTAKES))
