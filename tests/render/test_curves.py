"""Loss curves: when their axis is logarithmic."""

import importlib
import sys
from types import ModuleType

import pytest

from bpcli.common.display import without
from bpcli.render.curves import axis_is_log


@pytest.mark.parametrize(
    ("values", "log"), [([1.0, 10.0], True), ([1.0, 9.9], False), ([0.0, 1.0], False), ([0.0, 0.0], False)]
)
def test_an_axis_is_logarithmic_over_a_decade_of_positive_values_only(values, log):
    """Zero has no logarithm."""
    assert axis_is_log(values) is log


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
