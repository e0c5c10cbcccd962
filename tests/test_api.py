"""The public API: what docs/api.md shows runs, equals what the commands do, and is loaded only when used."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bpcli
from bpcli.render.notebook import html

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    """Whatever is written lands in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)


def test_the_examples_of_the_page_run(tmp_path, capsys):
    """One after another, as in a session; they write no file."""
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S):
        exec(compile(block, "docs/api.md", "exec"), names)
    assert "TrainResult of iris: 4-8-3, 60 epochs" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_page_names_every_name():
    """The table of the page is the whole of ``__all__``, and the stub declares the same."""
    names = set(bpcli.__all__) - {"__version__"}
    assert {name for name in names if not re.search(rf"`{name}\b", PAGE)} == set()
    stub = ast.parse((ROOT / "bpcli" / "__init__.pyi").read_text())
    declared = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert declared == names
    assert all(hasattr(bpcli, name) for name in names)


def test_importing_loads_nothing():
    """Neither NumPy nor the plotting library, and a name that does not exist is an AttributeError."""
    code = "import sys, bpcli; print(sorted({'numpy', 'rich', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
    with pytest.raises(AttributeError, match="nothing"):
        getattr(bpcli, "nothing")  # noqa: B009


def test_training_in_memory_is_the_training_of_a_run(tmp_path):
    """The same records, scores and gradients; only ``out`` leaves a folder."""
    memory = bpcli.train("iris", training__epochs=3)
    kept = bpcli.train("iris", training__epochs=3, out=tmp_path / "run")
    assert memory.records == kept.records
    assert (memory.train, memory.validation, memory.gradients) == (
        kept.train,
        kept.validation,
        kept.gradients,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    written = json.loads((tmp_path / "run" / "summary.json").read_text())
    del written["sha256"]
    assert written == kept.document()
    assert memory.document()["run"] is None


def test_the_kept_weights_of_a_result_are_those_of_the_checkpoint(tmp_path):
    """``parameters`` by name, to the last bit."""
    import numpy as np

    result = bpcli.train("xor", training__epochs=3, out=tmp_path / "run")
    with np.load(tmp_path / "run" / "checkpoint.npz") as file:
        for name, tensor in result.parameters.named():
            assert (file[name] == tensor).all(), name


def test_a_walk_is_the_first_sample_of_the_configuration():
    """``sample`` chooses the row; what is walked through is one sample."""
    first, second = bpcli.walk_through("iris"), bpcli.walk_through("iris", sample=1)
    assert first.example.samples == 1
    assert (first.quantities["x"].value != second.quantities["x"].value).any()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: bpcli.train("xor", training__epochs=2), ("TrainResult of xor", "V 4×2", "Gradients")),
        (bpcli.walk_through, ("Walk: 3-2-2", "grad_W 2×2", "Ω ∇z hᵀ")),
        (lambda: bpcli.demonstrate_symmetry(training__epochs=5), ("Demonstration", "(a) holds", "constant")),
    ],
)
def test_results_show_themselves(make, says):
    """A few lines as text; in a notebook the report, as HTML that loads nothing from elsewhere."""
    result = make()
    *in_text, in_html = says
    assert all(words in repr(result) for words in in_text)
    assert len(repr(result).splitlines()) <= 8
    page = result._repr_html_()
    assert page == html(result)
    assert page.startswith("<pre") and page.rstrip().endswith("</pre>")
    assert in_html in re.sub(r"<[^>]*>", "", page)
    assert not re.search(r"https?:|@import|<script", page)


def test_errors_are_of_one_family():
    """A wrong value is a ConfigError, a configuration that does not exist a UsageError; both are BpcliErrors."""
    with pytest.raises(bpcli.ConfigError, match="epochs"):
        bpcli.load_config("iris", training__epochs=0)
    with pytest.raises(bpcli.UsageError, match="nowhere"):
        bpcli.load_config("nowhere")
    assert issubclass(bpcli.ConfigError, bpcli.BpcliError)


def test_overrides_belong_to_a_name_or_a_path():
    """A configuration is complete: changing it on the way is refused."""
    with pytest.raises(TypeError, match="load_config"):
        bpcli.train(bpcli.load_config("xor"), seed=3)
