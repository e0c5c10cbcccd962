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

from tests.walkthrough.survey import architectures, survey

if __name__ == "__main__":
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    for architecture in architectures():
        counts, same = survey(architecture, seeds)
        print(f"sizes {architecture.sizes}, bias {architecture.bias}, {len(seeds)} seeds")
        close = [pair for pair in same if max(pair) - min(pair) < 30]
        print(f"  the same sheet twice: {len(same)} times, within a class of 30: {len(close)}")
        for (what, found), count in sorted(counts.items()):
            if found != "does not apply":
                print(f"  {what:36} {found:32} {count:6,}")
