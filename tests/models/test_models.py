"""A model says the same of a row wherever the row stands, as training did, and as its exports do."""

import csv
import io
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from bpcli import api
from bpcli.common.errors import DataError, MachineError, UsageError
from bpcli.datasets.cells import amount, measure, number
from bpcli.datasets.columns import SUFFIXED
from bpcli.models import Forward
from bpcli.models.sources import frame_rows
from bpcli.models.standalone import NUMBER, number_constants
from bpcli.network import Architecture, Parameters
from bpcli.training.evaluating import evaluate
from bpcli.training.evaluation import Evaluator
from bpcli.training.saved_model import load_model
from bpcli.training.session import Session
from tests.models.conftest import KINDS, write_table


def outputs(model, source):
    """All outputs z of a model for a table."""
    return np.concatenate([chunk.z for chunk in model.predict_chunks(model.rows(str(source)))])


@pytest.mark.parametrize("sizes", [(3, 1), (13, 5, 2), (40, 32, 10)])
def test_the_outputs_of_a_row_depend_on_nothing_but_the_row(sizes):
    """Neither on its place nor on how many other rows there are, to the last bit, in both precisions."""
    rng = np.random.default_rng(1)
    for dtype in (np.float64, np.float32):
        parameters = Parameters(Architecture(sizes), dtype)
        parameters.flat[...] = rng.normal(size=parameters.flat.shape)
        X = rng.normal(size=(300, sizes[0])).astype(dtype)
        forward, order = Forward(parameters), rng.permutation(300)
        _, z = forward(X)
        np.testing.assert_array_equal(forward(X[order])[1], z[order])
        np.testing.assert_array_equal(forward(X[7:8])[1], z[7:8])


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_model_has_the_outputs_of_training(kind, trained):
    """The rows of the table, in the order of the file, get what they got in the order of training, bit for bit."""
    folder, result, table = trained(kind)
    data = Session(kind, result.header.config).data
    X = np.concatenate([data.X, data.X_validation])
    then = Evaluator(result.parameters, data.task).outputs(X)
    now = outputs(load_model(folder), table)
    np.testing.assert_array_equal(np.sort(now, axis=0), np.sort(then, axis=0))


@pytest.mark.parametrize("kind", ["classes", "two", "numbers"])
def test_evaluate_scores_what_predict_says(kind, trained):
    """Accuracy, or the mean absolute error, counted by hand from the predictions."""
    folder, _, table = trained(kind)
    model = load_model(folder)
    found = evaluate(model, str(folder), str(table))
    with table.open(encoding="utf-8") as file:
        true = [row[KINDS[kind]["target"]] for row in csv.DictReader(file)]
    said = model.predict(table)
    assert found.rows == len(true)
    if kind == "numbers":
        errors = np.abs(said - np.array(true, float))
        assert found.details.targets[0].mae == pytest.approx(errors.mean(), rel=1e-12)
    else:
        assert found.scores.value == np.mean(said == np.array(true))


def test_a_single_row_and_other_containers_get_the_same(trained):
    """A row alone, a dict of columns and a list of dicts."""
    folder, _, table = trained("classes")
    model = load_model(folder)
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    whole = model.predict_proba(table)
    np.testing.assert_array_equal(model.predict_proba(rows[:3]), whole[:3])
    np.testing.assert_array_equal(model.predict_proba(rows[5:6])[0], whole[5])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    np.testing.assert_array_equal(model.predict(columns), model.predict(table))


