"""``bpcli data``, ``predict``, ``evaluate``, ``runs`` and ``export`` as a person with a table types them."""

import csv
import gzip
import io
import json
import math
import runpy
import shlex
import sys

import numpy as np
import pytest

PEOPLE = """id;name;age;town;income;paid
1;Ada Byron;36;London;$1,200;yes
2;Alan Turing;41;London;$2,350;no
3;Emmy Noether;;Erlangen;$1,100;yes
4;Karl Gauss;77;Göttingen;$3,000;no
5;Sofia Kowalewska;41;Stockholm;$2,100;Yes
6;Leonhard Euler;76;Basel;$2,800;no
7;Marie Curie;66;Paris;$1,900;yes
8;Pierre Fermat;57;Paris;;no
9;Grace Hopper;85;London;$2,000;yes
10;Kurt Gödel;71;Paris;$1,500;no
"""


def lines(colours=("red", "blue")):
    """Twenty rows on a line: y = 3 x + 1 for red, y = 3 x - 1 for blue."""
    rows = [(i / 10, colours[i % 2]) for i in range(20)]
    return rows, [3 * x + (1 if colour == colours[0] else -1) for x, colour in rows]


@pytest.fixture
def table(tmp_path):
    """The table of those rows, and one of new rows without y."""
    rows, y = lines()
    body = "".join(f"{x},{colour},{value!r}\n" for (x, colour), value in zip(rows, y, strict=True))
    (tmp_path / "line.csv").write_text("x,colour,y\n" + body, encoding="utf-8")
    (tmp_path / "new.csv").write_text("colour,x,note\nred,0.5,a\ngreen,1,b\n,0.5,c\n", encoding="utf-8")


@pytest.fixture
def people(tmp_path):
    """A table with everything that real ones have."""
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")


def rows_of(text):
    """The rows of a CSV file that was printed."""
    return list(csv.DictReader(io.StringIO(text)))


def test_data_says_what_each_column_is_and_would_become(bpcli, people):
    """Row numbers and names are left out, dollars are a number, text is a category, yes and Yes are one class."""
    found = bpcli("data", "people.csv")
    assert found.code == 0
    said = {line.split()[0]: " ".join(line.split()[1:]) for line in found.out.splitlines() if line.strip()}
    assert said["id"].startswith("left out: row numbers")
    assert said["name"].startswith("left out: free text")
    assert said["age"].startswith("number 1 8")
    assert said["town"].startswith("category")
    assert said["income"].startswith("number: $ left out 1")
    assert "'Yes' read as 'yes'" in found.out
    document = json.loads(bpcli("data", "people.csv", "--json").out)
    assert document["rows"] == 10


def test_a_name_between_colons_is_shown_as_it_is(bpcli, tmp_path):
    """Rich would show an emoji."""
    (tmp_path / "keys.csv").write_text(
        ":key:,y\n" + "".join(f"{i},{i}\n" for i in range(9)), encoding="utf-8"
    )
    assert ":key:" in bpcli("data", "keys.csv").out


def test_a_column_that_gives_the_target_away_is_named(bpcli, tmp_path):
    """As titanic's alive does."""
    body = "".join(f"{i % 7},{'yes' if i % 3 else 'no'},{int(bool(i % 3))}\n" for i in range(60))
    (tmp_path / "leak.csv").write_text("a,alive,survived\n" + body, encoding="utf-8")
    assert "alive determines the target" in " ".join(bpcli("data", "leak.csv").out.split())


def test_the_configuration_that_data_writes_trains_the_same(bpcli, people, tmp_path):
    """Everything that was decided is in it, and it is not overwritten."""
    assert bpcli("data", "people.csv", "--write-config", "people.yaml", "-q").code == 0
    again = bpcli("data", "people.csv", "--write-config", "people.yaml", "-q")
    assert (again.code, "--force" in again.err) == (2, True)
    one, other = (
        json.loads(bpcli("train", source, "--epochs", 5, "--out", source + "-run", "--json").out)
        for source in ("people.csv", "people.yaml")
    )
    assert one["train"] == other["train"]
    assert one["epochs"] == other["epochs"] == 5


