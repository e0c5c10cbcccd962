"""How well `bpcli gradcheck --against` tells right from wrong, and one mistake from another.

    python benchmarks/gradcheck_quality.py [NETWORKS]

Over 1,000 random networks (or as many as given). First sigmoid and squared error in depth: no or one hidden layer,
weights of scale 1, 0.1, 0.01 and 0.001, answers in float64, rounded to float32, and computed in float32, from a plain
loop over samples (tests/gradcheck/quality.py). Then sigmoid, tanh and relu with every output and loss, with and
without biases: each mistake, pairs of mistakes in different layers, and noise that is no mistake; each mistake over a
tenth as many networks of two and of three hidden layers; and over a fifth as many what is wrong in ways that are in no
catalogue (tests/mistakes/survey.py). All of this shares nothing with the code that is judged.
"""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.gradcheck.quality import MISTAKES, report, survey
from tests.mistakes import survey as composed

if __name__ == "__main__":
    networks = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    counts: Counter[tuple[str, str]] = survey(networks)
    print(report(counts, MISTAKES))
    print("\nall activations and losses, singles, pairs in different layers, noise")
    print(composed.summary(composed.survey(networks, pairs=20)))
    for depth in (3, 4):
        print(f"\n{depth - 1} hidden layers, singles in all of them and in each")
        print(composed.summary(composed.survey_deep(-(-networks // 10), depth)))
    print("\nwrong in other ways")
    for (what, said), number in sorted(composed.survey_outside(-(-networks // 5)).items()):
        print(f"  {what}: {said} {number}")