def test_words_in_other_letters_and_new_words_are_what_training_made_of_them(trained):
    """RED is red; a word that training had not, and a missing value, are predicted all the same."""
    folder, _, table = trained("classes")
    model = load_model(folder)
    with table.open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["colour"].casefold() == "red")
    alike, new = row | {"colour": "RED"}, row | {"colour": "mauve", "size": ""}
    z = model.predict_proba([row, alike, new])
    np.testing.assert_array_equal(z[0], z[1])
    assert np.isfinite(z).all()
    assert not np.array_equal(z[0], z[2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flavour", ["numpy", "torch", "sklearn"])
def test_an_exported_program_predicts_alike_without_bpcli(kind, flavour, trained, tmp_path):
    """From raw rows that training has not seen, new words and missing values among them, within 1e-6."""
    pytest.importorskip({"numpy": "numpy", "torch": "torch", "sklearn": "sklearn"}[flavour])
    from bpcli.models.standalone import program

    folder, _, _ = trained(kind)
    model = load_model(folder)
    rows = write_table(tmp_path / "new.csv", n=40, seed=5)
    rows[3]["colour"], rows[4]["colour"], rows[5]["size"] = "mauve", "RED", ""
    text = program(model, flavour)
    assert "bpcli" not in text.split('"""')[2]
    if flavour == "numpy":  # short enough to be read
        code = [line for line in text.split('"""', 2)[2].splitlines() if line.strip()]
        assert len(code) < 50
    file = tmp_path / "model.py"
    file.write_text(text, encoding="utf-8")
    predictor = runpy.run_path(str(file))
    expected = np.concatenate([chunk.z for chunk in model.predict_chunks([api_rows(rows, model)])])
    np.testing.assert_allclose(predictor["outputs"](rows), expected, rtol=0, atol=1e-6)
    said, ours = predictor["predict"](rows), model.predict(rows)
    if kind == "numbers":
        np.testing.assert_allclose(np.ravel(said), ours, rtol=1e-9)
    else:
        np.testing.assert_array_equal(said, ours)


def api_rows(rows, model):
    """The rows as the model reads them."""
    from bpcli.models.sources import frame_rows

    return frame_rows(rows, model.encoding)


@pytest.mark.parametrize("kind", KINDS)
def test_an_onnx_graph_predicts_alike(kind, trained, tmp_path):
    """Onnxruntime gives the same classes, probabilities and numbers from raw numbers and words."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from bpcli.models.onnx_graph import onnx_bytes

    folder, _, _ = trained(kind)
    model = load_model(folder)
    rows = write_table(tmp_path / "new.csv", n=40, seed=6)
    rows[3]["colour"], rows[4]["colour"], rows[5]["size"] = "mauve", "RED", ""
    inputs = api_rows(rows, model).inputs
    feed = {"numbers": inputs.numbers}
    if model.encoding.categories:
        names = [code.name for code in model.encoding.categories]
        feed["categories"] = np.array([[row[name] for name in names] for row in rows], dtype=object)
    session = runtime.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    got = dict(zip([each.name for each in session.get_outputs()], session.run(None, feed), strict=True))
    if kind == "numbers":
        np.testing.assert_allclose(got["values"][:, 0], model.predict(rows), rtol=1e-9)
        return
    np.testing.assert_allclose(got["probabilities"], model.predict_proba(rows), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(got["labels" if kind == "labels" else "label"], model.predict(rows))


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A model of a table with K, M, exponents of Fortran and named missing values; the table and its rows as dicts."""
    folder = tmp_path_factory.mktemp("marked")
    rows = [
        {
            "height": f"{150 + i} cm",
            "pay": ("1.5K", "3M", "800", "-999.00", "2.25k")[i % 5],
            "x": f"{i}.25D-0{1 + i % 2}",
            "big": "YNn"[i % 3],
            "town": ("Rome", "Oslo", "unknown")[i % 3],
            "y": "-999" if i == 7 else str(i * 1.5),
        }
        for i in range(40)
    ]
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    settings = {"data__missing_values": [-999, "unknown"], "training__epochs": 5, "model__hidden": [4]}
    api.train(folder / "t.csv", target="y", out=folder / "run", **settings)
    return load_model(folder / "run"), folder / "t.csv", rows


def test_what_marked_cells_mean_goes_with_the_model(marked):
    """The encoding in the run knows the named marks, as the scores of the 39 rows with a target show."""
    model, table, rows = marked
    encoding = model.encoding
    assert encoding.missing_values == ("-999", "unknown")
    assert encoding.features == (
        "height",
        "pay",
        "x",
        "pay missing",
        "big=Y",
        "town=Oslo",
        "town=Rome",
        "town=missing",
    )
    inputs = api_rows(rows, model).inputs
    np.testing.assert_array_equal(inputs.numbers[:5, 1], [1500.0, 3e6, 800.0, np.nan, 2250.0])
    np.testing.assert_array_equal(inputs.numbers[:2, 2], [0.025, 0.0125])
    np.testing.assert_array_equal(inputs.numbers[:, 0], 150.0 + np.arange(40))
    found = evaluate(model, "run", str(table))
    assert (found.rows, found.without_target) == (39, 1)


def test_an_exported_program_reads_marked_cells(marked):
    """As predict does."""
    from bpcli.models.standalone import program

    model, _, rows = marked
    predictor: dict[str, Any] = {"__name__": "model"}
    exec(program(model, "numpy"), predictor)
    np.testing.assert_allclose(np.ravel(predictor["predict"](rows)), model.predict(rows), rtol=1e-9)
    for column, cell in ("pay", "170 cm"), ("height", "1.5K"), ("height", "170 kg"):
        with pytest.raises(ValueError, match=f"{cell!r} is not a number"):
            predictor["predict"]([{**rows[0], column: cell}])


def test_an_exported_program_names_a_missing_column(marked, tmp_path):
    """In place of predicting as if each of its cells were empty; and a short row is no row."""
    from bpcli.models.standalone import program

    model, table, rows = marked
    predictor: dict[str, Any] = {"__name__": "model"}
    exec(program(model, "numpy"), predictor)
    with pytest.raises(ValueError, match="no column 'town', which the network was trained on"):
        predictor["predict"]([{name: row[name] for name in ("height", "pay", "x", "big")} for row in rows])
    file = tmp_path / "model.py"
    file.write_text(program(model, "numpy"), encoding="utf-8")
    short = table.read_text(encoding="utf-8").replace("3M,1.25D-02,N,Oslo,1.5", "3M,1.25D-02")
    ended = subprocess.run(
        [sys.executable, str(file)], input=short, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "shorter" in ended.stderr


def test_an_onnx_graph_knows_the_marks_of_missing_values(marked):
    """Among numbers and among words."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from bpcli.models.onnx_graph import onnx_bytes

    model, _, rows = marked
    numbers = np.where(np.isnan(found := api_rows(rows, model).inputs.numbers), -999.0, found)
    session = runtime.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    feed = {
        "numbers": numbers,
        "categories": np.array([[row["big"], row["town"]] for row in rows], dtype=object),
    }
    values = dict(zip([each.name for each in session.get_outputs()], session.run(None, feed), strict=True))
    np.testing.assert_allclose(values["values"][:, 0], model.predict(rows), rtol=1e-9)


def test_exports_know_a_mark_among_words_however_it_is_written(marked):
    """-999.00 is the mark -999 in a column of words too, and upper and lower case of a mark do not matter."""
    from bpcli.models.standalone import program

    model, _, rows = marked
    encoding = replace(model.encoding, missing_values=("-999", " UNKNOWN"))
    model = replace(model, encoding=encoding)
    words = ["-999", "-999.0", "-999.00", "unknown", "Unknown", "UNKNOWN"]
    missing = float(model.predict([{**rows[0], "town": ""}])[0])
    assert model.predict([{**rows[0], "town": "-999.00"}])[0] == missing
    assert model.predict([{**rows[0], "town": "Turin"}])[0] != missing
    predictor: dict[str, Any] = {"__name__": "model"}
    exec(program(model, "numpy"), predictor)
    said = np.ravel(predictor["predict"]([{**rows[0], "town": word} for word in words]))
    np.testing.assert_allclose(said, missing, rtol=1e-9)
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from bpcli.models.onnx_graph import onnx_bytes

    session = runtime.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    feed = {
        "numbers": np.repeat(api_rows(rows[:1], model).inputs.numbers, len(words), axis=0),
        "categories": np.array([[rows[0]["big"], word] for word in words], dtype=object),
    }
    np.testing.assert_allclose(session.run(["values"], feed)[0], missing, rtol=1e-9)


def test_an_ignored_column_of_lists_hinders_neither_training_nor_prediction(tmp_path):
    """In a Parquet file, which may hold what no text table could."""
    pyarrow = pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    x = np.linspace(0.5, 3, 30)
    table = pyarrow.table({"x": x, "emb": [[1, 2]] * 30, "y": x**2})
    pytest.importorskip("pyarrow.parquet").write_table(table, path)
    with pytest.raises(DataError, match="column 'emb': a cell holds several values"):
        api.train(path, target="y", out=tmp_path / "refused", training__epochs=2)
    api.train(path, target="y", out=tmp_path / "run", data__ignore=["emb"], training__epochs=2)
    model = load_model(tmp_path / "run")
    np.testing.assert_array_equal(model.predict(str(path)), model.predict({"x": x}))


def test_missing_columns_are_named(trained, tmp_path):
    """All that are missing, in one message; columns that are not needed may be."""
    folder, _, table = trained("classes")
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    short = tmp_path / "short.csv"
    lines = ["gap,big,when", *(f"{row['gap']},{row['big']},{row['when']}" for row in rows)]
    short.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="2 columns missing that the network was trained on: size, colour"):
        load_model(folder).predict(short)


def test_a_changed_or_foreign_file_is_refused(trained, tmp_path):
    """A damaged encoding, and a whole one of another run, are never used."""
    from bpcli.training.sealed_files import read_json, write_json

    folder, _, _ = trained("classes")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    shutil.copy(trained("numbers")[0] / "encoding.json", copy)
    with pytest.raises(MachineError, match=r"encoding\.json: this file is of another run"):
        load_model(copy)
    for key, value in (("kept", [0, 99]), ("fill", [1.0]), ("features", []), ("target", 3), ("scale", "x")):
        shutil.copy(folder / "encoding.json", copy)
        write_json(copy / "encoding.json", read_json(copy / "encoding.json") | {key: value})
        with pytest.raises(MachineError, match=r"encoding\.json"):
            load_model(copy)
    with pytest.raises(UsageError, match="not a run folder"):
        load_model(tmp_path)


def test_predictions_come_through_a_pipe_as_from_a_file(trained, monkeypatch):
    """20,000 rows in several chunks."""
    folder, _, table = trained("two")
    model = load_model(folder)
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    text = "\n".join([header, *(lines * 230)]) + "\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    chunks = list(model.predict_chunks(model.rows("-")))
    assert len(chunks) > 1
    z = np.concatenate([chunk.z for chunk in chunks])
    np.testing.assert_array_equal(z, np.tile(outputs(model, table), (230, 1)))


def test_a_result_in_memory_predicts_as_its_run_does(trained):
    """``bpcli.train(…).predict`` and ``bpcli.load_model(run).predict``."""
    folder, result, table = trained("two")
    assert (result.predict(table) == load_model(folder).predict(table)).all()
    alone = api.train("iris", training__epochs=3)
    assert alone.predict(np.array([[5.1, 3.5, 1.4, 0.2]])).shape == (1,)


@pytest.mark.parametrize("name", ["BackpropClassifier", "BackpropRegressor"])
def test_the_estimators_are_scikit_learn_estimators(name):
    """They train, predict, clone and work in a pipeline; check_estimator has the long form of this."""
    pytest.importorskip("sklearn")
    import sklearn.base
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from bpcli import estimators

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    y = X @ [2.0, -1.0] if name.endswith("Regressor") else np.where(X[:, 0] > 0, "b", "a")
    model = getattr(estimators, name)(hidden=(8,), epochs=100)
    assert sklearn.base.clone(model).get_params() == model.get_params()
    assert make_pipeline(StandardScaler(), model).fit(X, y).score(X, y) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", ["BackpropClassifier", "BackpropRegressor"])
def test_check_estimator(name):
    """Every check of scikit-learn passes."""
    pytest.importorskip("sklearn")
    from sklearn.utils.estimator_checks import check_estimator

    from bpcli import estimators

    checks = check_estimator(getattr(estimators, name)(), on_skip=None, on_fail=None)
    assert [each["check_name"] for each in checks if each["status"] == "failed"] == []


@pytest.mark.parametrize(
    "cell",
    [
        "1.5",
        "-2",
        "5e-3",
        ".5",
        "EUR 5",
        "-$1,200.50",
        "($3)",
        "Rs. 1,234",
        "12 %",
        "\u22121.5",
        "1'000",
        "zł 2.5",
        "12,34,567",
        "1.5K",
        "€110.5M",
        "-3k",
        "1.0D+03",
        "-.5d-1",
        "12.5-",
        "1,234-",
        "12.5\u2212",
        "$1,234\u2013",
        "1.5K-",
        "1.234-101",
        "1.5+003",
    ],
)
def test_an_exported_program_reads_numbers_as_a_table_is_read(cell):
    """Plain ones and amounts, whatever letters stand around the digits."""
    program: dict[str, Any] = {"re": re, "np": np, "M": number_constants((), [SUFFIXED])}
    exec(NUMBER, program)
    plain, found = number(cell), amount(cell)
    assert program["number"](cell, SUFFIXED) == (plain if found is None else found.value)


def test_an_exported_program_names_a_cell_that_is_no_number():
    """Instead of what goes wrong with it; nor does it guess where bpcli would not."""
    program: dict[str, Any] = {"re": re, "np": np, "M": number_constants(())}
    exec(NUMBER, program)
    for cell in ("unknown", "38M", "1,5", "5 apples"):
        with pytest.raises(ValueError, match=f"{cell!r} is not a number"):
            program["number"](cell)


def read_or_refused(read, *cell):
    """The number, or None."""
    try:
        return read(*cell)
    except ValueError:
        return None


def test_an_exported_program_refuses_the_cells_that_predict_refuses():
    """A unit, K and M belong to their column; D needs a point; a bracket is closed; an amount has no exponent."""
    forms = ["", SUFFIXED, "unit cm", "unit m"]
    program: dict[str, Any] = {"re": re, "np": np, "M": number_constants((), forms)}
    exec(NUMBER, program)
    refused = [
        "170 kg",
        "5D3",
        "$1e3",
        "(170",
        "170)",
        "(-3)",
        "1,23",
        "0,123",
        "0,12,345",
        "12-",
        "12- €",
        "12\u2212",
        "12K-",
        "2.5-100",
        "1,234'567",
        "- 5",
        "--5",
        "1e999",
        "$1,2",
        "1.5 K",
        "12 34",
        "1.0D3 cm",
    ]
    for cell in [
        *refused,
        "170 cm",
        "12m",
        "12 m",
        "\u22125 cm",
        "5.cm",
        "3M",
        "1 234 cm",
        "$1.K",
        "\u22121.5",
    ]:
        for form in forms:
            measured, found = measure(cell), amount(cell)
            expected = number(cell)
            if measured and form == "unit " + measured[1]:
                expected = measured[0]
            elif expected is None and found and (form == SUFFIXED or not found.suffix):
                expected = found.value
            assert read_or_refused(program["number"], cell, form) == expected, (cell, form)
    assert all(read_or_refused(program["number"], cell, "") is None for cell in refused)


def test_an_exported_program_reads_a_long_cell_in_linear_time():
    """The pattern begins at the start of the cell only, and takes each group of digits once."""
    program: dict[str, Any] = {"re": re, "np": np, "M": number_constants(())}
    exec(NUMBER, program)
    assert read_or_refused(program["number"], "1," + 100_000 * "11,") is None


CONVENTIONS = {
    "decimal comma": (";", lambda i: ("-999,0" if i % 9 == 4 else f"{i},{i % 10}25", f"{i % 7},5")),
    "comma and thousands": (";", lambda i: (f"1.{100 + i},50 €", f"{i}.000" if i else "0,5")),
    "unit and comma": (";", lambda i: (f"1.{100 + i},5 kg", f"{i},25")),
    "unit and thousands": (",", lambda i: (f"{1000 + 37 * i:,} km", f"{1000 + 37 * i:,} m".replace(",", " "))),
    "thousands": (",", lambda i: (f"{1000 + 37 * i:,}", f"12,34,{500 + i}")),
    "suffixes": (",", lambda i: (f"{i}.5K" if i % 2 else f"${i}M", f"{i}.5")),
    "percent and parentheses": (",", lambda i: (f"{i}.5%", f"(${i + 1})" if i % 3 else f"${i}")),
    "minus": (",", lambda i: (f"\u2212{i}.5", f"\u2013{i}" if i % 2 else f"+{i}")),
    "minus and unit": (",", lambda i: (f"\u2212{i}.5 °C" if i % 2 else f"{i} °C", f"{i}.5")),
    "minus after": (";", lambda i: (f"1.{100 + i},50{'-' * (i % 2)}", f"{i},5- €" if i % 3 else f"{i},25 €")),
    "unit now and then": (",", lambda i: (f"{i}.5 kg" if i % 4 else f"{i}", f"{i}.25 ‰")),
    "fortran": (",", lambda i: (f"{i}.5D-03", f"{i + 1}.5+002")),
    "invisible": (",", lambda i: (f"\u200b{i}.5\ufeff", "\u200e" + "pq"[i % 2])),
    "formula": (",", lambda i: (f'="{i}.5"', f'="0{i % 3}x"')),
    "points that are missing": (";", lambda i: ("." if i % 9 == 5 else f"{i},5", f"{i},25")),
    "missing": (",", lambda i: ("k. A." if i % 9 == 5 else "-999" if i % 9 == 4 else f"{i}.5", f"{i}e3")),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVENTIONS)
def test_an_exported_program_keeps_the_conventions_of_the_table(name, tmp_path):
    """The raw cells of the table give what predict gives for its file, and for its rows as dicts."""
    from bpcli.models.standalone import program

    delimiter, row = CONVENTIONS[name]
    rows = [dict(zip("abx", (*row(i), str(i * 7 % 11)), strict=True)) | {"y": str(i % 3)} for i in range(60)]
    table = tmp_path / "t.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    marks = ["-999,0" if delimiter == ";" else "-999"]
    result = api.train(table, training__epochs=2, model__hidden=[3], data__missing_values=marks)
    assert {role.kind for role in result.model.encoding.roles} <= {"number", "category"}
    predictor: dict[str, Any] = {"__name__": "model"}
    exec(program(result.model, "numpy"), predictor)
    expected = outputs(result.model, table)
    assert len(np.unique(expected[:, 0])) > 40
    np.testing.assert_allclose(predictor["outputs"](rows), expected, rtol=0, atol=1e-6)
    frame = {key: [row[key] for row in rows] for key in rows[0]}
    np.testing.assert_array_equal(result.model.predict_proba(frame), result.model.predict_proba(str(table)))


def test_a_graph_knows_a_mark_with_a_decimal_comma(tmp_path):
    """Among numbers, which a graph takes as they are, and among words, with the decimal comma of the table."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from bpcli.models.onnx_graph import onnx_bytes

    rows = [
        {"a": "-999,0" if i % 9 == 4 else f"{i},25", "b": "-999,0" if i % 5 == 4 else "pq"[i % 2]}
        for i in range(60)
    ]
    lines = [f"{row['a']};{row['b']};{i % 3}" for i, row in enumerate(rows)]
    (tmp_path / "t.csv").write_text("\n".join(["a;b;y", *lines]), encoding="utf-8")
    result = api.train(
        tmp_path / "t.csv", training__epochs=2, model__hidden=[3], data__missing_values=["-999,0"]
    )
    assert result.model.encoding.features == ("a", "a missing", "b=p", "b=q", "b=missing")
    feed = {
        "numbers": np.array([[float(row["a"].replace(",", "."))] for row in rows]),
        "categories": np.array([[row["b"]] for row in rows], dtype=object),
    }
    session = runtime.InferenceSession(onnx_bytes(result.model), providers=["CPUExecutionProvider"])
    expected = result.model.predict_proba(str(tmp_path / "t.csv"))
    np.testing.assert_allclose(session.run(["probabilities"], feed)[0], expected, rtol=0, atol=1e-6)


def test_cells_that_may_be_either_are_read_as_training_read_them(tmp_path):
    """1.234 alone does not say whether it is a thousand; a cell that contradicts training does."""
    table = tmp_path / "t.csv"
    header = "a;x;y\n"
    table.write_text(
        header + "".join(f"1.{200 + i},5;{i * 7 % 11};{i % 3}\n" for i in range(60)), encoding="utf-8"
    )
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    for cells, values in (
        (("1.234", "1.235"), (1234, 1235)),
        (("1.234", "1.5"), (1.234, 1.5)),
        (("1234", "1,5"), (1234, 1.5)),
    ):
        table.write_text(header + "".join(f"{cell};1;0\n" for cell in cells), encoding="utf-8")
        (rows,) = model.rows(str(table))
        np.testing.assert_array_equal(rows.inputs.numbers[:, 0], values)
        rows = frame_rows({"a": list(cells), "x": [1, 1]}, model.encoding)
        np.testing.assert_array_equal(rows.inputs.numbers[:, 0], values)
    rows = frame_rows({"a": ["1,5", 1.234, None], "x": [1, 1.5, 2]}, model.encoding)
    np.testing.assert_array_equal(rows.inputs.numbers, [[1.5, 1], [1.234, 1.5], [np.nan, 2]])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (lambda i: f"{i}.5K" if i % 4 else f"${i}", lambda i: (1000 * i + 500) if i % 4 else i),
        (lambda i: f"{1000 + i:,} km", lambda i: 1000 + i),
    ],
)
def test_targets_are_read_in_every_block_as_training_settled_it(cell, value, tmp_path, monkeypatch):
    """K and M are multiplied out, and a unit left out, also where few rows of a block have them."""
    monkeypatch.setattr("bpcli.datasets.text_table._BLOCK_ROWS", 16)
    lines = [f'{i * 7 % 11},"{cell(i)}"\n' for i in range(80)]
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(lines), encoding="utf-8")
    result = api.train(table, training__epochs=1, model__hidden=[3])
    plain = [lines[i] for i in (0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 1)]
    table.write_text("x,y\n" + "".join(lines + plain), encoding="utf-8")
    found = evaluate(result.model, "run", str(table))
    true = np.array([value(i) for i in [*range(80), *range(0, 60, 4), 1]], float)
    errors = np.abs(result.model.predict(str(table)) - true)
    assert found.details.targets[0].mae == pytest.approx(errors.mean(), rel=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        "2024/01/{2:02d} {1}:30:15 PM GMT+1",
        "{0:02d}:{2:02d}:36",
        "2024-01-{2:02d}T{0:02d}:30:00+02:00",
        "{3}:{2:02d}:36",
    ],
)
def test_an_exported_program_reads_zones_and_times_of_day(cell, tmp_path):
    """As predict does, seconds included."""
    from bpcli.models.standalone import program

    rows = [
        {"t": f" {cell.format(i % 24, i % 12 + 1, i % 28 + 1, i)}", "x": str(i * 7 % 11), "y": str(i % 3)}
        for i in range(60)
    ]
    table = tmp_path / "t.csv"
    table.write_text("t,x,y\n" + "".join(",".join(row.values()) + "\n" for row in rows), encoding="utf-8")
    model = api.train(table, training__epochs=2, model__hidden=[3], data__dates=["t"]).model
    assert "t: hour" in model.encoding.features
    predictor: dict[str, Any] = {"__name__": "model"}
    exec(program(model, "numpy"), predictor)
    np.testing.assert_allclose(predictor["outputs"](rows), outputs(model, table), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("gewicht;y\n", lambda i: f"1.{100 + i},5 kg;{'ab'[i % 2]}"),
        ("p;y\n", lambda i: f"{i},5 %;{'ab'[i % 2]}"),
        ("Device: TX-200\nStart: 2024-01-01 00:00:00\n\nt,x,z,y\n", lambda i: f"2024-01-01 {i % 24:02d}:00,{i}.5,7,a"),
        ("# by night\n# x z y\n", lambda i: f"{i}.5 {i % 7} {i % 2}"),
        ("| x | z | y |\n|---|---|---|\n", lambda i: f"| {i}.5 | {i % 7} | {'ab'[i % 2]} |"),
        ("", lambda i: f"{'pq'[i % 2]},{i}.5,{'ab'[i % 2]}"),
    ],
)  # fmt: skip
def test_few_rows_are_read_as_many(above, row, tmp_path):
    """One row, or two, laid out as the table of training, whose names and decimal point the model knows."""
    table = tmp_path / "t.txt"
    lines = [row(i).replace(",7,a", f",{i % 7},{'ab'[i % 2]}") + "\n" for i in range(60)]
    table.write_text(above + "".join(lines), encoding="utf-8")
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    expected = outputs(model, table)
    assert len(expected) == 60
    for rows in (1, 2, 5):
        table.write_text(above + "".join(lines[:rows]), encoding="utf-8")
        np.testing.assert_array_equal(outputs(model, table), expected[:rows])