def test_predictions_are_those_of_the_line(bpcli, table):
    """In the unit of the target; columns are found by name, one too many and a new colour are said."""
    assert bpcli("train", "line.csv", "--out", "run", "--epochs", 300, "-q").code == 0
    found = bpcli("predict", "run", "new.csv")
    assert found.code == 0
    predicted = [float(row["y"]) for row in rows_of(found.out)]
    assert len(predicted) == 3
    assert math.isclose(predicted[0], 2.5, abs_tol=0.5)
    assert "note" in found.err
    assert "colour in 1 row" in found.err


def test_predictions_stand_beside_their_rows_in_a_file(bpcli, table, tmp_path):
    """With --keep and -o, and the file is not overwritten unless it may be."""
    bpcli("train", "line.csv", "--out", "run", "--epochs", 5, "-q")
    assert bpcli("predict", "run", "new.csv", "--keep", "-o", "out.csv", "-q").out == ""
    rows = rows_of((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert [row["note"] for row in rows] == ["a", "b", "c"]
    assert all(math.isfinite(float(row[next(reversed(row))])) for row in rows)
    refused = bpcli("predict", "run", "new.csv", "-o", "out.csv")
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert bpcli("predict", "run", "new.csv", "-o", "out.csv", "--force", "-q").code == 0
    nowhere = bpcli("predict", "run", "new.csv", "-o", "no/out.csv")
    assert (nowhere.code, "there is no folder no" in nowhere.err) == (2, True)


def test_classes_come_with_their_probabilities(bpcli, people, monkeypatch):
    """From standard input too; the largest is that of the class, and they sum to one."""
    bpcli("train", "people.csv", "--out", "run", "--epochs", 5, "-q")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PEOPLE.encode())))
    printed = bpcli("predict", "run", "--proba").out
    assert printed == bpcli("predict", "run", "people.csv", "--proba").out
    rows = rows_of(printed)
    assert len(rows) == 10
    for row in rows:
        label, *probabilities = row.values()
        assert label in {"yes", "no"}
        assert math.isclose(sum(map(float, probabilities)), 1, rel_tol=1e-6)
        (of_label,) = [float(value) for name, value in [*row.items()][1:] if name.endswith(label)]
        assert of_label == max(map(float, probabilities))


def test_a_column_that_is_missing_is_named(bpcli, table, tmp_path):
    """What was trained on x and colour cannot do without colour."""
    bpcli("train", "line.csv", "--out", "run", "--epochs", 2, "-q")
    (tmp_path / "less.csv").write_text("x\n1\n2\n", encoding="utf-8")
    found = bpcli("predict", "run", "less.csv")
    assert (found.code, "colour" in found.err) == (2, True)
    found = bpcli("predict", "run", "new.csv", "--proba")
    assert (found.code, "no probabilities" in found.err) == (2, True)


def test_evaluate_gives_the_numbers_of_the_definitions(bpcli, table, people):
    """R² and the mean absolute error from the predictions, written out; the share of right classes."""
    bpcli("train", "line.csv", "--out", "run", "--epochs", 50, "-q")
    z = np.array([float(row["y"]) for row in rows_of(bpcli("predict", "run", "line.csv", "-q").out)])
    y = np.array(lines()[1])
    shown = bpcli("evaluate", "run", "line.csv")
    assert shown.code == 0
    document = json.loads(bpcli("evaluate", "run", "line.csv", "--json").out)
    assert document["rows"] == 20
    assert math.isclose(document["r2"], 1 - ((y - z) ** 2).sum() / ((y - y.mean()) ** 2).sum(), rel_tol=1e-9)
    assert math.isclose(document["mae"], np.abs(y - z).mean(), rel_tol=1e-9)
    assert math.isclose(document["rmse"], np.sqrt(((y - z) ** 2).mean()), rel_tol=1e-9)

    bpcli("train", "people.csv", "--out", "classes", "--epochs", 5, "-q")
    labels = [
        next(iter(row.values())) for row in rows_of(bpcli("predict", "classes", "people.csv", "-q").out)
    ]
    true = [line.rpartition(";")[2].lower() for line in PEOPLE.splitlines()[1:]]
    right = sum(map(str.__eq__, labels, true)) / 10
    scores = bpcli("evaluate", "classes", "people.csv")
    assert {"precision", "recall"} <= set(scores.out.split())
    assert json.loads(bpcli("evaluate", "classes", "people.csv", "--json").out)["accuracy"] == right


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("paid", "data.target=paid"),
        ("age,paid", "data.target=age,paid"),
        ("null", "'data.target=[\"null\"]'"),
    ],
)
def test_the_next_command_has_the_target_as_one_types_it(bpcli, tmp_path, target, written):
    """Plain names without brackets, which shells expand; a name that would mean something else in YAML in quotes."""
    rows = "".join(f"{i % 3},{i},{i * i}.5\n" for i in range(20))
    (tmp_path / "t.csv").write_text("null,age,paid\n" + rows, encoding="utf-8")
    shown = bpcli(
        "train", "t.csv", "--target", target, "--epochs", 2, "--set", "training.schedule.name=cosine"
    )
    assert f"--set {written} " in shown.out.splitlines()[-1] + " "
    words = shlex.split(shown.out.splitlines()[-1].removeprefix("next   bpcli "))
    assert bpcli(*words, "-q").code == 0, words


