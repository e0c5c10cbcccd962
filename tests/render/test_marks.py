"""The marks on the screen: one sheet with its mistakes, a class in a line each."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from bpcli.network import Architecture
from bpcli.render.marks import class_marks, marks
from bpcli.worksheets.generate import drawn_point
from bpcli.worksheets.grading import grade
from bpcli.worksheets.marks import MarkedFile
from tests.walkthrough.byhand import sheet
from tests.walkthrough.points import answers_of

POINT = drawn_point(Architecture((3, 4, 2), bias=False), 7)


def shown(renderable, width=100):
    """The text of a renderable."""
    console = Console(file=(page := StringIO()), width=width)
    console.print(renderable)
    return page.getvalue()


def graded(at=None, wrong=None, source="anna.yaml", **replaced):
    """A sheet with one mistake carried through it, and some numbers replaced or taken out."""
    values = sheet(POINT, at, wrong, 4) | replaced
    return grade(POINT, answers_of({k: v for k, v in values.items() if v is not None}, 4, source), 4)


def raw(q):
    """Wᵀ e."""
    return [sum(row[i] * e for row, e in zip(q["W"], q["grad_z"], strict=True)) for i in range(4)]


@pytest.mark.parametrize("width", [60, 100])
def test_a_mistake_is_shown_with_its_numbers_its_algebra_and_its_fix(width):
    """What was written, what is right, the mistake by name, and nothing wider than the screen."""
    text = shown(marks(graded("grad_h", raw)), width)
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[0].startswith("anna.yaml  68 of 72 marks: ")
    assert any(line.startswith("grad_h  4") and line.endswith("wrong") for line in lines)
    assert sum(line.startswith("  [") for line in lines) == 4
    assert "raw-error-back  in grad_h: Wᵀ grad_z" in lines
    assert "  wrong  ∇h = Wᵀ e" in lines
    assert "  right  ∇h = Wᵀ Ω e" in lines
    assert max(map(len, lines)) <= width


def test_a_sheet_that_is_right_is_a_line_for_each_blank():
    """No numbers, no mistakes."""
    text = shown(marks(graded()))
    assert "72 of 72 marks: 72 right" in text
    assert "  [" not in text
    assert "wrong" not in text


def test_a_number_that_is_missing_is_a_dash_and_a_blank_that_is_missing_a_word():
    """Of a blank that is partly filled, how much is."""
    z = [sheet(POINT)["z"][0], np.nan]
    text = shown(marks(graded(z=z, new_V=None)))
    assert "59 of 72 marks: 59 right, 13 not answered" in text
    z_line, entry = (line.split() for line in text.splitlines() if line.startswith(("z ", "  [1]")))
    assert z_line == ["z", "2", "1", "of", "2"]
    assert entry[:2] == ["[1]", "–"]


def test_the_right_value_of_what_nobody_answered_is_not_told():
    """A number as little as a vector."""
    lines = shown(marks(graded(loss=None, a=None))).splitlines()
    told = [line.split() for line in lines if line.startswith(("loss ", "a "))]
    assert told == [["a", "4", "blank"], ["loss", "blank"]]


def test_what_nothing_explains_is_said_to_be_unknown_and_what_fits_twice_is_left_open():
    """No guess."""
    loss = sheet(POINT)["loss"]
    text = shown(marks(graded(a=[9.0, 8.0, 7.0, 6.0], loss=loss / 2)))
    assert "unknown  in a" in text
    assert "one of these  in loss; the values fit each of them" in text
    assert "half: the ½ of the loss twice" in text
    assert "averaged over the outputs, not summed" in text


def test_answers_have_the_digits_that_were_asked_for():
    """0.376 is shown as 0.3760 and 2 as 2.0000; what is huge is short."""
    lines = shown(marks(graded(a=[0.376, 2, 0.12346, 1e200]))).splitlines()
    yours = [line.split()[1] for line in lines if line.startswith("  [")]
    assert yours[:4] == ["0.3760", "2.0000", "0.1235", "1e+200"]


def test_a_row_of_the_catalogue_that_is_not_true_here_is_not_shown():
    """Beside a wrong ∇W the name and what was done, without "∇W is right, but …"."""
    values = sheet(POINT, "grad_h", raw, 4)
    text = shown(marks(graded("grad_h", raw, grad_W=3 * np.array(values["grad_W"]))))
    assert "raw-error-back  in grad_h: Wᵀ grad_z" in text
    assert "∇W is right" not in text


def test_words_stand_where_the_catalogue_has_no_name():
    """A forgotten sigmoid."""
    assert "the sigmoid is left out: h = a  in h" in shown(marks(graded("h", lambda q: q["a"])))


@pytest.mark.parametrize("width", [60, 100])
def test_a_class_is_a_line_each_and_what_was_made_most_often(width):
    """Marks, mistakes by name, how many are entirely right."""
    grades = [
        graded("grad_h", raw),
        graded(source="bert.yaml"),
        graded("grad_h", raw, source="cleo.yaml"),
        graded("delta_1", lambda q: q["grad_h"], source="dora.yaml", loss=None),
    ]
    text = shown(class_marks([MarkedFile(grade) for grade in grades]), width)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "anna.yaml 68/72 raw-error-back in grad_h" in lines
    assert "bert.yaml 72/72 –" in lines
    assert any(line.startswith("dora.yaml 67/72 no-lambda in delta_1; 1 not") for line in lines)
    assert "1 of 4 sheets entirely right" in lines
    assert "made most often: raw-error-back (by 2), no-lambda (by 1)" in lines