def test_a_single_row_of_words_is_no_header(tmp_path):
    """For a model that knows no names."""
    table = tmp_path / "t.csv"
    table.write_text(
        "".join(f"{'pq'[i % 2]},{'uvw'[i % 3]},{'ab'[i % 2]}\n" for i in range(60)), encoding="utf-8"
    )
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    expected = outputs(model, table)
    table.write_text("p,u,a\n", encoding="utf-8")
    np.testing.assert_array_equal(outputs(model, table), expected[:1])


def test_a_last_row_of_totals_is_not_scored(tmp_path):
    """As it is not trained on; predict says something of every row."""
    table = tmp_path / "t.csv"
    rows = [("uv"[i % 2], i * 7 % 11, 2.5 * i) for i in range(60)]
    lines = [
        f"{a},{x},{y}\n" for a, x, y in [*rows, ("Total", sum(r[1] for r in rows), sum(r[2] for r in rows))]
    ]
    table.write_text("a,x,y\n" + "".join(lines), encoding="utf-8")
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    found = evaluate(model, "run", str(table))
    assert (found.rows, found.without_target) == (60, 1)
    errors = np.abs(model.predict(str(table))[:60] - [y for _, _, y in rows])
    assert found.details.targets[0].mae == pytest.approx(errors.mean(), rel=1e-12)