@pytest.mark.parametrize("classes", [False, True])
def test_a_table_that_says_nothing_of_its_target_is_told(bpcli, tmp_path, classes):
    """Chance decides the target: no better than the baseline is said, and the next command looks at the table."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(120, 2)), rng.normal(size=120)
    target = np.where(rng.random(120) < 0.1, "yes", "no") if classes else y
    body = "".join(f"{a:.3f},{b:.3f},{c}\n" for (a, b), c in zip(x, target, strict=True))
    (tmp_path / "chance.csv").write_text("a,b,y\n" + body, encoding="utf-8")
    shown = bpcli("train", "chance.csv", "--ignore", "b")
    what = "most frequent class" if classes else "mean"
    assert f"the network is no better than always predicting the {what}" in " ".join(shown.err.split())
    assert ("class_weight=balanced" in "".join(shown.err.split())) == classes
    assert shown.out.splitlines()[-1].split() == [
        "next",
        "bpcli",
        "data",
        "chance.csv",
        "--set",
        "data.ignore=b",
    ]


def test_a_truth_table_is_learnt_by_the_next_command(bpcli, tmp_path):
    """Few rows get a weight decay that four rows without noise have no use for; the next command leaves it out."""
    (tmp_path / "xor.csv").write_text("a,b,out\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n", encoding="utf-8")
    first = bpcli("train", "xor.csv")
    said = " ".join(first.err.split())
    assert "on the 4 training rows the network is no better than always predicting" in said
    assert "lower training.weight_decay (it was 0.25)" in said
    assert "class_weight" not in said  # the classes are equally frequent
    words = shlex.split(first.out.splitlines()[-1].removeprefix("next   bpcli "))
    again = bpcli(*words, "--json")
    assert json.loads(again.out)["train"]["accuracy"] == 1
    assert again.err == ""


def test_a_network_that_learns_is_not_told_so(bpcli, table):
    """y is a line in x: the warning is for what the baseline does as well."""
    assert "no better" not in bpcli("train", "line.csv").err


def test_training_and_evaluation_show_one_table(bpcli, people, tmp_path):
    """Class by class, and target by target with the error of the mean, on the rows that were held out."""
    rows = [f"{x},{2 * x},{3 - x}\n" for x in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)]
    (tmp_path / "two.csv").write_text("x,u,v\n" + "".join(rows), encoding="utf-8")
    for source, targets, first in (
        ("people.csv", "paid", "class rows precision recall"),
        ("two.csv", "u,v", "target R² MAE RMSE RMSE of the mean"),
    ):
        held_out = ("--set", "data.validation=0.2")
        trained = bpcli(
            "train", source, "--target", targets, *held_out, "--out", "run", "--epochs", 3, "--force"
        )
        tables = []
        for shown in (trained, bpcli("evaluate", "run")):
            lines = [" ".join(line.split()) for line in shown.out.splitlines()]
            assert lines[0]
            assert first in lines, shown.out
            tables.append(lines[lines.index(first) :][:4])
        assert tables[0] == tables[1]


def test_arrays_are_predicted_as_tables_are(bpcli, tmp_path):
    """An NPZ with X, the same within gzip, and an NPY hold the same rows; another width is refused."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    np.savez(tmp_path / "train.npz", X=X, y=X @ [1.0, -2.0, 0.5])
    np.savez(tmp_path / "new.npz", X=X[:5])
    np.save(tmp_path / "new.npy", X[:5])
    np.save(tmp_path / "narrow.npy", X[:5, :2])
    np.savez(tmp_path / "empty.npz", Z=X)
    assert bpcli("train", "train.npz", "--out", "run", "--epochs", 5, "-q").code == 0
    found = bpcli("predict", "run", "new.npz", "-q")
    assert found.code == 0
    assert len(rows_of(found.out)) == 5
    (tmp_path / "new.npz.gz").write_bytes(gzip.compress((tmp_path / "new.npz").read_bytes()))
    for name in ("new.npy", "new.npz.gz"):
        assert bpcli("predict", "run", name, "-q").out == found.out
    for name in ("narrow.npy", "empty.npz", "missing.npy"):
        refused = bpcli("predict", "run", name)
        assert refused.code == 2
        assert name in refused.err


