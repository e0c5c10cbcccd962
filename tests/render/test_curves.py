"""Loss curves: when their axis is logarithmic, and what stands on it."""

import importlib
import re
import sys
from types import ModuleType

import pytest
from rich.console import Console

from bpcli.common.display import without
from bpcli.render.curves import Plot, axis_is_log


@pytest.mark.parametrize(
    ("values", "log"), [([1.0, 10.0], True), ([1.0, 9.9], False), ([0.0, 1.0], False), ([0.0, 0.0], False)]
)
def test_an_axis_is_logarithmic_over_a_decade_of_positive_values_only(values, log):
    """Zero has no logarithm."""
    assert axis_is_log(values) is log


@pytest.mark.parametrize("losses", [(0.125, 0.125), (0.12501, 0.125), (-3.0, -3.0), (0.0, 0.0), (0.5, 0.4)])
def test_the_labels_of_an_axis_differ(losses, capsys):
    """Of a level curve too: an axis that says 0.125 four times tells nobody how level it is."""
    plot = Plot({"training": list(enumerate(losses))}, log=False, ends=("1", "2"))
    Console(width=60, color_system=None).print(plot)
    labels = re.findall(r"^ *(\S+) │", capsys.readouterr().out, re.MULTILINE)
    assert len(labels) == len(set(labels)) == 4


@pytest.mark.parametrize("loaded", [True, False])
def test_a_module_is_hidden_from_what_is_imported_and_from_nothing_else(loaded, monkeypatch):
    """In the block it cannot be imported; afterwards it is what it was before, loaded or not."""
    monkeypatch.setitem(sys.modules, "numba", ModuleType("numba"))
    if not loaded:
        monkeypatch.delitem(sys.modules, "numba")
    before = sys.modules.get("numba")
    with without("numba"), pytest.raises(ImportError):
        importlib.import_module("numba")
    assert ("numba" in sys.modules) == loaded
    assert sys.modules.get("numba") is before