@pytest.mark.parametrize(
    "row",
    [
        lambda i: f"{i % 9}0-{i % 9}9,{'ab'[i % 2]}",
        lambda i: f"{'pqr'[i % 3]},{'uvw'[i // 3 % 3]},{'ab'[i % 2]}",
        lambda i: f"{i % 3} kg,{i}.5N,{i % 7:x}c,{i % 2}",
    ],
)
def test_few_rows_of_words_have_no_header_for_a_network_without_names(row, tmp_path):
    """Words that do not come again in two or three rows are no names: every row has its prediction."""
    table = tmp_path / "t.csv"
    lines = [row(i) + "\n" for i in range(60)]
    table.write_text("".join(lines), encoding="utf-8")
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    expected = outputs(model, table)
    assert len(expected) == 60
    for first, last in ((0, 2), (10, 13), (30, 35)):
        table.write_text("".join(lines[first:last]), encoding="utf-8")
        np.testing.assert_array_equal(outputs(model, table), expected[first:last])


@pytest.mark.parametrize("n", [60, 8192])
def test_totals_are_told_from_classes_in_every_chunk(n, tmp_path):
    """A count of ones is no class; above the last chunk are rows of others."""
    table = tmp_path / "t.csv"
    rows = [("uv"[i % 2], i * 7 % 11, i % 3 % 2) for i in range(n)]
    total = ("Total", sum(x for _, x, _ in rows), sum(y for _, _, y in rows))
    table.write_text("a,x,y\n" + "".join(f"{a},{x},{y}\n" for a, x, y in [*rows, total]), encoding="utf-8")
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    found = evaluate(model, "run", str(table))
    assert (found.rows, found.without_target) == (n, 1)


