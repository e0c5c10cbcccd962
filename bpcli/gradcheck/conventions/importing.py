"""How a file of somebody's becomes what it defines: a module is imported, the code cells of a notebook are run."""

import importlib.util
import json
import linecache
import sys
import types
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from .refusals import RefusedError, shortened
from .target import find


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
