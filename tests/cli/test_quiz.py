"""``bpcli walkthrough --quiz``: each value is asked for and judged at once; a pipe can answer."""

import io

import pytest

from bpcli.network import Architecture
from bpcli.worksheets.blanks import blanks
from bpcli.worksheets.generate import drawn_point

POINT = drawn_point(Architecture((3, 2, 2), bias=False), 7)
RIGHT = {blank.name: " ".join(f"{value:.4f}" for value in blank.value.flat) for blank in blanks(POINT)}


@pytest.fixture
def asked(bpcli, monkeypatch):
    """Return a function that answers a quiz on seed 7 with lines of text."""

    def run(*lines, options=(), stdin=io.StringIO):
        monkeypatch.setattr("sys.stdin", stdin("".join(f"{line}\n" for line in lines)))
        return bpcli("walkthrough", "--quiz", "--seed", "7", *options)

    return run


def verdicts(out):
    """What is said below each prompt, without the summary."""
    lines = out.splitlines()
    return {
        line.partition(" (")[0].split(", ")[-1]: lines[number + 1].strip()
        for number, line in enumerate(lines)
        if line.endswith("): ") or line.endswith("):")
    }


def test_right_answers_to_every_value_are_right(asked):
    """All sixteen in turn, and exit 0 with the marks."""
    found = asked(*RIGHT.values())
    assert found.code == 0
    assert verdicts(found.out) == dict.fromkeys(RIGHT, "right")
    assert "quiz  42 of 42 marks" in found.out


def test_numbers_may_come_one_at_a_time_or_with_decimal_commas_and_fractions(asked):
    """A whole quantity is judged when it is complete."""
    found = asked("2", "1/2", "0,8808; 0,6225", "2,0728 1,8146", options=("--part", "a"))
    assert found.out.count("\n  right") == 3
    assert "the input ended: 3 of 5 answered" in found.out
    assert found.code == 3


def test_a_mistake_is_named_and_what_follows_from_it_is_carried_forward(asked):
    """∇h = Wᵀ e; then δ, ∇V and V from that."""
    answers = dict(RIGHT)
    z_minus_y = POINT.network().forward(POINT.X)[0] - POINT.Y[0]
    wrong = POINT.parameters["W"].T @ z_minus_y
    answers["grad_h"] = " ".join(f"{value:.4f}" for value in wrong)
    for blank in blanks(POINT):
        if blank.name == "Lambda":
            delta = blank.value * wrong
    answers["delta_1"] = " ".join(f"{value:.4f}" for value in delta)
    answers["grad_V"] = " ".join(f"{value:.4f}" for value in (delta[:, None] * POINT.X).flat)
    found = asked(*(answers[name] for name in RIGHT))
    said = verdicts(found.out)
    assert (said["grad_h"], said["Lambda"]) == ("wrong", "right")
    assert {said[name] for name in ("delta_1", "grad_V")} == {
        "right for your earlier values (carried forward)"
    }
    assert "raw-error-back  in grad_h" in found.out
    assert found.code == 3


def test_a_question_mark_gives_the_formula(asked):
    """In the notation of the quiz, and the value is asked for again."""
    found = asked("?", RIGHT["Omega"], options=("--part", "d"))
    assert "  hint: Ω = diag(z (1-z))\n" in found.out
    assert found.out.count("Omega (2 numbers)") == 2
    delta = asked("?", options=("--part", "e", "--notation", "delta"))
    assert "hint: ∂ℓ/∂x⁽¹⁾ = w⁽²⁾ diag g′(S⁽²⁾) ∂ℓ/∂x⁽²⁾" in delta.out


def test_what_cannot_be_read_is_asked_for_again(asked):
    """Letters, and too many numbers."""
    found = asked("two", "1 2 3", RIGHT["a"], "q", options=("--part", "a"))
    assert "'two' is no list of numbers; type for example 0.62 -1.5" in found.out
    assert "3 numbers, where 2 are asked for" in found.out
    assert found.out.count("\n  right") == 1
    assert "ended: 1 of 5 answered" in found.out


def test_a_value_may_be_left_out(asked):
    """What follows is judged all the same."""
    found = asked("", *list(RIGHT.values())[1:5], options=("--part", "a"))
    assert "left out" in found.out
    assert found.out.count("\n  right") == 4
    assert found.code == 3


def test_control_c_ends_with_the_marks_so_far(asked):
    """Exit 130, and no traceback."""

    class Pressed(io.StringIO):
        def readline(self, *_):
            if line := super().readline():
                return line
            raise KeyboardInterrupt

    found = asked(RIGHT["a"], stdin=Pressed)
    assert found.code == 130
    assert "interrupted: 1 of 16 answered" in found.out
    assert "2 of 2 marks" in found.out
    assert "h  2" not in found.out
    assert found.err == ""


def test_without_any_input_it_says_what_to_do(asked):
    """A pipe that ends at once, as a closed stream does: exit 2."""
    found = asked()
    assert found.code == 2
    assert "run it in a terminal, or pipe in a line each" in found.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--part", "b"), "these parts have none of their own"),
        (("--json",), "--quiz asks at the terminal: leave --format, --json and --quiet out"),
        (("--worksheet",), "cannot be combined"),
        (("--step",), "cannot be combined"),
        (("--explain", "full"), "--explain and --quiz cannot be combined"),
    ],
)
def test_what_does_not_go_with_a_quiz_is_refused(asked, options, said):
    """One line, exit 2."""
    found = asked(options=options)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