def test_numbers_near_the_largest_are_scored_without_a_warning(tmp_path):
    """Their sum, which a row of totals would have, is infinite."""
    table = tmp_path / "t.csv"
    lines = [f"{['1.5e308', '-1e300'][i % 3 > 0]},{i % 7},{'ab'[i % 2]}\n" for i in range(60)]
    table.write_text("w,x,y\n" + "".join(lines), encoding="utf-8")
    model = api.train(table, training__epochs=1, model__hidden=[3], data__ignore=["w"]).model
    with np.errstate(all="raise"):
        assert evaluate(model, "run", str(table)).rows == 60


@pytest.mark.parametrize("point", [".", ","])
@pytest.mark.parametrize("kind", [float, np.float32, np.float64, Decimal])
def test_a_frame_may_hold_any_kind_of_number(point, kind, tmp_path):
    """In lists too, and for a network of a table with decimal commas."""
    table = tmp_path / "t.csv"
    x = [(i * 7 % 11 + 0.5, i % 3 + 0.25) for i in range(60)]
    lines = [f"{a:.1f};{b:.2f};".replace(".", point) + f"{'ab'[i % 2]}\n" for i, (a, b) in enumerate(x)]
    table.write_text("x;z;y\n" + "".join(lines), encoding="utf-8")
    model = api.train(table, training__epochs=1, model__hidden=[3]).model
    frame = {"x": [kind(a) for a, _ in x], "z": [kind(b) for _, b in x]}
    np.testing.assert_array_equal(model.predict_proba(frame), model.predict_proba(str(table)))
