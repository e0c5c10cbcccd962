"""``bpcli.check_gradients``: one line of a test in pytest, and something to look at in a notebook."""

import subprocess
import sys

import numpy as np
import pytest

import bpcli
from bpcli.common.errors import UsageError


def sigmoid(a):
    """1/(1+e^-a)."""
    return 1 / (1 + np.exp(-a))


def right(X, Y, V, W):
    """As it should be."""
    H = sigmoid(X @ V.T)
    Z = sigmoid(H @ W.T)
    D = (Z - Y) * Z * (1 - Z) / len(X)
    return (D @ W * H * (1 - H)).T @ X, D.T @ H


def raw(X, Y, V, W):
    """The raw error is passed back."""
    grad_W = right(X, Y, V, W)[1]
    H = sigmoid(X @ V.T)
    E = (sigmoid(H @ W.T) - Y) / len(X)
    return (E @ W * H * (1 - H)).T @ X, grad_W


def test_right_gradients_are_true_and_wrong_ones_say_why():
    """The result is a truth value, a verdict, ids, and a text."""
    assert bpcli.check_gradients(right, "gradcheck")
    found = bpcli.check_gradients(raw)
    assert not found
    assert (found.verdict, found.mistakes) == ("wrong", ("raw-error-back",))
    assert [tensor.verdict for tensor in found.tensors] == ["wrong", "correct"]
    assert repr(found).startswith(
        "raw: wrong\nread as: samples in rows, weights n_out × n_in\n∇V: raw-error-back."
    )
    assert repr(found).endswith("∇V wrong: raw-error-back")


def test_a_class_and_another_network_are_checked_too():
    """Overrides are those of --set."""

    class Network:
        def __init__(self, W1, W2):
            self.W1, self.W2 = W1, W2

        def backward(self, X, y):
            self.dW1, self.dW2 = right(X, y, self.W1, self.W2)

    assert bpcli.check_gradients(Network)
    assert not bpcli.check_gradients(Network, training__loss="cross_entropy")


def test_what_cannot_be_checked_is_an_error():
    """A message of bpcli's own, or the exception of the function itself."""
    with pytest.raises(UsageError, match="moved changes W in place"):

        def moved(X, Y, V, W):
            W -= 1
            return V + 1, W + 1

        bpcli.check_gradients(moved)
    with pytest.raises(UsageError, match="asks for colour"):
        bpcli.check_gradients(lambda X, Y, V, W, colour: 0)
    with pytest.raises(ZeroDivisionError):
        bpcli.check_gradients(lambda X, Y, V, W: 1 / 0)


def test_importing_bpcli_imports_nothing_else():
    """What check_gradients needs comes with its first use."""
    text = "import bpcli, sys; assert 'numpy' not in sys.modules; bpcli.check_gradients; assert 'numpy' in sys.modules"
    subprocess.run([sys.executable, "-c", text], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(bpcli, "nonsense")  # noqa: B009
