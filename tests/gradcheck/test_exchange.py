"""Problems and answers as files: what is written comes back exactly, and nothing damaged is believed."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from bpcli.common.errors import DataError, MachineError, UsageError
from bpcli.gradcheck.answer import read_answer
from bpcli.gradcheck.exchange import Failure, export_problem, read_problem
from bpcli.network import Architecture, Parameters, initialise
from bpcli.network.example import Example

NET = Architecture((3, 4, 2))


def make_problem(sizes=(3, 4, 2), *, bias=True, **functions):
    """A random point whose numbers need every digit."""
    rng = np.random.default_rng(1)
    architecture = Architecture(sizes, bias=bias, **functions)
    parameters = Parameters(architecture)
    initialise(parameters, rng, "normal", std=1.0)
    return Example(
        architecture,
        rng.normal(size=(5, sizes[0])),
        rng.uniform(size=(5, sizes[-1])),
        {name: tensor.copy() for name, tensor in parameters.named()},
        learning_rate=0.1,
        weight_decay=1 / 3,
    )


@pytest.mark.parametrize("suffix", [".npz", ".json", ".JSON"])
@pytest.mark.parametrize(
    "example",
    [
        make_problem(),
        make_problem((2, 1), bias=False, loss="cross_entropy"),
        make_problem((2, 3, 4, 2), activation="tanh", output="softmax", loss="cross_entropy"),
    ],
    ids=["one hidden layer", "none", "two"],
)
def test_a_problem_comes_back_to_the_last_bit(tmp_path, example, suffix):
    """Every number and every name, through either format."""
    export_problem(example, tmp_path / f"p{suffix}")
    twin = read_problem(tmp_path / f"p{suffix}")
    assert twin.architecture == example.architecture
    assert (twin.learning_rate, twin.weight_decay) == (example.learning_rate, example.weight_decay)
    for name, tensor in {"X": example.X, "Y": example.Y, **example.parameters}.items():
        found = {"X": twin.X, "Y": twin.Y, **twin.parameters}[name]
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, tensor)


def test_the_file_says_how_to_answer(tmp_path):
    """Names and shapes, and the penalty where there is one."""
    export_problem(make_problem(), tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz", allow_pickle=False) as archive:
        text = str(archive["how_to_answer"])
    assert "V (4×3), W (2×4), bias_V (4), bias_W (2)" in text
    assert "weight_decay" in text
    export_problem(replace(make_problem(), weight_decay=0.0), tmp_path / "p.json")
    assert "weight_decay" not in json.loads((tmp_path / "p.json").read_text())["how_to_answer"]


def test_a_problem_goes_to_npz_or_json_in_a_folder_that_exists(tmp_path):
    """Anything else is refused with a reason, and leaves nothing behind."""
    with pytest.raises(UsageError, match=r"\.npz or \.json"):
        export_problem(make_problem(), tmp_path / "p.mat")
    with pytest.raises(MachineError, match="cannot be written"):
        export_problem(make_problem(), tmp_path / "nowhere" / "p.npz")
    assert list(tmp_path.iterdir()) == []


FAULTS = {
    "missing": ({"Y": None}, "there is no Y"),
    "no weights": ({"V": None}, "there is no V"),
    "one bias": ({"bias_V": None}, "there is no bias_V"),
    "unknown": ({"bias_v": [1.0]}, "bias_v is not a name here"),
    "shape": ({"V": [[1.0, 2.0]]}, "shape of V is 1×2; it must be 4×3"),
    "no rows": ({"X": []}, "shape of X is 0; it must be N×3"),
    "samples": ({"Y": [[1.0, 2.0]]}, "shape of Y is 1×2; it must be 5×2"),
    "ragged": ({"X": [[1.0, 2.0], [3.0]]}, "X has rows of different lengths"),
    "text": ({"bias_V": ["a", "b", "c", "d"]}, "bias_V holds <U1"),
    "NaN": ({"bias_W": [float("nan"), 0.0]}, "bias_W holds NaN"),
    "rate": ({"learning_rate": [0.1]}, "learning_rate is 1; it must be one number"),
    "sizes": ({"sizes": [3, 0, 2]}, "two positive numbers"),
    "fractions": ({"sizes": [3.5, 4, 2]}, "whole numbers"),
    "activation": ({"activation": "swish"}, "activation is swish; it is one of sigmoid"),
    "pair": ({"output": "softmax"}, "does not go with"),
}


@pytest.mark.parametrize(("change", "words"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_problem_is_refused_with_what_it_should_be(tmp_path, change, words):
    """Expected and given, in one message."""
    path = tmp_path / "p.json"
    export_problem(make_problem(), path)
    document = json.loads(path.read_text()) | change
    path.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
    with pytest.raises(DataError, match=words) as caught:
        read_problem(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000, b'{"V": ' + b"9" * 9999 + b"}"]
)
@pytest.mark.parametrize("name", ["a.json", "a.npz"])
def test_a_damaged_file_is_no_traceback(tmp_path, name, content):
    """An example is a DataError, an answer a Failure."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        read_problem(tmp_path / name)
    failure = read_answer(tmp_path / name, NET)
    assert isinstance(failure, Failure)
    assert failure.kind == "unreadable"


