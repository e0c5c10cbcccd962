"""Programs and answers as people wrote them: each is read as it is meant, and judged as it deserves.

``cases/table.json`` has a row for each file: the network that it is for, the verdict, how it is read, and for a wrong
one the ids of its mistakes. A row with ``later`` waits for what it names.
"""

import importlib.util
import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from bpcli.gradcheck.answer import Answer, read_answer
from bpcli.gradcheck.collect import fitted
from bpcli.gradcheck.conventions import target
from bpcli.gradcheck.conventions.program import ChangedError
from bpcli.gradcheck.conventions.refusals import RefusedError
from bpcli.gradcheck.degenerate import random_example
from bpcli.gradcheck.exchange import read_problem
from bpcli.gradcheck.function_check import check_target
from bpcli.gradcheck.judging import judge
from bpcli.gradcheck.points import Points
from bpcli.network import Architecture
from bpcli.network.example import Example

FOLDER = Path(__file__).parent / "cases"
CASES = [case for case in json.loads((FOLDER / "table.json").read_text("utf-8")) if "later" not in case]
NETWORKS: dict[str, Any] = {
    "gradcheck": {"sizes": [3, 4, 2]},
    "iris": {"sizes": [4, 8, 3], "classes": True},
    "circles": {"sizes": [2, 6, 2], "classes": True, "activation": "tanh"},
    "xor": {"sizes": [2, 5, 1]},
}


def points_of(case):
    """The examples for the network of a case."""
    return drawn_points(case["network"], tuple(sorted(case.get("set", {}).items())))


@cache
def drawn_points(name, settings):
    """Two random examples for a network, with biases that are not zero."""
    network, given = NETWORKS[name], dict(settings)
    sizes = list(network["sizes"])
    if "hidden" in given:
        sizes[1:-1] = json.loads(given["hidden"])
    architecture = Architecture(
        tuple(sizes),
        activation=given.get("activation", network.get("activation", "sigmoid")),
        output=given.get("output", "sigmoid"),
        loss=given.get("loss", "squared_error"),
        bias=given.get("bias", "true" if name != "gradcheck" else "false") == "true",
    )
    rng = np.random.default_rng(5)
    examples = []
    for samples in (5, 7):
        blank = Example(
            architecture,
            np.zeros((samples, sizes[0])),
            np.zeros((samples, sizes[-1])),
            {},
            learning_rate=0.3,
            weight_decay=float(given.get("weight_decay", 0)),
        )
        examples.append(random_example(blank, rng))
    return Points(tuple(examples))


def check(case):
    """The check of a case, made once for both tests."""
    return checked(CASES.index(case))


@cache
def checked(number):
    """The check of a case, or the kind of its failure; an error of its own as it is."""
    case = CASES[number]
    path = FOLDER / case["file"]
    if path.suffix == ".json":
        point = read_problem(FOLDER / "point.json")
        return judge(
            path.name,
            [cast(Answer, fitted(path.name, read_answer(path, point.architecture), point))],
            [[point]],
        )
    points = points_of(case)
    try:
        module = runpy.run_path(str(path), run_name="the_submission")
        called = target.find(module, points.examples[0].architecture.depth, None)
        return check_target(called, points, layout=case.get("layout"), path=str(path))
    except ChangedError:
        return "changed argument"
    except RefusedError as error:
        return error.kind


@pytest.mark.filterwarnings("ignore")  # of programs that are not ours
@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_every_case_is_read_as_it_is_meant_and_judged_as_it_deserves(case):
    """The verdict and the reading; and what is named is nothing that it has not."""
    if "needs" in case and importlib.util.find_spec(case["needs"]) is None:
        with pytest.raises(ModuleNotFoundError, match=case["needs"]):
            check(case)
        return
    found = check(case)
    if isinstance(found, str):
        assert found == case["verdict"]
        return
    if case["file"].endswith(".json") and case["verdict"] == "correct":
        # The point of these answers was chosen by somebody else: it may be one that cannot tell everything.
        assert all(tensor.verdict == "correct" for tensor in found.tensors), found
        assert found.verdict in {"correct", "uninformative"}
    else:
        assert found.verdict == case["verdict"], found
    said = next((note for note in found.notes if note.startswith("read as: ")), "read as: ")
    assert said.removeprefix("read as: ").partition("; fits")[0] == case["reading"]


FOUR = "c28.py"  # as many mistakes in ∇V: one more than are looked for
NAMED = [case for case in CASES if "ids" in case and case["file"] != FOUR]


@pytest.mark.filterwarnings("ignore")  # of programs that are not ours
@pytest.mark.parametrize("case", NAMED, ids=lambda case: case["file"])
def test_every_mistake_is_named(case):
    """By its ids, or where the example cannot tell, by these among the explanations that fit as well."""
    if "needs" in case and importlib.util.find_spec(case["needs"]) is None:
        pytest.skip(f"{case['needs']} is not installed")
    found = check(case)
    named = [{name for finding in found.findings for name in finding.ids}]
    named += [set(ids) for finding in found.findings for ids in finding.alternatives]
    assert set(case["ids"]) in named, named


def test_of_four_mistakes_at_once_what_is_named_is_there_and_the_rest_is_unknown():
    """W moved, Ω twice, no Λ, and biases times their values: ∇V stays without a name, rather than with a wrong one."""
    found = check(next(case for case in CASES if case["file"] == FOUR))
    assert [(finding.ids, finding.tensors) for finding in found.findings] == [
        (("bias-is-value",), ("bias_W",))
    ]
    assert found.unexplained == ("V", "bias_V")