def test_arrays_are_evaluated_as_tables_are(bpcli, tmp_path):
    """An NPZ with X and y, and an NPY with the target in its last column, have the scores of their predictions."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    for name, y in (("numbers", X @ [1.0, -2.0, 0.5]), ("classes", np.where(X[:, 0] > 0.3, 5, 2))):
        np.savez(tmp_path / f"{name}.npz", X=X, y=y)
        np.save(tmp_path / f"{name}.npy", np.column_stack([X, y]))
        for kind in ("npz", "npy"):
            source, run = f"{name}.{kind}", f"{name}-{kind}"
            assert bpcli("train", source, "--out", run, "--epochs", 5, "-q").code == 0
            found = json.loads(bpcli("evaluate", run, source, "--json").out)
            values = rows_of(bpcli("predict", run, f"{name}.npz", "-q").out)
            z = np.array([float(next(iter(row.values()))) for row in values])
            if name == "classes":
                assert found["accuracy"] == (z == y).mean()
            else:
                assert math.isclose(found["mae"], np.abs(z - y).mean(), rel_tol=1e-9)
    np.savez(tmp_path / "other.npz", X=X, y=np.full(60, 7))
    refused = bpcli("evaluate", "classes-npz", "other.npz")
    assert (refused.code, "'7' is none of the classes" in refused.err) == (2, True)


def test_without_data_the_rows_held_out_are_evaluated(bpcli, table, tmp_path):
    """The scores are those of the summary; changed data and a run without such rows are refused."""
    held_out = ("--set", "data.validation=0.2")
    assert bpcli("train", "line.csv", *held_out, "--out", "run", "--epochs", 5, "-q").code == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    found = json.loads(bpcli("evaluate", "run", "--json").out)
    assert found["rows"] == 4
    assert {key: found[key] for key in ("loss", "r2", "mae")} == {
        key: summary["validation"][key] for key in ("loss", "r2", "mae")
    }
    bpcli("train", "line.csv", "--out", "whole", "--epochs", 2, "--set", "data.validation=0", "-q")
    refused = bpcli("evaluate", "whole")
    assert (refused.code, "held out no rows" in refused.err) == (2, True)
    with (tmp_path / "line.csv").open("a", encoding="utf-8") as file:
        file.write("3,red,10\n")
    refused = bpcli("evaluate", "run")
    assert (refused.code, "have changed" in refused.err) == (2, True)


def test_evaluate_needs_the_target(bpcli, table):
    """And says what does without."""
    bpcli("train", "line.csv", "--out", "run", "--epochs", 2, "-q")
    found = bpcli("evaluate", "run", "new.csv")
    assert (found.code, "bpcli predict" in found.err) == (2, True)


def test_a_run_scored_on_the_rows_it_was_trained_on_is_no_better_than_a_validated_one(bpcli, table):
    """It is listed as what it is; alone it is the best, with a warning."""
    bpcli("train", "line.csv", "--out", "runs/itself", "-q")
    alone = bpcli("runs", "best")
    assert alone.out.strip() == "runs/itself"
    assert "the scores are those of the rows trained on" in " ".join(alone.err.split())
    bpcli("train", "line.csv", "--out", "runs/other", "--set", "data.validation=0.2", "--epochs", 2, "-q")
    itself, other = json.loads(bpcli("runs", "list", "--json").out)["runs"]
    assert itself["train_score"] > other["validation_score"]
    listed = bpcli("runs", "list").out
    assert listed.count(", training") == 1
    found = bpcli("runs", "best")
    assert (found.out.strip(), found.err) == ("runs/other", "")


def test_runs_are_listed_shown_compared_and_the_best_is_found(bpcli, table):
    """The one with more epochs is better here, and epochs are what they differ in."""
    for epochs in (2, 200):
        bpcli("train", "line.csv", "--out", f"runs/{epochs}", "--epochs", epochs, "-q")
    assert bpcli("runs", "list").out.count("line.csv") == 2
    found = json.loads(bpcli("runs", "list", "--json").out)["runs"]
    assert [run["folder"] for run in found] == ["runs/2", "runs/200"]
    assert bpcli("runs", "best").out.strip() == "runs/200"
    assert json.loads(bpcli("runs", "best", "--json").out)["runs"][0]["epochs"] > 2
    assert "training.epochs" in bpcli("runs", "show", "runs/2").out
    document = json.loads(bpcli("runs", "compare", "runs/2", "runs/200", "--json").out)
    assert document["differences"] == {"training.epochs": [2, 200]}
    assert "training.epochs" in bpcli("runs", "compare", "runs/2", "runs/200").out
    assert "none" in bpcli("runs", "compare", "runs/2", "runs/2").out


def test_no_column_of_a_table_is_broken_where_it_is_looked_at(bpcli, tmp_path):
    """Nor is a histogram with empty intervals: where the five columns have no room, they are two lines each."""
    rows = "".join(f"{9 * (i > 7)},{'fiber optic' if i % 3 else 'dsl'},{i % 2}\n" for i in range(10))
    (tmp_path / "t.csv").write_text("MonthlyChargesInEuro,InternetServiceOfHouse,y\n" + rows)
    narrow, wide = (bpcli("data", "t.csv", columns=width).out for width in (50, 100))
    for shown in (" ".join(text.split()) for text in (narrow, wide)):
        assert "MonthlyChargesInEuro number" in shown
        assert "InternetServiceOfHouse category" in shown
        assert "0 … 9 █······▂" in shown
        assert "fiber optic (6), dsl (4)" in shown
    assert max(map(len, narrow.splitlines())) <= 50


def test_no_setting_is_folded_where_runs_are_compared(bpcli, table):
    """A long key stands in one line at every width; in a narrow terminal above its values, equal ones together."""
    rate = "training.optimizer.learning_rate"
    for run, learning_rate in (("a", 0.1), ("b", 0.3), ("c", 0.1)):
        bpcli("train", "line.csv", "--out", run, "--epochs", 1, "--rate", learning_rate, "-q")
    narrow, wide = (bpcli("runs", "compare", "a", "b", "c", columns=width).out for width in (40, 60))
    assert [line.rstrip() for line in narrow.splitlines()[-3:]] == [rate, "  a, c  0.1", "  b  0.3"]
    assert wide.splitlines()[-1].split() == [rate, "0.1", "0.3", "0.1"]


def test_an_exported_program_predicts_without_bpcli(bpcli, table, tmp_path):
    """Its numbers are those of predict."""
    bpcli("train", "line.csv", "--out", "run", "--epochs", 5, "-q")
    assert bpcli("export", "run", "--to", "numpy").out.strip() == "wrote model.py"
    refused = bpcli("export", "run", "--to", "numpy")
    assert (refused.code, "--force" in refused.err) == (2, True)
    program = runpy.run_path(str(tmp_path / "model.py"))
    expected = [float(row["y"]) for row in rows_of(bpcli("predict", "run", "new.csv", "-q").out)]
    rows = [{"x": "0.5", "colour": "red"}, {"x": "1", "colour": "green"}, {"x": "0.5", "colour": ""}]
    np.testing.assert_allclose(np.ravel(program["predict"](rows)), expected, rtol=1e-9)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_what_is_shown_fits_the_terminal(bpcli, people, width):
    """No line is wider, whatever the columns are called."""
    bpcli("train", "people.csv", "--out", "run", "--epochs", 2, "-q")
    for command in ("data people.csv", "evaluate run people.csv", "runs list .", "runs show run"):
        found = bpcli(*command.split(), columns=width)
        assert found.code == 0
        assert max(map(len, found.out.splitlines())) <= width, command


def test_a_run_without_names_takes_a_table_with_names(bpcli, tmp_path):
    """Its columns are those of training in their order, targets or not, and no value is missing."""
    rows, y = lines()
    body = [f"{x},{colour},{value!r}" for (x, colour), value in zip(rows, y, strict=True)]
    (tmp_path / "bare.csv").write_text("\n".join(body), encoding="utf-8")
    (tmp_path / "named.csv").write_text("\n".join(["length,paint,price", *body]), encoding="utf-8")
    inputs = [line.rpartition(",")[0] for line in ["length,paint,price", *body]]
    (tmp_path / "inputs.csv").write_text("\n".join(inputs), encoding="utf-8")
    bpcli("train", "bare.csv", "--epochs", "5", "--out", "run", "-q")
    bare = bpcli("predict", "run", "bare.csv")
    for name in ("named.csv", "inputs.csv"):
        found = bpcli("predict", "run", name)
        assert (found.code, found.out) == (0, bare.out)
        assert "missing values" not in found.err
    scores = [
        json.loads(bpcli("evaluate", "run", name, "--json").out)["loss"] for name in ("bare.csv", "named.csv")
    ]
    assert scores[0] == scores[1]


def test_a_missing_label_is_missing_for_evaluate_too(bpcli, tmp_path):
    """A dash among numbers, which training leaves out; among words it is a label."""
    rows = [f"0.{i},{'-' if i == 4 else i % 2}" for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    assert bpcli("train", "t.csv", "--epochs", "2", "--out", "run", "-q").code == 0
    found = json.loads(bpcli("evaluate", "run", "t.csv", "--json").out)
    assert (found["rows"], found["rows_without_target"]) == (19, 1)
    (tmp_path / "signs.csv").write_text(
        "\n".join(["x,y", *(f"0.{i},{'+-'[i % 2]}" for i in range(20))]), encoding="utf-8"
    )
    target = json.loads(bpcli("data", "signs.csv", "--json").out)["columns"][1]
    assert target["missing"] == 0


@pytest.mark.parametrize("cells", [("2K", "4K", "8K"), ("$2", "$4", "$8")])
def test_classes_written_as_amounts_are_found_again(bpcli, tmp_path, cells):
    """A run can be evaluated on the table that it was trained on, and on a single row of it."""
    rows = [f"0.{i:02d},{cells[i % 3]}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    (tmp_path / "one.csv").write_text(f"x,y\n{rows[0]}\n", encoding="utf-8")
    assert bpcli("train", "t.csv", "--epochs", "2", "--out", "run", "-q").code == 0
    for name, count in (("t.csv", 30), ("one.csv", 1)):
        assert json.loads(bpcli("evaluate", "run", name, "--json").out)["rows"] == count


def test_evaluate_refuses_the_targets_that_training_refuses(bpcli, tmp_path):
    """One 38M among plain targets; where training multiplies K out, a single row with K has its error in full."""

    def write(name, targets):
        rows = [f"0.{i:02d},{target}" for i, target in enumerate(targets)]
        (tmp_path / name).write_text("\n".join(["x,y", *rows]), encoding="utf-8")

    plain = [str(20.5 + i) for i in range(30)]
    write("plain.csv", plain)
    write("typing.csv", [*plain[:7], "38M", *plain[8:]])
    write("thousands.csv", [f"{target}K" for target in plain])
    write("one.csv", ["20.5K"])
    for name in ("plain", "thousands"):
        assert bpcli("train", f"{name}.csv", "--epochs", "2", "--out", name, "-q").code == 0
    for refused in (
        bpcli("evaluate", "plain", "typing.csv"),
        bpcli("train", "typing.csv", "--out", "typing"),
    ):
        assert (refused.code, "typing.csv:9: column 'y': '38M' is not a number" in refused.err) == (2, True)
    assert json.loads(bpcli("evaluate", "thousands", "one.csv", "--json").out)["mae"] > 1000


@pytest.mark.parametrize("name", ["t.npy", "t.npz"])
def test_max_rows_is_said_of_arrays_too(bpcli, tmp_path, name):
    """As it is of a text table."""
    X = np.arange(60.0).reshape(20, 3)
    X[:, -1] %= 2
    np.save(tmp_path / "t.npy", X)
    np.savez(tmp_path / "t.npz", X=X[:, :2], y=X[:, -1])
    found = bpcli("train", name, "--set", "data.max_rows=12", "--epochs", "1")
    assert "the first 12 rows only (data.max_rows)" in found.out
    assert "only (data.max_rows)" not in bpcli("train", name, "--epochs", "1").out
