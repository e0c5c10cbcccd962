"""``bpcli walkthrough`` as a person types it: the walk, its parts, worksheets as files, and what is refused."""

import io
import json

import pytest

from tests.walkthrough.points import NAMES


def test_the_walk_has_all_parts(bpcli):
    """A to h, each with its title, and exit 0."""
    found = bpcli("walkthrough")
    assert found.code == 0
    for letter in "abcdefgh":
        assert f"\n({letter}) " in found.out
    assert max(map(len, found.out.splitlines())) <= 100


def test_the_document_has_the_keys_of_the_contract(bpcli):
    """Schema, and for every quantity shape, value, formula and pass."""
    document = json.loads(bpcli("walkthrough", "--json").out)
    assert document["schema"] == "bpcli.walkthrough/1"
    assert set(document["quantities"]) == set(NAMES)
    for quantity in document["quantities"].values():
        assert {"shape", "value", "formula", "pass"} == set(quantity)
    assert document["quantities"]["grad_V"]["shape"] == [2, 3]
    assert document["quantities"]["grad_V"]["formula"] == "Λ ∇h xᵀ"
    assert document["quantities"]["loss"]["shape"] == []
    assert document["quantities"]["new_W"]["pass"] == "update"


@pytest.mark.parametrize(
    ("wanted", "shown"), [(["c"], "c"), (["a-c"], "abc"), (["h", "a"], "ah"), (["b,d-e"], "bde")]
)
def test_parts_are_chosen_by_letter_or_range(bpcli, wanted, shown):
    """In their order, whatever the order of the options."""
    found = bpcli("walkthrough", *(word for part in wanted for word in ("--part", part)))
    assert [line[1] for line in found.out.splitlines() if line[:1] == "(" and line[2:3] == ")"] == list(shown)


def test_typed_numbers_are_walked_through(bpcli):
    """The sheet's x = (1, 0, 1), every number from the command line."""
    numbers = (
        "--x",
        "1,0,1",
        "--y",
        "1,0",
        "--V",
        "1,0,1; 0,1,1",
        "--W",
        "[[1,-1],[0.5,2]]",
        "--rate",
        "0.1",
    )
    document = json.loads(bpcli("walkthrough", *numbers, "--json").out)
    assert document["quantities"]["a"]["value"] == [2.0, 1.0]
    assert document["learning_rate"] == 0.1


def test_a_typed_point_keeps_the_weights_of_the_configuration(bpcli):
    """Where its sizes fit; else the page and the document tell what was drawn."""
    shipped = json.loads(bpcli("walkthrough", "iris", "--json").out)
    typed = json.loads(bpcli("walkthrough", "iris", "--x", "5,3,1,0", "--json").out)
    assert typed["drawn"] is None
    assert typed["quantities"]["V"] == shipped["quantities"]["V"]
    assert bpcli("walkthrough", "spiral", "--x", "1,0").code == 0
    assert json.loads(bpcli("walkthrough", "--x", "1,2", "--json").out)["drawn"]["names"] == ["y", "V", "W"]
    assert "\ndrawn from seed 4: x, y, V and W\n" in bpcli("walkthrough", "--seed", "4").out


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["optimizer.name=adam"], ["Adam"]),
        (["weight_decay=0.01"], ["momentum 0.9", "weight decay 0.01"]),
        (["optimizer.momentum=0"], []),
    ],
)
def test_the_update_names_what_it_leaves_out_of_the_configuration(bpcli, settings, said):
    """In part h and in the document; the configuration of iris has momentum. A worksheet takes plain steps anyway."""
    options = [word for each in settings for word in ("--set", f"training.{each}")]
    part = " ".join(bpcli("walkthrough", "iris", *options, "--part", "h").out.split())
    line = "This is a step of plain gradient descent, without the settings of the configuration that would change it: "
    assert line.strip() in part if said else line.strip() not in part
    assert f"{line}{' and '.join(said)}." in part or not said
    assert json.loads(bpcli("walkthrough", "iris", *options, "--json").out)["left_out"] == said
    assert line.strip() not in " ".join(bpcli("walkthrough", "iris", *options, "--worksheet").out.split())


def test_a_decay_that_follows_from_the_rows_is_named_too(bpcli, tmp_path, monkeypatch):
    """Of 50 rows of a regression 40 train: 0.1 / 40. A point that is drawn is no row, and needs no table."""
    rows = "".join(f"{k / 7},{k / 3 + k % 2}\n" for k in range(50))
    (tmp_path / "t.csv").write_text("a,b\n" + rows, encoding="utf-8")
    text = "data:\n  source: t.csv\n  task: regression\n  validation: 0.2\nmodel:\n  hidden: [2]\n  output: identity\n"
    text += "training:\n  loss: squared_error\n"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert json.loads(bpcli("walkthrough", "c.yaml", "--json").out)["left_out"] == [
        "Adam",
        "weight decay 0.0025",
    ]
    (tmp_path / "t.csv").unlink()
    drawn = bpcli("walkthrough", "c.yaml", "--sizes", "1,2,1", "--seed", 3, "--json")
    assert json.loads(drawn.out)["left_out"] == ["Adam"], drawn.err


