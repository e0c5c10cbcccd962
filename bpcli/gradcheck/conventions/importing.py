"""How a file of somebody's becomes what it defines: a module is imported, the code cells of a notebook are run.

Many a file draws its loss curve as well. A library that draws and is not installed is stood in for by one that does
nothing: no gradient depends on a picture.
"""

import dis
import importlib.util
import json
import linecache
import sys
import types
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any

from .refusals import RefusedError, shortened
from .target import find

DRAWING = ("matplotlib", "mpl_toolkits", "seaborn", "plotly", "IPython")  # not pylab, which is NumPy as well


class Nothing:
    """Whatever is drawn with: it may be called, looked into, set, unpacked, or entered, and is nothing."""

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: object) -> "Nothing":
        return self

    def __setitem__(self, *_: object) -> None: ...

    def __iter__(self) -> Iterator["Nothing"]:
        return iter((self,) * _asked_for(sys._getframe(1)))

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: object) -> None: ...

    def __call__(self, *_: object, **__: object) -> "Nothing":  # noqa: D102
        return self


def _asked_for(frame: types.FrameType) -> int:
    """How many values the statement takes that unpacks something; 2 in a loop, which takes any number.

    A figure with its axes, the lines of a plot: nothing but the statement says how many there would be.
    """
    here = (each for each in dis.get_instructions(frame.f_code) if each.offset == frame.f_lasti)
    return next((int(each.argval) for each in here if each.opname == "UNPACK_SEQUENCE"), 2)


class NoPictures(MetaPathFinder, Loader):
    """Find libraries that draw, where nothing else has found them."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Of a library that draws, or a module in it."""
        if fullname.partition(".")[0] not in DRAWING:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: types.ModuleType) -> None:
        """Everything in it is nothing."""
        vars(module)["__getattr__"] = Nothing().__getattr__


def load(path: Path, depth: int, wanted: str | None) -> dict[str, Any]:
    """Import the file, under a name that no neighbour has, and return what it defines.

    In a network of ``depth`` layers ``wanted`` is the function asked for, or None for whatever computes gradients.
    """
    if path.suffix.lower() == ".ipynb":
        return _notebook(path, depth, wanted)
    # Given, since only .py in small letters implies it.
    loader = SourceFileLoader("the_submission", str(path))
    spec = importlib.util.spec_from_file_location(loader.name, path, loader=loader)
    assert spec is not None  # it has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    loader.exec_module(module)
    return vars(module)


def _notebook(path: Path, depth: int, wanted: str | None) -> dict[str, Any]:
    """Run the code cells of a notebook without their magics; a cell that fails is passed over if it can be."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError("import failed", f"this is no notebook ({shortened(error)})") from None
    module = types.ModuleType("the_submission")
    sys.modules[module.__name__] = module
    failed = None
    for number, source in enumerate(sources, 1):
        if source.lstrip().startswith("%%"):
            continue
        lines = ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.split("\n")]
        name = f"{path} (cell {number})"
        text = "\n".join(lines)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            exec(compile(text, name, "exec"), vars(module))
        except Exception as error:
            failed = failed or error
    try:
        find(vars(module), depth, wanted)
    except RefusedError:
        if failed:
            raise failed from None
    return vars(module)
