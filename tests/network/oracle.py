"""An oracle that shares nothing with bpcli: the loss of a network in naive NumPy, differentiated numerically.

The formulas are the textbook's (1/(1+e⁻ᵃ), log z, …), good only at the moderate numbers of the tests. They run in
complex arithmetic, so the complex step differentiates them to the last digit.
"""

import numpy as np

ACTIVATIONS = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": lambda a: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)),
    "relu": lambda a: np.where(a.real > 0, a, 0),
    "identity": lambda a: a,
    "softmax": lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True),
}


def plain_loss(weights, biases, X, Y, activation, output, loss):
    """Mean loss of a network given as lists of matrices and biases (or None), sample by sample in rows."""
    h = X
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        a = h @ weight.T + (0 if bias is None else bias)
        h = ACTIVATIONS[output if layer == len(weights) else activation](a)
    if loss == "squared_error":
        per_sample = 0.5 * ((Y - h) ** 2).sum(axis=1)
    elif output == "softmax":
        per_sample = -(Y * np.log(h)).sum(axis=1)
    else:
        per_sample = -(Y * np.log(h) + (1 - Y) * np.log(1 - h)).sum(axis=1)
    return per_sample.mean()


def complex_step(function, array, step=1e-30):
    """Differentiate a function of nothing by each entry of ``array``, which it reads: Im f(x + ih) / h."""
    gradient = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + 1j * step
        gradient[index] = function().imag / step
        array[index] = kept
    return gradient


def central_difference(function, array, step=1e-6):
    """Differentiate a function of nothing by each entry of ``array``, which it reads: (f(x+h) - f(x-h)) / 2h."""
    gradient = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = function().real
        array[index] = kept - step
        gradient[index] = (above - function().real) / (2 * step)
        array[index] = kept
    return gradient


def residual(found, true):
    """Relative residual of a whole tensor: ‖found - true‖ / ‖true‖."""
    return np.linalg.norm(found - true) / np.linalg.norm(true)
