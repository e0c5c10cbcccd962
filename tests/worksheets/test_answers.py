"""The file of a student: the empty one, the key, and what is said of one that does not fit."""

import numpy as np
import pytest

from bpcli.common.errors import DataError, UsageError
from bpcli.network import Architecture
from bpcli.network.example import Example
from bpcli.walkthrough.blocks import Equation
from bpcli.walkthrough.sheet import sheet
from bpcli.walkthrough.walk import walk
from bpcli.worksheets.answers import filled, read_answer_file, template
from bpcli.worksheets.blanks import blanks, part_of
from bpcli.worksheets.class_marking import drawn_again
from bpcli.worksheets.grading import grade
from tests.worksheets.survey import architectures, drawn_point

POINT = drawn_point(Architecture((3, 4, 2), bias=False), 7)


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a text to a file and returns its path."""

    def write(text):
        path = tmp_path / "answers.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def complaint(path):
    """What reading the file complains of, a line each, without the folder."""
    with pytest.raises(DataError) as caught:
        read_answer_file(path).answers(POINT)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_the_template_is_read_back_as_nothing_answered(written):
    """Every blank by name, nothing in any, and the sheet it belongs to."""
    path = written(template(POINT, 7, 4, "Worksheet 7"))
    answers = read_answer_file(path).answers(POINT)
    assert list(answers.values) == [blank.name for blank in blanks(POINT)]
    assert all(np.isnan(value).all() for value in answers.values.values())
    heading = read_answer_file(path).heading
    assert (heading.seed, heading.digits) == (7, 4)
    assert (heading.network, heading.rate) == (POINT.architecture, POINT.learning_rate)
    judged = grade(POINT, answers, 4)
    assert (judged.marks, judged.total) == (0, 72)
    assert {blank.verdict for blank in judged.blanks} == {"blank"}


OTHERS = (
    Architecture((3, 2), bias=True),
    Architecture((2, 3, 2, 2), bias=True),
    Architecture((3, 3, 2), "tanh", "identity", bias=True),
    Architecture((3, 4, 2), "relu", "sigmoid", "cross_entropy", bias=False),
    Architecture((3, 3, 3), "identity", "softmax", "cross_entropy", bias=True),
)


@pytest.mark.parametrize("architecture", OTHERS, ids=str)
def test_the_key_of_any_network_is_entirely_right(written, architecture):
    """Other depths, activations, outputs and losses."""
    example = drawn_point(architecture, 1)
    assert grade(example, read_answer_file(written(filled(example, 4))).answers(example), 4).entirely_right


@pytest.mark.parametrize("architecture", architectures(), ids=str)
@pytest.mark.parametrize("digits", [3, 4, 6])
def test_every_key_is_entirely_right(written, architecture, digits):
    """The rounded numbers of the key, read from its file, earn every mark."""
    example = drawn_point(architecture, 1, digits=digits)
    judged = grade(example, read_answer_file(written(filled(example, digits))).answers(example), digits)
    assert judged.entirely_right
    assert judged.marks == judged.total


def test_a_file_is_read_once(written):
    """First the heading, from which the point is generated, then the answers: the file may be gone by then."""
    path = written(filled(POINT, 4, 7))
    answer_file = read_answer_file(path)
    path.unlink()
    again = drawn_again(path, answer_file.heading, 4)
    assert grade(again, answer_file.answers(again), 4).entirely_right


def test_rows_and_blanks_may_be_left_out(written):
    """Null for a number, a row or a blank; or no line at all."""
    answers = read_answer_file(
        written("h: [0.5, null, 0.25, null]\nz: null\ngrad_W: [null, [1, 2, 3, null]]\n")
    ).answers(POINT)
    assert np.array_equal(answers.values["h"], [0.5, np.nan, 0.25, np.nan], equal_nan=True)
    assert np.isnan(answers.values["z"]).all()
    assert np.array_equal(answers.values["grad_W"], [[np.nan] * 4, [1, 2, 3, np.nan]], equal_nan=True)
    assert "a" not in answers.values


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("h: [0,62, 0,5, 0,1, -0,2]", [0.62, 0.5, 0.1, -0.2]),
        ("h: [0,62,0,05,0,1,-0,2]", [0.62, 0.05, 0.1, -0.2]),
        ("h: [0,62; 0,5; 0,1; −0,2]", [0.62, 0.5, 0.1, -0.2]),
        ("h: ['0,62', 1/2, -3/4, 1e-3]", [0.62, 0.5, -0.75, 0.001]),
        ("h:\n  - 0,62\n  - 1/2\n  - null\n  - 0,007", [0.62, 0.5, np.nan, 0.007]),
        ("h: [0,62, null, 1, 2,5]", [0.62, np.nan, 1, 2.5]),
        ("h: [1, 2, 3, 4]", [1, 2, 3, 4]),
        ("loss: 0,3760", 0.376),
        ("grad_W: [[0,1, 0,2, 0,3, 0,04], [1, 2, 3, 4]]", [[0.1, 0.2, 0.3, 0.04], [1, 2, 3, 4]]),
        ("grad_W:\n  - [0,1; 0,2; 0,3; 0,4]\n  - [1/2, 2/4, 3, 4]", [[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 3, 4]]),
    ],
)
def test_decimal_commas_and_fractions_are_numbers(written, text, numbers):
    """Where the commas of a list can be told apart: by their number, by spaces or by semicolons."""
    (value,) = read_answer_file(written(f"{text}\n")).answers(POINT).values.values()
    assert np.array_equal(value, numbers, equal_nan=True)


@pytest.mark.parametrize("architecture", OTHERS, ids=str)
def test_the_heading_draws_the_same_point_again(written, architecture):
    """Sizes, functions, loss, biases, rate, seed and digits: nothing else is needed."""
    example = drawn_point(architecture, 5, learning_rate=1e-05 if architecture.depth == 1 else 0.25, digits=3)
    path = written(template(example, 5, 3, "Worksheet 5"))
    heading = read_answer_file(path).heading
    again = drawn_again(path, heading, heading.digits)
    assert np.array_equal(again.X, example.X)
    assert np.array_equal(again.Y, example.Y)
    assert all(np.array_equal(again.parameters[name], tensor) for name, tensor in example.parameters.items())
    assert again.learning_rate == example.learning_rate


@pytest.mark.parametrize("text", ["", "digits: 4\n", "seed: null\n", "seed: 7\ndigits: 4\n"])
def test_a_file_that_does_not_say_its_sheet_cannot_be_marked(written, text):
    """Nothing is guessed."""
    path = written(text)
    with pytest.raises(
        DataError, match=r"it does not say which sheet it is for: its (seed|network) is missing"
    ):
        drawn_again(path, read_answer_file(path).heading, 4)


NETWORK = "{sizes: [3, 2], activation: sigmoid, output: sigmoid, loss: squared_error, bias: false, rate: 0.5}"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (NETWORK, "3-2", "network: it must hold sizes, activation, output, loss, bias and rate"),
        ("[3, 2]", "[3, x]", "network.sizes: a list or a mapping is not what bpcli wrote there"),
        ("[3, 2]", "[3]", "network: sizes must be at least two positive numbers"),
        (
            "activation: sigmoid",
            "activation: sine",
            "network.activation: 'sine' is not what bpcli wrote there",
        ),
        ("false", "0", "network.bias: 0 is not what bpcli wrote there"),
        ("0.5", ".inf", "network.rate: .inf is not what bpcli wrote there"),
        ("0.5", "-1", "network.rate: -1 is not what bpcli wrote there"),
        ("output: sigmoid", "output: softmax", "network: output softmax does not go with loss squared_error"),
        ("[3, 2]", "[64, 2]", "sizes 64-2 are too large to compute by hand"),
        ("seed: 7", "seed: 7\nparts: [a, z]", "parts: a list or a mapping are not letters from a to h"),
    ],
)
def test_a_heading_that_was_changed_is_refused(written, old, new, complaint):
    """With its place, and never a traceback."""
    path = written(f"seed: 7\ndigits: 4\nnetwork: {NETWORK}\n".replace(old, new))
    with pytest.raises(DataError) as caught:
        drawn_again(path, read_answer_file(path).heading, 4)
    assert complaint in str(caught.value)


def test_a_part_of_a_sheet_has_the_blanks_of_that_part(written):
    """The empty file, the key, and the total of the marks."""
    path = written(filled(POINT, 4, 7, letters=("a", "c")))
    answers = read_answer_file(path).answers(POINT)
    assert list(answers.values) == ["a", "h", "b", "z", "loss", "grad_z"]
    judged = grade(POINT, answers, 4)
    assert (judged.marks, judged.total, judged.entirely_right) == (15, 15, True)
    assert [blank.name for blank in judged.blanks] == list(answers.values)
    later = written(filled(POINT, 4, 7, letters=("f",)))
    assert grade(POINT, read_answer_file(later).answers(POINT), 4).entirely_right
    with pytest.raises(DataError, match="this sheet has no such blank"):
        read_answer_file(written(later.read_text() + "loss: 0.5\n")).answers(POINT)


@pytest.mark.parametrize("architecture", [POINT.architecture, *OTHERS], ids=str)
def test_every_blank_belongs_to_the_part_of_the_walk_that_asks_for_it(architecture):
    """As the equations of the walk have their names."""
    example = drawn_point(architecture, 1)
    asked = {
        block.name: part.letter
        for part in sheet(walk(example)).parts
        for block in part.blocks
        if isinstance(block, Equation) and block.name
    }
    for blank in blanks(example):
        assert part_of(architecture, blank.name) == asked[blank.name]


def test_an_empty_file_answers_nothing(written):
    """Not even a key."""
    assert read_answer_file(written("")).answers(POINT).values == {}


def test_everything_that_is_wrong_with_a_file_is_told_at_once(written):
    """An unknown name, shapes, words, NaN: each with line, key, what is wanted and what is given."""
    path = written(
        "a: [1, 2, 3]\n"
        "h: [0,62,0,5,0,1,0]\n"
        "lose: 0.5\n"
        "z: [.nan, 0.5]\n"
        "b: [one, 1/0]\n"
        "loss: [0.5]\n"
        "grad_V: [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]\n"
        "grad_W: [[1, 2], [1, 2, 3, 4]]\n"
        "Omega: 0.25\n"
        "Lambda: true\n"
        "new_W: [1, 2, 3, 4, 5, 6, 7, 8]\n"
        "digits: many\n"
    )
    assert complaint(path) == [
        "answers.yaml:1:4: a: its shape is 3; it must be 4",
        "answers.yaml:2:4: h: its shape is 7; it must be 4",
        "answers.yaml:3:1: lose: this sheet has no such blank; did you mean loss?",
        "answers.yaml:4:5: z[0]: .nan is not a finite number; write null for no answer",
        "answers.yaml:5:5: b[0]: 'one' is not a number; write for example 0.62 or 3/4, or null for no answer",
        "answers.yaml:5:10: b[1]: '1/0' is not a number; write for example 0.62 or 3/4, or null for no answer",
        "answers.yaml:6:7: loss: its shape is 1; it must be one number",
        "answers.yaml:7:9: grad_V: its shape is 3×4; it must be 4×3: it is transposed",
        "answers.yaml:8:9: grad_W: its rows have different lengths; it must be 2×4",
        "answers.yaml:9:8: Omega: its shape is one number; it must be 2: write [0.5, …]",
        "answers.yaml:10:9: Lambda: its shape is one number; it must be 4: write [0.5, …]",
        "answers.yaml:11:8: new_W: its shape is 8; it must be 2×4: write a list for each row, [[0.5, …], …]",
        "answers.yaml:12:9: digits: 'many' is not a whole number up to 12",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2, 3, 4]\na: [1, 2, 3, 4]\n", "answers.yaml:2:1: a: written twice, first at 1:1"),
        ("a: *b\n", "answers.yaml:1:4: a: the alias '*b' is not allowed"),
        ("a: [1, 2\n", "answers.yaml:1:4: a bracket is opened but never closed"),
        ("- 1\n", "answers.yaml: it must have one line per blank, such as a: [0.5, -1.25]"),
        (b"a: \xff\n", "answers.yaml:1:4: the byte 0xff is not valid UTF-8"),
        ("#" * 70_000, "answers.yaml: longer than 64 KiB"),
        ("a: [[1], [2], [3], [4]]\n", "answers.yaml:1:4: a: its shape is 4×1; it must be 4"),
        ("a: {first: 1}\n", "answers.yaml:1:4: a: its shape is one number; it must be 4"),
        (
            "grad_W: [[1, 2, 3, [4]], [1, 2, 3, 4]]\n",
            "answers.yaml:1:9: grad_W: its rows have different lengths",
        ),
        ("grad_W: [1, [1, 2, 3, 4]]\n", "answers.yaml:1:9: grad_W: its rows have different lengths"),
        ("a: [1, 2, 3, [4]]\n", "answers.yaml:1:4: a: its rows have different lengths"),
        ("a: [1, 2, 3, nan]\n", "answers.yaml:1:14: a[3]: 'nan' is not a number; write for example 0.62"),
        ("a: [1, 2, 3, inf]\n", "answers.yaml:1:14: a[3]: 'inf' is not a number; write for example 0.62"),
        ("seed: -3\n", "answers.yaml:1:7: seed: -3 is not a whole number"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_message(written, text, expected):
    """Never a traceback, whatever the text."""
    found = complaint(written(text))
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """So is a folder."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(DataError, match="there is no such file"):
            read_answer_file(path).answers(POINT)


def test_a_network_that_nobody_works_out_by_hand_has_no_sheet():
    """Its file would have thousands of numbers."""
    architecture = Architecture((16, 32, 4), bias=False)
    weights = {"V": np.ones((32, 16)), "W": np.ones((4, 32))}
    with pytest.raises(UsageError, match=r"has 1,4\d\d entries"):
        template(Example(architecture, np.ones((1, 16)), np.ones((1, 4)), weights), None, 4, "Too large")