ROUNDED_AWAY = "Both are so small that rounding of the loss hides how they compare."


@pytest.mark.parametrize(
    ("W", "y", "more", "said"),
    [
        ("9,9;9,9", "1,0", [], ROUNDED_AWAY),  # z is 1 - 1e-8: a decrease of 2e-16 beside a loss of 1/2
        ("19,9;9,9", "1,1", [], ROUNDED_AWAY),  # a loss of 3e-17, all of it rounding
        ("9,9;9,9", "1,0", ["--set", "training.loss=cross_entropy"], "The decrease is 1 times the"),
        ("1,2;1,1", "1,0", ["--rate", "1e-12"], ROUNDED_AWAY),
        ("1,2;1,1", "1,0", ["--rate", "1e-6"], "The decrease is 1 times the predicted one"),
        (".5,.5;-1,.5", ".5,.4", ["--rate", "100"], "The loss did not decrease: the step is too long"),
    ],
)
def test_the_update_says_how_far_the_prediction_holds(bpcli, W, y, more, said):
    """And blames the length of the step only where rounding does not decide."""
    numbers = ("--x", "1,1,1", "--y", y, "--V", "9,9,9;9,9,8", "--W", W)
    assert said in " ".join(bpcli("walkthrough", *numbers, *more, "--part", "h").out.split())