def test_every_truncation_and_every_flipped_byte_of_an_answer_is_survived(tmp_path):
    """Damage gives a Failure, or, outside the arrays, the very same numbers."""
    path = tmp_path / "a.npz"
    np.savez(path, V=np.arange(6.0).reshape(2, 3))
    whole = path.read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), 7)]
    damaged += [whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :] for at in range(len(whole))]
    for content in damaged:
        path.write_bytes(content)
        answer = read_answer(path, NET)
        if not isinstance(answer, Failure) and "V" in answer.tensors:
            np.testing.assert_array_equal(answer.tensors["V"], np.arange(6.0).reshape(2, 3))


def test_pickles_and_bombs_are_not_opened(tmp_path):
    """Objects are refused, and so is an archive that promises more than an answer needs."""
    np.savez(tmp_path / "pickle.npz", V=np.array([{}], dtype=object))
    bomb = zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with bomb, bomb.open("V.npy", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    for name in ("pickle.npz", "bomb.npz", "absent.npz", "answer.mat"):
        failure = read_answer(tmp_path / name, NET)
        assert isinstance(failure, Failure)
        assert failure.kind == "unreadable"


def test_an_answer_is_read_by_its_names(tmp_path):
    """grad_V is V, precision is kept, whole numbers become floats, and anything else is left alone."""
    np.savez(
        tmp_path / "a.npz", grad_V=np.ones((2, 2), np.float32), bias_W=np.arange(3), author=np.array("ann")
    )
    answer = read_answer(tmp_path / "a.npz", NET)
    assert {name: tensor.dtype for name, tensor in answer.tensors.items()} == {
        "V": np.float32,
        "bias_W": np.float64,
    }
    (tmp_path / "a.json").write_text('{"grad_W": [[1]], "loss": 0.5, "from": ["julia"]}')
    tensors = read_answer(tmp_path / "a.json", NET).tensors
    assert {name: tensor.shape for name, tensor in tensors.items()} == {"W": (1, 1)}


@pytest.mark.parametrize(
    ("document", "kind"), [('{"V": [[1], [1, 2]]}', "wrong shapes"), ('{"V": ["1"]}', "wrong type")]
)
def test_an_unusable_answer_is_a_failure(tmp_path, document, kind):
    """Ragged rows and texts."""
    (tmp_path / "a.json").write_text(document)
    assert read_answer(tmp_path / "a.json", NET).kind == kind


def test_keys_that_nobody_understands_are_named_beside_those_that_are_missing(tmp_path):
    """A mistyped key costs one gradient, and is easy to find."""
    (tmp_path / "a.json").write_text(json.dumps({"dV": [[1.0] * 3] * 4, "dWW": [[1.0]], "loss": 1}))
    (reading,) = read_answer(tmp_path / "a.json", NET).readings
    assert list(reading.tensors) == ["V"]
    assert reading.said == "not understood: dWW, loss"


def test_arrays_without_names_are_read_in_order(tmp_path):
    """As np.savez(file, V, W, bias_V, bias_W) writes them."""
    tensors = [np.ones((4, 3)), np.ones((2, 4)), np.ones(4), np.ones(2)]
    np.savez(tmp_path / "a.npz", *tensors)
    assert list(read_answer(tmp_path / "a.npz", NET).tensors) == ["V", "W", "bias_V", "bias_W"]


@pytest.mark.parametrize("order", ["C", "F"])
def test_matrices_may_be_vectors_in_either_direction(tmp_path, order):
    """Both readings are there; of JSON, column by column comes first, as Octave writes it."""
    V, W = np.arange(12.0).reshape(4, 3), np.arange(8.0).reshape(2, 4)
    document = {"V": V.ravel(order), "W": W.ravel(order), "bias_V": np.ones(4), "bias_W": np.ones(2)}
    (tmp_path / "a.json").write_text(json.dumps({name: tensor.tolist() for name, tensor in document.items()}))
    readings = read_answer(tmp_path / "a.json", NET).readings
    assert [np.array_equal(reading.tensors["V"], V) for reading in readings] == [order == "F", order == "C"]
