"""The short form of benchmarks/mutants.py: its mutants are Python, and plain ``bpcli gradcheck`` sees one of them."""

import functools
import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "mutants.py"


@pytest.fixture(scope="module")
def mutants():
    """The benchmark as a module."""
    spec = importlib.util.spec_from_file_location("mutants", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module  # where dataclasses look for their annotations
    spec.loader.exec_module(module)
    vars(module)["mutants"] = functools.cache(vars(module)["mutants"])
    yield module
    del sys.modules["mutants"]


def test_every_line_that_computes_is_changed_and_every_change_is_python(mutants):
    """Hundreds of them, in each of the eight modules; every change of the list by hand still finds its line."""
    found = mutants.mutants()
    assert len(found) >= 300
    assert {mutant.module for mutant in found} == set(mutants.MODULES)
    assert len(list(mutants.by_hand())) == len(mutants.BY_HAND)
    for mutant in found:
        compile(mutant.source, mutant.module, "exec")


def test_what_is_called_equivalent_is_a_mutant(mutants):
    """No reason is left behind when its line is gone."""
    assert set(mutants.EQUIVALENT) <= {mutant.change for mutant in mutants.mutants()}


def test_the_command_catches_gradients_that_accumulate(mutants):
    """A copy of bpcli with that fault, in a process of its own; the copy without it is called correct."""
    first, *_ = mutants.by_hand()
    assert mutants.caught(first, 4)
    original = (PATH.parents[1] / "bpcli" / first.module).read_text()
    assert not mutants.caught(mutants.Mutant(first.module, 1, "", "", original), 4)
