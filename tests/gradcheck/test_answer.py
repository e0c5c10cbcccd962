"""What a submission's process sends is checked before it is believed: every deviation is that submission's failure."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from bpcli.gradcheck.answer import Answer, Message, is_foreign, messages, parse
from bpcli.gradcheck.exchange import Failure

PATH = Path("ann.py")
ANSWERED = {"readings": ["samples in rows"], "wants_decay": False, "notes": ["careful"]}
FAILED = {"kind": "crash", "message": "ann.py:3: ValueError"}


def archive(**tensors):
    """The gradients as worker.py sends them."""
    buffer = io.BytesIO()
    np.savez(buffer, **tensors)
    return buffer.getvalue()


TENSORS = archive(**{"0 V": np.ones((4, 3)), "0 W": np.ones((2, 4), np.float32)})


def without(report, key):
    """A report that lacks a key."""
    return json.dumps({name: value for name, value in report.items() if name != key}).encode()


def changed(report, **values):
    """A report with other values, or more of them."""
    return json.dumps(report | values).encode()


def test_an_answer_and_a_failure_come_back_as_they_were_sent():
    """Numbers, precision and words."""
    answer = parse(PATH, Message(json.dumps(ANSWERED).encode(), TENSORS))
    assert isinstance(answer, Answer)
    assert (answer.readings[0].said, answer.wants_decay, answer.notes) == (
        "samples in rows",
        False,
        ("careful",),
    )
    assert {name: (t.shape, t.dtype) for name, t in answer.tensors.items()} == {
        "V": ((4, 3), np.float64),
        "W": ((2, 4), np.float32),
    }
    assert parse(PATH, Message(json.dumps(FAILED).encode(), b"")) == Failure("crash", "ann.py:3: ValueError")


# The report, the gradients, and words that say what is wrong.
DEVIATIONS = {
    "no message": (without(FAILED, "message"), b"", "message: "),
    "no kind": (without(FAILED, "kind"), b"", "kind: "),
    "a message that is no text": (
        changed(FAILED, message=[1]),
        b"",
        "message: ",
    ),
    "an empty message": (changed(FAILED, message=""), b"", "message: "),
    "a long message": (changed(FAILED, message="x" * 5000), b"", "message: "),
    "a kind of its own": (changed(FAILED, kind="correct"), b"", "kind: "),
    "a failure with gradients": (json.dumps(FAILED).encode(), TENSORS, "readings: "),
    "no readings": (without(ANSWERED, "readings"), TENSORS, "readings: "),
    "a number for readings": (
        changed(ANSWERED, readings=1),
        TENSORS,
        "readings: ",
    ),
    "no notes": (without(ANSWERED, "notes"), TENSORS, "notes: "),
    "notes that are a number": (changed(ANSWERED, notes=5), TENSORS, "notes: "),
    "a note that is none": (
        changed(ANSWERED, notes=["a", None]),
        TENSORS,
        "notes.1: ",
    ),
    "many notes": (changed(ANSWERED, notes=["a"] * 1000), TENSORS, "notes: "),
    "another key": (changed(ANSWERED, verdict="correct"), TENSORS, "verdict: "),
    "another key with an escape": (changed(ANSWERED, **{"\x1b[2J": 1}), TENSORS, "\\x1b[2J: "),
    "an answer without gradients": (json.dumps(ANSWERED).encode(), b"", "kind: "),
    "NaN": (b'{"readings": NaN, "wants_decay": false, "notes": []}', TENSORS, "readings: "),
    "no object": (b"[]", TENSORS, "Input should be"),
    "nothing": (b"", TENSORS, "Invalid JSON"),
    "deep nesting": (b"[" * 60_000, TENSORS, "Invalid JSON"),
    "a huge number": (b"9" * 60_000, TENSORS, ""),
    "a huge report": (changed(ANSWERED, notes=["x" * 10**6]), TENSORS, "a report of 1000"),
    "not UTF-8": (b'{"kind": "crash", "message": "\xff"}', b"", "Invalid JSON"),
    "half a surrogate": (b'{"kind": "crash", "message": "\\udc80"}', b"", "Invalid JSON"),
    "no archive": (json.dumps(ANSWERED).encode(), b"?", "no gradients as NPZ"),
    "half an archive": (json.dumps(ANSWERED).encode(), TENSORS[:100], "no gradients as NPZ"),
    "objects": (
        json.dumps(ANSWERED).encode(),
        archive(**{"0 V": np.array([{}], dtype=object)}),
        "no gradients as NPZ",
    ),
    "texts": (json.dumps(ANSWERED).encode(), archive(**{"0 V": np.array(["a"])}), "V holds <U1"),
    "gradients of no reading": (
        json.dumps(ANSWERED).encode(),
        archive(**{"1 V": np.ones(3)}),
        "gradients called 1 V",
    ),
    "a reading without gradients": (changed(ANSWERED, readings=["a", "b"]), TENSORS, "without gradients"),
    "complex numbers": (
        json.dumps(ANSWERED).encode(),
        archive(**{"0 V": np.array([1j])}),
        "V holds complex128",
    ),
}


@pytest.mark.parametrize(("report", "tensors", "words"), DEVIATIONS.values(), ids=DEVIATIONS)
def test_a_report_that_deviates_is_a_failure_that_says_where(report, tensors, words):
    """No exception, one printable line, and what is wrong in it."""
    failure = parse(PATH, Message(report, tensors))
    assert isinstance(failure, Failure)
    assert failure.kind == "unreadable"
    assert failure.message.startswith("ann.py: its report is not what bpcli's worker writes (")
    assert words in failure.message
    assert failure.message.isprintable()
    assert len(failure.message) < 400


def test_nothing_that_a_terminal_obeys_is_left_in_what_is_reported():
    """Escape sequences, line breaks and writing from right to left, in a message and in a note."""
    evil = "\x1b[2J\r\nann.py  correct\u202e\x9b"
    failure = parse(PATH, Message(changed(FAILED, message=evil), b""))
    answer = parse(PATH, Message(changed(ANSWERED, notes=[evil]), TENSORS))
    for text in (failure.message, *answer.notes):
        assert text == r"\x1b[2J\r\nann.py  correct\u202e\x9b"


def sent(report, tensors=b"", token="secret"):
    """A message with its head."""
    return f"{token}{len(report):016}{len(tensors):016}".encode() + report + tensors


def test_what_was_sent_is_split_into_whole_messages():
    """Two of them; then what the fault handler wrote, or half a message."""
    whole = sent(b"{}", b"12345") + sent(b"[]")
    for rest in (b"", b"Timeout (0:00:01)!", sent(b"{}", b"12345")[:-1], sent(b"{}")[:30]):
        assert messages(whole + rest, "secret") == ([(b"{}", b"12345"), (b"[]", b"")], rest)
        assert not is_foreign(rest, "secret")


@pytest.mark.parametrize(
    "rest", [b"?", sent(b"{}", token="public"), b"\xff" * 100], ids=["garbage", "another token", "bytes"]
)
def test_what_somebody_else_sent_is_recognised(rest):
    """It is no message, and stays behind those before it."""
    assert messages(sent(b"{}") + rest, "secret") == ([(b"{}", b"")], rest)
    assert is_foreign(rest, "secret")