def test_a_configuration_gives_its_first_training_row(bpcli):
    """Deeper ones too: the spiral has two hidden layers."""
    document = json.loads(bpcli("walkthrough", "spiral", "--json").out)
    assert {"W1", "W2", "W3", "Lambda_2", "grad_h1", "new_bias_W3"} <= set(document["quantities"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--x", "1,0", "--V", "1,0,1;0,1,1"], "--V: the shape given is 2×3; it must be 2×2"),
        (["--x", "1,nan,1"], "nan is not a finite number"),
        (["--x", "1,0,1", "--y", "1,0", "--V", "1,0;0,1", "--W", "1,0;0,1"], "given is 2×2; it must be 2×3"),
        (["--part", "i"], "there is no part 'i'"),
        (["--part", "c-a"], "there is no part 'c-a'"),
        (["--worksheet", "--key"], "cannot be combined"),
        (["--step", "--seeds", "1:2", "--out", "sheets"], "cannot be combined"),
        (
            ["--seeds", "1:3", "--out", "sheets", "--x", "1,0,1", "--bias-V", "1,1"],
            "leave --x and --bias-V out",
        ),
        (["--seeds", f"1:{'9' * 5000}", "--out", "sheets"], "not a range of seeds"),
        (["--sizes", "9" * 5000], "is not a list of sizes"),
        (["--seeds", "1:3"], "--seeds goes with --out: add it"),
        (["--out", "sheets"], "--out goes with --seeds, --worksheet or --key: add one of them"),
        (["--hints"], "--hints goes with --seeds or --worksheet"),
        (["--csv", "marks.csv"], "--csv goes with --grade: add it"),
        (["--roster", "r.csv"], "--roster goes with --seeds or --grade"),
        (["--force"], "--force goes with --out, --csv or --feedback: add one of them"),
        (["--grade", "a.yaml", "--force"], "--force goes with --csv or --feedback: add one of them"),
        (["--worksheet", "--force"], "--force goes with --out: add it, or leave --force out"),
        (
            ["--topic", "symmetry"],
            "add --worksheet, --key, --quiz or --seeds; bpcli symmetry-demo shows the same",
        ),
        (["--topic", "symmetry", "--key", "--part", "g"], "there is no part 'g'; write a letter from a to f"),
        (["--topic", "symmetry", "--key", "--x", "1,2,3"], "draws its numbers from a seed: leave --x out"),
        (["--topic", "symmetry", "--key", "--hidden", "1"], "one hidden layer of two units or more"),
        (["--seeds", "3:1", "--out", "sheets"], "not a range of seeds"),
        (["--seeds", "1:3", "--out", "sheets", "--seed", "2"], "leave --seed out"),
        (["--step", "--format", "html"], "leave --format, --json and --quiet out"),
        (["--step", "--json"], "leave --format, --json and --quiet out"),
        (["--rate", "nan"], "the learning rate must be a number above 0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(bpcli, arguments, said):
    """Exit 2, one line on stderr, nothing on stdout."""
    found = bpcli("walkthrough", *arguments)
    assert found.code == 2
    assert found.out == ""
    assert said in found.err
    assert len(found.err.splitlines()) == 1


def test_one_part_at_a_time(bpcli, monkeypatch):
    """Enter goes on, b goes back, q ends; so does the end of the input."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\nb\nq\n"))
    found = bpcli("walkthrough", "--step")
    shown = [line for line in found.out.splitlines() if line[:1] == "(" and line[2:3] == ")"]
    assert [line[1] for line in shown] == ["a", "b", "a"]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert bpcli("walkthrough", "--step").code == 0


def test_worksheets_are_written_with_keys_and_answer_files(bpcli, tmp_path):
    """Four files a seed and two for the class, all different; nothing is overwritten without --force."""
    command = ("walkthrough", "--worksheet", "--seeds", "9:11", "--out", "class", "--format", "html")
    found = bpcli(*command)
    assert found.code == 0
    names = sorted(path.name for path in (tmp_path / "class").iterdir())
    each = [
        name
        for seed in ("09", "10", "11")
        for name in (f"worksheet-{seed}.html", f"key-{seed}.html", f"answers-{seed}.yaml", f"key-{seed}.yaml")
    ]
    assert names == sorted([*each, "worksheets.html", "keys.html"])
    assert len({path.read_bytes() for path in (tmp_path / "class").iterdir()}) == 14
    again = bpcli(*command)
    assert again.code == 2
    assert "worksheets.html exists already, and 13 more" in again.err
    assert bpcli(*command, "--force").code == 0


def test_empty_answers_are_graded_as_not_entirely_right(bpcli):
    """The files that were written come back; their seeds say which sheet each is for. Exit 3."""
    bpcli("walkthrough", "--seeds", "1:2", "--out", "class")
    found = bpcli("walkthrough", "--grade", "class/answers-01.yaml", "class/answers-02.yaml", "--json")
    assert found.code == 3
    document = json.loads(found.out)
    assert document["schema"] == "bpcli.walkthrough.grades/1"
    assert [grade["marks"] for grade in document["grades"]] == [0, 0]


@pytest.mark.parametrize("format_", ["markdown", "latex", "html"])
def test_formats_are_printed_as_files_are_written(bpcli, format_):
    """Not folded at the width of the screen, and nothing beside them."""
    narrow, wide = (bpcli("walkthrough", "--format", format_, columns=columns).out for columns in (40, 160))
    assert narrow == wide
    assert narrow.startswith(
        {"markdown": "# Walkthrough", "latex": "\\documentclass", "html": "<!DOCTYPE html>"}[format_]
    )


@pytest.mark.parametrize(
    "network", [(), ("--hidden", "none"), ("--hidden", "2,2"), ("--set", "model.bias=true")]
)
def test_every_blank_of_the_answers_file_has_its_place_on_the_sheet(bpcli, tmp_path, network):
    """By its name, which stands beside the answer."""
    bpcli("walkthrough", "--seeds", "3:3", "--out", "class", *network)
    sheet = (tmp_path / "class" / "worksheet-03.txt").read_text()
    answers = (tmp_path / "class" / "answers-03.yaml").read_text().splitlines()
    names = [line.partition(":")[0] for line in answers if line[:1].isalpha()]
    assert {"loss", "grad_z"} <= set(names)
    for name in set(names) - {"seed", "digits", "network"}:
        assert f" {name}:" in sheet, name


def test_digits_change_what_is_printed_and_not_the_point(bpcli):
    """The drawn point, too, is the same whatever the digits."""
    seeded = ("walkthrough", "--seed", "8", "--hidden", "3")
    documents = [json.loads(bpcli(*seeded, "--digits", digits, "--json").out) for digits in ("2", "4", "9")]
    assert documents[0] == documents[1] == documents[2]
    two, nine = (bpcli(*seeded, "--digits", digits, "--part", "h").out for digits in ("2", "9"))
    assert two != nine


def test_explanations_are_full_in_documents_and_short_on_the_terminal(bpcli):
    """Unless --explain says otherwise; worksheets and keys have none."""
    mark = "With numbers:"
    assert mark not in bpcli("walkthrough", "--part", "d").out
    assert mark in bpcli("walkthrough", "--part", "d", "--explain", "full").out
    for format_ in ("html", "latex", "markdown"):
        assert mark in bpcli("walkthrough", "--part", "d", "--format", format_).out
        assert mark not in bpcli("walkthrough", "--part", "d", "--format", format_, "--explain", "short").out
    refused = bpcli("walkthrough", "--key", "--explain", "full")
    assert refused.code == 2
    assert "--explain and --key cannot be combined" in refused.err
