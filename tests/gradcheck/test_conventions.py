"""Right gradients in every combination of conventions are read rightly and correct; with a mistake they are wrong."""

import itertools
from functools import cache

import numpy as np
import pytest

from bpcli.gradcheck.conventions import target
from bpcli.gradcheck.conventions.names import Names, Role
from bpcli.gradcheck.conventions.program import ChangedError
from bpcli.gradcheck.conventions.refusals import RefusedError
from bpcli.gradcheck.degenerate import random_example
from bpcli.gradcheck.function_check import check_target
from bpcli.gradcheck.points import Points
from bpcli.network import Architecture
from bpcli.network.example import Example

HEAD = "import numpy as np\ns = lambda u: 1 / (1 + np.exp(-u))\n"


@cache
def points(sizes, *, bias=True, weight_decay=0.0):
    """Two random examples."""
    architecture = Architecture(sizes, bias=bias)
    rng = np.random.default_rng(3)
    drawn = []
    for samples in (5, 7):
        blank = Example(
            architecture,
            np.zeros((samples, sizes[0])),
            np.zeros((samples, sizes[-1])),
            {},
            0.3,
            weight_decay,
        )
        drawn.append(random_example(blank, rng))
    return Points(tuple(drawn))


def run(text, example_points, *, function=None, layout=None, weights=None):
    """Check a program that is given as text."""
    module = {"__name__": "the_submission"}
    exec(HEAD + text, module)
    depth = example_points.examples[0].architecture.depth
    called = target.find(module, depth, function)
    return check_target(called, example_points, layout=layout, weights=weights)


def written(data, turned, bias, returns, depth, *, mistake=False):
    """A program of a network of sigmoids in the given conventions, in the plainest NumPy."""
    layers = range(1, depth + 1)
    rows = data == "rows"
    joined = bias in {"first", "last"}
    names = (
        [f"W{i}" for i in layers]
        if bias in {None, "first", "last"}
        else [name for i in layers for name in (f"W{i}", f"b{i}")]
    )
    x, y = ("x", "y") if data.startswith("point") else ("X", "Y")
    lines = [f"def gradients({x}, {y}, {', '.join(names)}):", f"H0 = {x}"]
    count = {"rows": f"len({x})", "columns": f"{x}.shape[1]"}.get(data, "1")
    for i in layers:
        own = f"W{i}" if turned == rows else f"W{i}.T"
        below = f"H{i - 1}"
        if joined:
            shape = {"rows": f"np.ones((len({x}), 1))", "point": "[1.0]"}.get(
                data, f"np.ones((1, {x}.shape[1]))"
            )
            order = [shape, below] if bias == "first" else [below, shape]
            stack = "np.hstack" if rows else "np.concatenate"
            lines.append(f"G{i - 1} = {stack}([{', '.join(order)}])")
            below = f"G{i - 1}"
        product = f"{below} @ {own}" if rows else f"{own} @ {below}"
        plus = {"vector": f" + b{i}", "column": f" + b{i}", "row": f" + b{i}"}.get(bias, "")
        if bias == "vector" and data in {"columns", "point column"}:
            plus = f" + b{i}[:, None]"
        lines.append(f"H{i} = s({product}{plus})")
    lines.append(f"D = (H{depth} - {y}) * H{depth} * (1 - H{depth}) / {count}")
    for i in reversed(layers):
        below = f"G{i - 1}" if joined else f"H{i - 1}"
        if data == "point":
            ours = f"np.outer(D, {below})"
        elif rows:
            ours = f"D.T @ {below}"
        else:
            ours = f"D @ {below}.T"
        lines.append(f"gW{i} = {f'({ours}).T' if turned else ours}")
        total = {"rows": "D.sum(0, keepdims=True)", "point": "D"}.get(data, "D.sum(1, keepdims=True)")
        lines.append(f"gb{i} = {f'{total}.ravel()' if bias == 'vector' else total}")
        if i > 1:
            own = f"W{i}" if turned != rows else f"W{i}.T"
            if joined:
                axis = ":, 1:" if (bias == "first") else ":, :-1"
                inner = f"W{i}.T" if turned else f"W{i}"
                own = f"{inner}[{axis}]" if rows else f"{inner}[{axis}].T"
            slope = "" if mistake else f" * H{i - 1} * (1 - H{i - 1})"
            lines.append(f"D = ({f'D @ {own}' if rows else f'{own} @ D'}){slope}")
    lines.append(f"return {returns([n.replace('W', 'gW').replace('b', 'gb') for n in names])}")
    return "\n    ".join(lines) + "\n"


def as_tuple(names):
    """In the order of the parameters."""
    return ", ".join(names)


def as_dict(names):
    """By keys such as dW1."""
    return "{" + ", ".join(f"'d{name[1:]}': {name}" for name in names) + "}"


def backwards(names):
    """From the output to the input."""
    return ", ".join(reversed(names))


def with_loss(names):
    """The loss and a dict."""
    return f"0.5, {as_dict(names)}"


def in_pairs(names):
    """A list with a pair for each layer."""
    pairs = (
        [names[i : i + 2] for i in range(0, len(names), 2)] if names[1][1] == "b" else [[n] for n in names]
    )
    return "[" + ", ".join(f"({', '.join(pair)},)" for pair in pairs) + "]"


STYLES = [
    style
    for style in itertools.product(
        ("point", "rows", "columns"), (False, True), (None, "vector", "column", "row", "first", "last")
    )
    # Added to a vector, or to samples in the other direction, these do not work in NumPy either.
    if not (style[0] == "rows" and style[2] == "column")
    and not (style[0] == "columns" and style[2] == "row")
    and not (style[0] == "point" and style[2] in {"column", "row"})
]


RETURNS = (as_tuple, as_dict, backwards, with_loss, in_pairs)
# In short each way to return with every fifth style, so that each style has one of them.
RETURNED = [(style, (RETURNS[place % 5],)) for place, style in enumerate(STYLES)]
RETURNED += [pytest.param(style, RETURNS, marks=pytest.mark.slow) for style in STYLES]


@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize(("style", "ways"), RETURNED)
def test_right_gradients_are_correct_in_every_convention(style, ways, depth):
    """Whatever is taken and returned; and the line says how it was read."""
    data, turned, bias = style
    example = points((3, 4, 2) if depth == 2 else (3, 5, 4, 2), bias=bias is not None)
    for returns in ways:
        found = run(written(data, turned, bias, returns, depth), example)
        assert found.verdict == "correct", (returns, found)
        assert f"weights {'n_in × n_out' if turned else 'n_out × n_in'}" in found.notes[0]
        assert {"point": "one sample", "rows": "samples in rows", "columns": "samples in columns"}[
            data
        ] in found.notes[0]


@pytest.mark.parametrize("depth", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("data", "turned", "bias"), STYLES)
def test_a_mistake_is_wrong_in_every_convention(data, turned, bias, depth):
    """The derivative of the hidden activation left out: the last layer is right and the others are not."""
    example = points((3, 4, 2) if depth == 2 else (3, 5, 4, 2), bias=bias is not None)
    found = run(written(data, turned, bias, as_dict, depth, mistake=True), example)
    assert found.verdict == "wrong"
    last = example.examples[0].architecture.names()[-1]
    assert {t.name for t in found.tensors if t.verdict == "correct"} == {
        name for name in (last.matrix, last.bias) if name in example.examples[0].parameters
    }


@pytest.mark.parametrize("sizes", [(3, 4, 1), (1, 1, 1), pytest.param((3, 3, 3), marks=pytest.mark.slow)])
@pytest.mark.parametrize(("data", "turned", "bias"), STYLES)
def test_one_output_and_square_layers_are_read_too(data, turned, bias, sizes):
    """Where shapes say little at the example itself, the trial with different sizes says it."""
    example = points(sizes, bias=bias is not None)
    found = run(written(data, turned, bias, as_tuple, 2), example)
    assert all(tensor.verdict == "correct" for tensor in found.tensors), found


PROGRAMS = {
    "a dict in": (
        "def backward(X, Y, params):\n"
        " H = s(X @ params['W1'].T + params['b1']); Z = s(H @ params['W2'].T + params['b2'])\n"
        " D = (Z - Y) * Z * (1 - Z) / len(X); E = D @ params['W2'] * H * (1 - H)\n"
        " return {'W1': E.T @ X, 'b1': E.sum(0), 'W2': D.T @ H, 'b2': D.sum(0)}\n",
        "samples in rows, weights n_out × n_in, biases (n,)",
    ),
    "a cache": (
        "def backward_propagation(parameters, cache, X, Y):\n"
        " m = X.shape[1]; A1, A2, W2 = cache['A1'], cache['A2'], parameters['W2']\n"
        " dZ2 = (A2 - Y) * A2 * (1 - A2); dZ1 = np.dot(W2.T, dZ2) * A1 * (1 - A1)\n"
        " return {'dW1': dZ1 @ X.T / m, 'db1': dZ1.sum(1, keepdims=True) / m,\n"
        "  'dW2': dZ2 @ A1.T / m, 'db2': dZ2.sum(1, keepdims=True) / m}\n",
        "samples in columns, weights n_out × n_in, biases (n,)",
    ),
    "a vector": (
        "def nn_cost_function(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lam):\n"
        " cut = hidden_layer_size * (input_layer_size + 1)\n"
        " T1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1, order='F')\n"
        " T2 = nn_params[cut:].reshape(num_labels, hidden_layer_size + 1, order='F')\n"
        " m = len(X); A1 = np.c_[np.ones(m), X]; A2 = np.c_[np.ones(m), s(A1 @ T1.T)]; Z = s(A2 @ T2.T)\n"
        " D3 = (Z - y) * Z * (1 - Z) / m; D2 = (D3 @ T2 * A2 * (1 - A2))[:, 1:]\n"
        " G1, G2 = D2.T @ A1, D3.T @ A2; G1[:, 1:] += lam * T1[:, 1:]; G2[:, 1:] += lam * T2[:, 1:]\n"
        " return 0.1, np.concatenate([G1.ravel(order='F'), G2.ravel(order='F')])\n",
        "samples in rows, weights n_out × n_in, parameters in one vector, layer by layer with the bias as "
        "first column, column by column",
    ),
    "a batch": (
        "def loss_grad(params, batch):\n"
        " inputs, targets = batch; (W1, b1), (W2, b2) = params\n"
        " h = s(inputs @ W1 + b1); z = s(h @ W2 + b2); d = (z - targets) * z * (1 - z) / len(inputs)\n"
        " e = d @ W2.T * h * (1 - h); return [(inputs.T @ e, e.sum(0)), (h.T @ d, d.sum(0))]\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "a cache that is a tuple": (
        "def backward_propagation(X, Y, cache):\n"
        " Z1, A1, W1, b1, Z2, A2, W2, b2 = cache; m = X.shape[1]\n"
        " dZ2 = (A2 - Y) * A2 * (1 - A2); dZ1 = np.dot(W2.T, dZ2) * A1 * (1 - A1)\n"
        " return {'dZ2': dZ2, 'dW2': dZ2 @ A1.T / m, 'db2': dZ2.sum(1, keepdims=True) / m,\n"
        "  'dZ1': dZ1, 'dW1': dZ1 @ X.T / m, 'db1': dZ1.sum(1, keepdims=True) / m}\n",
        "samples in columns, weights n_out × n_in, biases (n,)",
    ),
    "any number of weights": (
        "def gradients(X, Y, *weights, rate=0.1, **settings):\n"
        " V, bias_V, W, bias_W = weights; h = s(X @ V.T + bias_V); z = s(h @ W.T + bias_W)\n"
        " d = (z - Y) * z * (1 - z) / len(X); e = d @ W * h * (1 - h)\n"
        " return e.T @ X, d.T @ h, e.sum(0), d.sum(0)\n",
        "samples in rows, weights n_out × n_in, biases (n,)",
    ),
    "weights by keyword": (
        "def backprop(x, y, **params):\n"
        " h = s(params['W1'] @ x + params['b1']); z = s(params['W2'] @ h + params['b2'])\n"
        " d = (z - y) * z * (1 - z); e = params['W2'].T @ d * h * (1 - h)\n"
        " return dict(W1=np.outer(e, x), b1=e, W2=np.outer(d, h), b2=d)\n",
        "one sample at a time (n,), averaged, weights n_out × n_in, biases (n,)",
    ),
    "lists": (
        "def compute_gradients(inputs, targets, weights, biases):\n"
        " acts = [inputs]\n"
        " for w, b in zip(weights, biases): acts.append(s(acts[-1] @ w + b))\n"
        " d = (acts[-1] - targets) * acts[-1] * (1 - acts[-1]) / len(inputs); gw, gb = [], []\n"
        " for l in (1, 0):\n"
        "  gw.insert(0, acts[l].T @ d); gb.insert(0, d.sum(0)); d = d @ weights[l].T * acts[l] * (1 - acts[l])\n"
        " return gw, gb\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "a class with sizes": (
        "class NeuralNetwork:\n"
        " def __init__(self, input_size, hidden_size, output_size):\n"
        "  self.w1 = np.zeros((input_size, hidden_size)); self.b1 = np.zeros((1, hidden_size))\n"
        "  self.w2 = np.zeros((hidden_size, output_size)); self.b2 = np.zeros((1, output_size))\n"
        " def feedforward(self, X):\n"
        "  self.a1 = s(X @ self.w1 + self.b1); return s(self.a1 @ self.w2 + self.b2)\n"
        " def backprop(self, X, y, output):\n"
        "  d2 = (output - y) * output * (1 - output) / X.shape[0]; d1 = d2 @ self.w2.T * self.a1 * (1 - self.a1)\n"
        "  self.dw1, self.db1 = X.T @ d1, d1.sum(0, keepdims=True)\n"
        "  self.dw2, self.db2 = self.a1.T @ d2, d2.sum(0, keepdims=True)\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "other words": (
        "def calc_gradients(data, labels, w_hidden, bias_hidden, w_output, bias_output):\n"
        " h = s(w_hidden @ data + bias_hidden); o = s(w_output @ h + bias_output)\n"
        " d = (o - labels) * o * (1 - o); e = w_output.T @ d * h * (1 - h)\n"
        " return {'w_hidden_grad': np.outer(e, data), 'bias_hidden_grad': e, 'w_output_grad': np.outer(d, h),\n"
        "  'bias_output_grad': d}\n",
        "one sample at a time (n,), averaged, weights n_out × n_in, biases (n,)",
    ),
    "a network of the best-known book": (
        "class Network:\n"
        " def __init__(self, sizes):\n"
        "  self.biases = [np.random.randn(y, 1) for y in sizes[1:]]\n"
        "  self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]\n"
        "  self.num_layers = len(sizes); self.sizes = sizes\n"
        " def feedforward(self, a):\n"
        "  for b, w in zip(self.biases, self.weights): a = s(np.dot(w, a) + b)\n"
        "  return a\n"
        " def backprop(self, x, y):\n"
        "  nabla_b = [np.zeros(b.shape) for b in self.biases]; nabla_w = [np.zeros(w.shape) for w in self.weights]\n"
        "  a, acts = x, [x]\n"
        "  for b, w in zip(self.biases, self.weights): a = s(np.dot(w, a) + b); acts.append(a)\n"
        "  delta = (acts[-1] - y) * a * (1 - a); nabla_b[-1] = delta; nabla_w[-1] = np.dot(delta, acts[-2].T)\n"
        "  for l in range(2, self.num_layers):\n"
        "   delta = np.dot(self.weights[-l + 1].T, delta) * acts[-l] * (1 - acts[-l])\n"
        "   nabla_b[-l] = delta; nabla_w[-l] = np.dot(delta, acts[-l - 1].T)\n"
        "  return nabla_b, nabla_w\n",
        "one sample at a time as a column (n, 1), averaged, weights n_out × n_in, biases n × 1, "
        "returned as ∇bias_V, ∇bias_W, ∇V, ∇W",
    ),
    "a network of the best-known course": (
        "class TwoLayerNet(object):\n"
        " def __init__(self, input_size, hidden_size, output_size, std=1e-4):\n"
        "  self.params = {'W1': std * np.random.randn(input_size, hidden_size), 'b1': np.zeros(hidden_size)}\n"
        "  self.params['W2'] = std * np.random.randn(hidden_size, output_size)\n"
        "  self.params['b2'] = np.zeros(output_size)\n"
        " def loss(self, X, y=None, reg=0.0):\n"
        "  p = self.params; H = s(X @ p['W1'] + p['b1']); Z = s(H @ p['W2'] + p['b2'])\n"
        "  D = (Z - y) * Z * (1 - Z) / len(X); E = D @ p['W2'].T * H * (1 - H)\n"
        "  grads = {'W1': X.T @ E + reg * p['W1'], 'b1': E.sum(0), 'W2': H.T @ D + reg * p['W2'], 'b2': D.sum(0)}\n"
        "  return 0.1, grads\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "a class that keeps the data": (
        "class NeuralNetwork:\n"
        " def __init__(self, x, y):\n"
        "  self.input = x; self.y = y; self.weights1 = np.random.rand(x.shape[1], 4)\n"
        "  self.weights2 = np.random.rand(4, y.shape[1]); self.bias1 = np.zeros(4); self.bias2 = np.zeros(y.shape[1])\n"
        " def feedforward(self):\n"
        "  self.layer1 = s(self.input @ self.weights1 + self.bias1)\n"
        "  self.output = s(self.layer1 @ self.weights2 + self.bias2)\n"
        " def backprop(self):\n"
        "  d = (self.output - self.y) * self.output * (1 - self.output) / len(self.y)\n"
        "  e = d @ self.weights2.T * self.layer1 * (1 - self.layer1)\n"
        "  self.d_weights1, self.d_weights2 = self.input.T @ e, self.layer1.T @ d\n"
        "  self.d_bias1, self.d_bias2 = e.sum(0), d.sum(0)\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "one list each": (
        "def backward(X, y, W, b):\n"
        " H = s(X @ W[0] + b[0]); Z = s(H @ W[1] + b[1])\n"
        " D = (Z - y) * Z * (1 - Z) / len(X); E = D @ W[1].T * H * (1 - H)\n"
        " return {'dW': [None, X.T @ E, H.T @ D], 'db': {1: E.sum(0), 2: D.sum(0)}}\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "a dict in a dict": (
        "def backward(X, y, W1, b1, W2, b2):\n"
        " H = s(X @ W1 + b1); Z = s(H @ W2 + b2)\n"
        " D = (Z - y) * Z * (1 - Z) / len(X); E = D @ W2.T * H * (1 - H)\n"
        " return {'hidden': {'W': X.T @ E, 'b': E.sum(0)}, 'output': {'W': H.T @ D, 'b': D.sum(0)}}\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "a dict for each layer": (
        "def backward(X, y, W1, b1, W2, b2):\n"
        " H = s(X @ W1 + b1); Z = s(H @ W2 + b2)\n"
        " D = (Z - y) * Z * (1 - Z) / len(X); E = D @ W2.T * H * (1 - H)\n"
        " return {'layer1': {'dW': X.T @ E, 'db': E.sum(0)}, 'layer2': {'dW': H.T @ D, 'db': D.sum(0)}}\n",
        "samples in rows, weights n_in × n_out, biases (n,)",
    ),
    "the forward pass as arguments": (
        "def backprop(X, Y, A1, A2, W2):\n"
        " D = (A2 - Y) * A2 * (1 - A2) / X.shape[1]; E = W2.T @ D * A1 * (1 - A1)\n"
        " return iter([E @ X.T, E.sum(1), D @ A1.T, D.sum(1)])\n",
        "samples in columns, weights n_out × n_in",
    ),
    "a named tuple": (
        "from collections import namedtuple\nGrads = namedtuple('Grads', 'dW2 db2 dW1 db1')\n"
        "def grads(x, t, w1, b1, w2, b2):\n"
        " h = s(w1 @ x + b1); z = s(w2 @ h + b2); d = (z - t) * z * (1 - z); e = w2.T @ d * h * (1 - h)\n"
        " return Grads(np.outer(d, h), d, np.outer(e, x), e)\n",
        "one sample at a time (n,), averaged, weights n_out × n_in, biases (n,)",
    ),
    "names of no meaning": (
        "def gradients(aa, bb, cc, dd, ee, ff):\n"
        " h = s(aa @ cc.T + ee); o = s(h @ dd.T + ff); d = (o - bb) * o * (1 - o) / len(aa); e = d @ dd * h * (1 - h)\n"
        " return e.T @ aa, d.T @ h, e.sum(0), d.sum(0)\n",
        "samples in rows, weights n_out × n_in, biases (n,)",
    ),
}


@pytest.mark.parametrize(("text", "said"), PROGRAMS.values(), ids=PROGRAMS)
def test_the_forms_of_well_known_courses_are_read(text, said):
    """Dicts, caches, vectors, lists and classes."""
    found = run(text, points((3, 4, 2)))
    assert found.verdict == "correct", found
    assert f"read as: {said}" in found.notes


def test_helpers_are_not_taken_for_the_backward_pass():
    """Derivatives of activations, numerical gradients and layers stand beside it in the same file."""
    text = (
        "def gradient(z): return z * (1 - z)\n"
        "def sigmoid_backward(dA, cache, Z): return dA\n"
        "def numerical_gradient(X, y, V, W): return 1\n"
        "class Linear:\n def backward(self, dout): return dout\n"
        "def network_gradient(X, y, V, W):\n"
        " h = s(X @ V.T); z = s(h @ W.T); d = (z - y) * gradient(z) / len(X)\n"
        " return (d @ W * gradient(h)).T @ X, d.T @ h\n"
    )
    example = points((3, 4, 2), bias=False)
    assert run(text, example, function="network_gradient").verdict == "correct"
    found = run(text.replace("network_gradient", "back_propagation"), example)
    assert (found.source, found.verdict) == ("back_propagation", "correct")
    whole = text.replace("class Linear:", "class Dense:").replace("Linear", "Dense")
    whole += "class Model:\n def __init__(self, V, W): self.V, self.W = V, W\n"
    whole += " def backward(self, X, y): return network_gradient(X, y, self.V, self.W)\n"
    assert run(whole, example).source == "Model.backward"


MOVE = " {pass_}\n W1 -= lr * a\n W2 -= lr * b\n"
IN_PLACE = {
    "function": f"def train(X, y, W1, W2, lr):\n{MOVE}",
    "function that returns them": f"def train(X, y, W1, W2, lr):\n{MOVE} return W1, W2\n",
    "function that returns the loss": f"def train(X, y, W1, W2, lr):\n{MOVE} return float(((z - y)**2).sum())\n",
    "dict": f"def update(X, y, params, lr):\n W1, W2 = params['W1'], params['W2']\n{MOVE}",
    "object": (
        "class Net:\n def __init__(self, W1, W2, lr): self.W1, self.W2, self.lr = W1, W2, lr\n"
        " def train(self, X, y):\n  W1, W2 = self.W1, self.W2; {pass_}\n"
        "  self.W1 = W1 - self.lr * a\n  self.W2 = W2 - self.lr * b\n"
    ),
    "object that makes its own": (
        "class Net:\n def __init__(self, n_in, n_hidden, n_out, learning_rate):\n  self.lr = learning_rate\n"
        "  self.wih = np.zeros((n_in, n_hidden)); self.who = np.zeros((n_hidden, n_out))\n"
        " def train(self, X, y):\n  W1, W2 = self.wih, self.who; {pass_}\n"
        "  self.wih -= self.lr * a\n  self.who -= self.lr * b\n"
    ),
}
PASS = (
    "h = s(X @ W1); z = s(h @ W2); d = (z - y) * z * (1 - z) / len(X); "
    "a, b = X.T @ (d @ W2.T * h * (1 - h)), h.T @ d"
)


@pytest.mark.parametrize("text", IN_PLACE.values(), ids=IN_PLACE)
def test_weights_that_are_moved_in_place_are_read_as_new_weights(text):
    """What returns nothing but moves its weights by the right gradient is weights-returned, and no more."""
    example = points((3, 4, 2), bias=False)
    found = run(text.format(pass_=PASS), example)
    assert [finding.ids for finding in found.findings] == [("weights-returned",)]
    assert found.findings[0].tensors in {("W", "V"), ("V", "W")}
    wrong = run(text.format(pass_=PASS.replace("@ W2.T * h * (1 - h)", "@ W2.T")), example)
    assert {name for finding in wrong.findings for name in finding.ids} == {"weights-returned", "no-lambda"}


OBJECT = (
    "class Net:\n def __init__(self, W1, W2, lr): self.W1, self.W2, self.lr, self.losses = W1, W2, lr, []\n"
    " def train(self, X, y):\n  W1, W2 = self.W1, self.W2; {pass_}\n"
)
BESIDES = {
    "a history of losses": f"def train(X, y, W1, W2, lr):\n{MOVE} return np.array([0.5])\n",
    "the output": f"def train(X, y, W1, W2, lr):\n{MOVE} return z\n",
    "a loss from an object": OBJECT
    + "  self.W1 = W1 - self.lr * a; self.W2 = W2 - self.lr * b; return 0.5\n",
    "a list from an object": OBJECT + "  self.losses.append(0.5)\n  self.W1 = W1 - self.lr * a\n"
    "  self.W2 = W2 - self.lr * b\n  return self.losses\n",
    "another object": OBJECT + "  return Net(W1 - self.lr * a, W2 - self.lr * b, self.lr)\n",
    "others in a dict": "def train(X, y, params, lr):\n W1, W2 = params['W1'], params['W2']; {pass_}\n"
    " params['W1'] = W1 - lr * a; params['W2'] = W2 - lr * b\n",
    "others in a list": "def train(X, y, weights, lr):\n W1, W2 = weights; {pass_}\n"
    " weights[:] = W1 - lr * a, W2 - lr * b\n",
    "a vector": "def train(X, y, theta, n_in, n_hidden, n_out, lr):\n"
    " W1, W2 = np.split(theta, [n_in * n_hidden]); W1, W2 = W1.reshape(n_in, -1), W2.reshape(-1, n_out); {pass_}\n"
    " theta -= lr * np.r_[a.ravel(), b.ravel()]\n",
}


@pytest.mark.parametrize("text", BESIDES.values(), ids=BESIDES)
def test_weights_that_are_moved_are_new_weights_whatever_is_returned_that_is_no_gradient(text):
    """The loss, a list of losses, the output; and arrays may be replaced in a container as well as written into."""
    found = run(text.format(pass_=PASS), points((3, 4, 2), bias=False))
    assert [finding.ids for finding in found.findings] == [("weights-returned",)]


@pytest.mark.parametrize(("bias", "moved"), [(False, ("W2",)), (True, ("b1", "b2"))])
def test_weights_that_stay_as_they_were_have_no_name_beside_those_that_move(bias, moved):
    """What is no gradient at all is not made one by three mistakes at once."""
    biases = ", b1, b2" if bias else ""
    text = (
        f"def train(X, y, W1, W2{biases}, lr):\n"
        f" h = s(X @ W1{' + b1' if bias else ''}); z = s(h @ W2{' + b2' if bias else ''})\n"
        " d = (z - y) * z * (1 - z) / len(X)\n"
        " steps = {'W2': h.T @ d, 'b1': (d @ W2.T * h * (1 - h)).sum(0), 'b2': d.sum(0)}\n"
    ) + "".join(f" {name} -= lr * steps['{name}']\n" for name in moved)
    found = run(text, points((3, 4, 2), bias=bias))
    assert [finding.ids for finding in found.findings] == [("weights-returned",)]
    assert set(found.findings[0].tensors) == ({"bias_V", "bias_W"} if bias else {"W"})
    assert set(found.unexplained) == ({"V", "W"} if bias else {"V"})


@pytest.mark.parametrize("own", [True, False])
def test_an_object_may_move_its_weights_and_leave_its_gradients(own):
    """In place or not: it has weights of its own. What it passes further back is not taken for them."""
    text = OBJECT + "  self.dW1, self.dW2 = a, b\n"
    text += "  self.W1 -= self.lr * a; self.W2 -= self.lr * b\n" if own else "  return d @ W2.T @ W1.T\n"
    assert run(text.format(pass_=PASS), points((3, 4, 2), bias=False)).verdict == "correct"


def test_gradients_that_are_put_into_the_dict_of_weights_are_read_there():
    """Beside the weights, moved or not; nothing says that the weights were read."""
    text = (
        "def train(X, y, params, lr):\n W1, W2 = params['W1'], params['W2']; {pass_}\n"
        " params['dW1'], params['dW2'] = a, b\n"
    )
    for more in ("", " params['W1'] = W1 - lr * a\n"):
        found = run((text + more).format(pass_=PASS), points((3, 4, 2), bias=False))
        assert (found.verdict, found.notes) == (
            "correct",
            ("read as: samples in rows, weights n_in × n_out",),
        )


def test_a_vector_of_all_gradients_is_no_loss():
    """Beside what a program keeps in the dict of weights; and beside weights that it moves, which it must not."""
    text = (
        "def backward(X, y, params):\n W1, W2 = params['W1'], params['W2']; {pass_}\n"
        " params['A1'] = h\n return np.r_[a.ravel(), b.ravel()]\n"
    )
    example = points((3, 4, 2), bias=False)
    assert run(text.format(pass_=PASS), example).verdict == "correct"
    with pytest.raises(ChangedError, match="params"):
        run(text.replace(" params['A1'] = h\n", " W1 -= a\n").format(pass_=PASS), example)


def test_an_object_may_hold_what_cannot_be_copied():
    """A lock beside the weights."""
    text = (
        "import threading\nclass Net:\n"
        " def __init__(self, W1, W2): self.W1, self.W2, self.params = W1, W2, {{'lock': threading.Lock()}}\n"
        " def backward(self, X, y):\n  W1, W2 = self.W1, self.W2; {pass_}\n  return a, b\n"
    )
    assert run(text.format(pass_=PASS), points((3, 4, 2), bias=False)).verdict == "correct"


def test_what_came_back_is_the_reason_and_not_a_reading_that_could_not_run():
    """Weights n_in × n_out, returned in an object that nobody can look into."""
    text = "class Box:\n pass\ndef backward(X, y, W1, W2):\n {pass_}\n return Box()\n"
    with pytest.raises(RefusedError, match="it returns one Box"):
        run(text.format(pass_=PASS), points((3, 4, 2), bias=False))


def test_a_rate_of_ones_own_is_told_with_the_new_weights():
    """A rate that nobody gave is none of the mistakes if it is positive and the same in all tensors."""
    text = "def update(X, y, W1, W2):\n {pass_}\n W1 -= {one} * a\n W2 -= {other} * b\n"
    example = points((3, 4, 2), bias=False)
    (found,) = run(text.format(pass_=PASS, one=0.7, other=0.7), example).findings
    assert (found.ids, found.factor) == (("weights-returned",), None)
    assert found.rate == pytest.approx(0.7, rel=1e-9)
    (summed,) = run(text.format(pass_=PASS.replace(" / len(X)", ""), one=1, other=1), example).findings
    assert (set(summed.ids), summed.rate) == ({"weights-returned", "sum-for-mean"}, 1)
    for one, other in ((0.7, 0.5), (-0.7, -0.7)):
        ids = {
            name
            for f in run(text.format(pass_=PASS, one=one, other=other), example).findings
            for name in f.ids
        }
        assert ids > {"weights-returned"}


def test_training_is_looked_at_for_one_step():
    """Of as many epochs as a program wants, one: its new weights are those of a single update."""
    text = (
        "class Net:\n def __init__(self, n_in, n_hidden, n_out, lr):\n  self.lr = lr\n"
        "  self.W1, self.W2 = np.zeros((n_in, n_hidden)), np.zeros((n_hidden, n_out))\n"
        " def fit(self, X, y, {epochs}):\n  for _ in range(epochs):\n   W1, W2 = self.W1, self.W2; {pass_}\n"
        "   self.W2 = W2 - self.lr * b\n   self.W1 = W1 - self.lr * a\n"
    )
    for epochs in ("epochs", "epochs=1000"):
        found = run(text.format(epochs=epochs, pass_=PASS), points((3, 4, 2), bias=False))
        assert [finding.ids for finding in found.findings] == [("weights-returned",)]


def test_what_changes_data_or_returns_gradients_besides_is_refused():
    """Then it is the update that is to be left out, or the data to be left alone."""
    example = points((3, 4, 2), bias=False)
    for text, changed in (
        (IN_PLACE["function"] + " return a, b\n", "W1"),
        (IN_PLACE["function"] + " X -= 1\n", "X"),
    ):
        with pytest.raises(ChangedError, match=changed):
            run(text.format(pass_=PASS), example)


def test_a_class_that_leaves_nothing_is_told_what_to_leave():
    """Neither a gradient nor other weights."""
    text = (
        "class Net:\n def __init__(self, W1, W2): self.W1, self.W2 = W1, W2\n"
        " def backprop(self, X, y):\n  self.z = X\n"
    )
    with pytest.raises(RefusedError, match=r"leaves no gradient in an attribute such as self\.dW1"):
        run(text, points((3, 4, 2), bias=False))


def test_a_cache_is_that_of_the_forward_pass_beside_it():
    """In whatever order and under whatever names; and a wrong forward pass is seen, since it is theirs."""
    text = (
        (
            "def forward(X, V, W):\n h = s(X @ V.T); z = s(h @ W.T)\n return z, (h, X, {{'out': z}}, W)\n"
            "def backward(cache, y):\n h, X, last, W = cache; z = last['out']; d = (z - y) * z * (1 - z) / len(X)\n"
            " return (d @ W * h * (1 - h)).T @ X, d.T @ h\n"
        )
        .replace("{{", "{")
        .replace("}}", "}")
    )
    example = points((3, 4, 2), bias=False)
    found = run(text, example)
    assert (found.verdict, found.source) == ("correct", "backward")
    assert run(text.replace("h = s(X @ V.T)", "h = X @ V.T"), example).verdict == "wrong"
    named = text.replace(
        "return z, (h, X, {'out': z}, W)", "return {'hid': h, 'in': X, 'out': z, 'W': W}"
    ).replace("h, X, last, W = cache; z = last['out']", "h, X, z, W = cache.values()")
    assert run(named, example).verdict == "correct"
    flat = text.replace("return z, (h, X, {'out': z}, W)", "return h, X, z, W").replace(
        "h, X, last, W = cache; z = last['out']", "h, X, z, W = cache"
    )
    assert run(flat, example).verdict == "correct"
    assert run("def predict(X, V, W):\n return {'classes': X}\n" + text, example).verdict == "correct"


def test_layers_by_the_names_that_libraries_give_them():
    """fc1.weight and fc1.bias, as arguments and as keys, in the order of the layers."""
    text = (
        "def backward(input, target, fc1_weight, fc1_bias, fc2_weight, fc2_bias):\n"
        " h = s(input @ fc1_weight.T + fc1_bias); z = s(h @ fc2_weight.T + fc2_bias)\n"
        " d = (z - target) * z * (1 - z) / len(input); e = d @ fc2_weight * h * (1 - h)\n"
        " return {'fc1.weight': e.T @ input, 'fc1.bias': e.sum(0), 'fc2.weight': d.T @ h, 'fc2.bias': d.sum(0)}\n"
    )
    assert run(text, points((3, 4, 2))).verdict == "correct"
    names = Names(["W_layer1", "l2.kernel", "b_fc1", "dense2_bias"], 2)
    roles = [names.role(name) for name in ("W_layer1", "l2.kernel", "b_fc1", "dense2_bias")]
    assert roles == [Role("matrix", 0), Role("matrix", 1), Role("bias", 0), Role("bias", 1)]


@pytest.mark.parametrize(
    "names", ["W1, W2, l2_weight", "W1, W2, l2_weight=0.0", "l1_weight, l2_weight, l2=0.0"]
)
def test_l2_weight_is_a_layer_only_where_no_other_name_is_that_layer(names):
    """Beside W2 it is the strength of the decay, given or not."""
    first, second, decay = names.replace("=0.0", "").split(", ")
    text = (
        f"def backward(X, y, {names}):\n W1, W2, c = {first}, {second}, {decay}; {{pass_}}\n"
        " return a + c * W1, b + c * W2\n"
    )
    assert run(text.format(pass_=PASS), points((3, 4, 2), bias=False, weight_decay=0.01)).verdict == "correct"


def test_gradients_by_the_words_hidden_and_output():
    """A dict of dicts, one for each layer."""
    text = (
        "def backward(x, y, V, W, b1, b2):\n h = s(V @ x + b1); z = s(W @ h + b2); d = (z - y) * z * (1 - z)\n"
        " e = W.T @ d * h * (1 - h)\n return {'output': {'weights': np.outer(d, h), 'bias': d},\n"
        "  'hidden': {'weights': np.outer(e, x), 'bias': e}}\n"
    )
    assert run(text, points((3, 4, 2))).verdict == "correct"
    wrong = run(text.replace("'bias': e", "'bias': -e"), points((3, 4, 2)))
    assert [(finding.ids, finding.tensors) for finding in wrong.findings] == [(("sign",), ("bias_V",))]


def test_a_single_output_may_be_a_vector():
    """Weights (n,), targets (N,) and a number for the bias."""
    text = (
        "def grad(X, y, W1, b1, w2, b2):\n h = s(X @ W1 + b1); z = s(h @ w2 + b2); d = (z - y) * z * (1 - z) / len(y)\n"
        " e = d[:, None] * w2 * h * (1 - h)\n return X.T @ e, e.sum(0), h.T @ d, d.sum()\n"
    )
    found = run(text, points((3, 4, 1)))
    assert found.verdict == "correct", found
    assert "targets (N,)" in found.notes[0]


def test_options_settle_a_reading():
    """--layout, --weights and --function keep anything else from being tried."""
    text = written("rows", False, None, as_tuple, 2)
    example = points((3, 4, 2), bias=False)
    assert run(text, example, layout="rows", weights="out-in").verdict == "correct"
    for wrong in ({"layout": "columns"}, {"weights": "in-out"}):
        with pytest.raises(ValueError, match="matmul"):
            run(text, example, **wrong)
    other = text + "\nmine = gradients\ndef gradients(X, Y, V, W):\n    return V, W\n"
    assert run(other, example).verdict == "wrong"
    assert run(other, example, function="mine").verdict == "correct"


def test_a_decay_constant_of_ones_own_is_accepted():
    """Whether the program asks for it, has it written down, or leaves it out."""
    right = written("rows", False, None, as_tuple, 2)
    own = right.replace("return gW1, gW2", "return gW1 + 0.25 * W1, gW2 + 0.25 * W2")
    asking = right.replace("W2):", "W2, reg):").replace(
        "return gW1, gW2", "return gW1 + reg * W1, gW2 + reg * W2"
    )
    example = points((3, 4, 2), bias=False, weight_decay=0.25)
    assert [run(text, example).verdict for text in (right, own, asking)] == ["correct"] * 3
    assert run(own.replace("0.25", "0.2"), example).verdict == "wrong"


def test_exact_and_long_numbers_are_numbers():
    """Arrays of objects that float() takes, as mpmath and fractions make them."""
    text = written("rows", False, None, as_tuple, 2).replace(
        "return gW1, gW2", "from fractions import Fraction\n    F = np.vectorize(Fraction, otypes=[object])\n"
        "    return F(gW1), F(gW2).tolist()"
    )  # fmt: skip
    assert run(text, points((3, 4, 2), bias=False)).verdict == "correct"


def test_what_is_there_is_judged():
    """∇W alone is undecided if it is right and wrong if it is not; what is missing is listed."""
    right = written("rows", False, "vector", as_tuple, 2)
    example = points((3, 4, 2))
    for returned in ("gW2", "{'dW2': gW2}", "{'dW2': gW2, 'dW1': None}", "None, None, gW2, None"):
        text = right.replace("return gW1, gb1, gW2, gb2", f"return {returned}")
        found = run(text, example)
        assert found.verdict == "uninformative", (returned, found)
        assert "missing: ∇V, ∇bias_V, ∇bias_W; found: ∇W" in found.reasons
        assert [t.verdict for t in found.tensors].count("correct") == 1
        assert run(text.replace("{returned}", "").replace("gW2 = ", "gW2 = 2 * "), example).verdict == "wrong"


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("H = s(A)", "H = A", "h"),
        ("Z = s(H @ W2.T)", "Z = H @ W2.T", "z"),
        ("D = (Z - Y) * Z * (1 - Z)", "D = (Z - Y) * (1 - Z)", "delta_2"),
        ("E = D @ W2 * H * (1 - H)", "E = D @ W2 * H", "delta_1"),
        ("E.T @ X / n", "E.T @ X", None),
    ],
)
def test_the_first_wrong_quantity_is_the_place_to_look(right, wrong, place):
    """Where quantities of the forward pass are returned beside the gradients."""
    text = (
        "def backward(X, Y, W1, W2):\n n = len(X); A = X @ W1.T\n H = s(A)\n Z = s(H @ W2.T)\n"
        " D = (Z - Y) * Z * (1 - Z)\n E = D @ W2 * H * (1 - H)\n"
        " return {'Z1': A, 'A1': H, 'A2': Z, 'dZ2': D, 'delta_1': E, 'dW1': E.T @ X / n, 'dW2': D.T @ H / n}\n"
    )
    example = points((3, 4, 2), bias=False)
    assert run(text, example).verdict == "correct"
    assert right in text
    found = run(text.replace(right, wrong), example)
    assert found.verdict == "wrong"
    assert [note.partition(": ")[2].split()[0] for note in found.notes if "look first" in note] == [
        place
    ] * bool(place)


def test_a_wrong_shape_costs_its_own_gradient_only():
    """The others are judged as if it were not there."""
    text = written("rows", False, "vector", as_tuple, 2).replace("gW2, gb2", "gW2[:, 1:], gb2")
    text = text.replace("return gW1, gb1, gW2", "return gW1, gb1, gW2")
    found = run(text, points((3, 4, 2)))
    assert found.verdict == "wrong"
    assert {t.name for t in found.tensors if t.verdict == "correct"} == {"V", "bias_V", "bias_W"}
    assert "∇W has shape 2×3; it must have 2×4" in found.notes


def test_lists_of_numbers_among_others_are_one_gradient_each():
    """Four outputs and four gradients: the bias's list is not taken for four gradients of one number."""
    program = """
def gradients(x, y, W1, b1, W2, b2):
    h = s(W1 @ x + b1)
    z = s(W2 @ h + b2)
    d2 = [float(d) for d in (z - y) * z * (1 - z)]
    d1 = [float(d) for d in (W2.T @ d2) * h * (1 - h)]
    return [[d * float(u) for u in x] for d in d1], d1, [[d * float(u) for u in h] for d in d2], d2
"""
    assert run(program, points((3, 4, 5))).verdict == "correct"
    assert run(program, points((3, 4, 4))).verdict == "correct"


def test_of_two_readings_that_are_as_wrong_the_one_is_taken_that_has_a_name():
    """An unrolled vector whose biases are columns, summed over the samples: in another order it would be noise."""
    program = """
def cost_function(theta, X, Y):
    T1, T2 = theta[:16].reshape(4, 4), theta[16:].reshape(5, 5)
    A1 = np.hstack([np.ones((len(X), 1)), X])
    A2 = np.hstack([np.ones((len(X), 1)), s(A1 @ T1.T)])
    Z = s(A2 @ T2.T)
    D2 = (Z - Y) * Z * (1 - Z)
    D1 = (D2 @ T2)[:, 1:] * (A2 * (1 - A2))[:, 1:]
    return 0.0, np.concatenate([(D1.T @ A1).ravel(), (D2.T @ A2).ravel()])
"""
    check = run(program, points((3, 4, 5)))
    assert [finding.ids for finding in check.findings] == [("sum-for-mean",)]
    assert not check.unexplained


def test_a_bias_summed_along_the_wrong_axis_is_named():
    """A row of one number for each sample where one for each unit belongs."""
    program = """
def gradients(X, Y, W1, b1, W2, b2):
    n = len(X)
    H = s(X @ W1.T + b1)
    Z = s(H @ W2.T + b2)
    D2 = (Z - Y) * Z * (1 - Z)
    D1 = D2 @ W2 * H * (1 - H)
    return {"dW1": D1.T @ X / n, "db1": D1.sum(axis=1) / n, "dW2": D2.T @ H / n, "db2": D2.mean(axis=0)}
"""
    (finding,) = run(program, points((3, 4, 6))).findings
    assert (finding.ids, finding.tensors) == (("bias-wrong-axis",), ("bias_V",))


@pytest.mark.parametrize(
    ("beside", "name", "role"),
    [
        ("V W", "W", Role("matrix", 1)),
        ("W b", "W", Role("matrices")),
        ("syn0 syn1", "syn0", Role("matrix", 0)),
        ("W0 W1", "W1", Role("matrix", 1)),
        ("W1 W2", "W1", Role("matrix", 0)),
        ("Theta1 Theta2", "Theta2", Role("matrix", 1)),
        ("x", "learning_rate", Role("rate")),
        ("x", "lambda_", Role("decay")),
        ("x", "hidden_size", Role("size", 1)),
        ("x", "whatever", None),
    ],
)
def test_names_mean_what_people_mean(beside, name, role):
    """In a network with one hidden layer."""
    assert Names(beside.split(), 2).role(name) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("dW1", Role("matrix", 0)),
        ("d_W1", Role("matrix", 0)),
        ("dV", Role("matrix", 0)),
        ("grad_V", Role("matrix", 0)),
        ("Theta1_grad", Role("matrix", 0)),
        ("dL_dW2", Role("matrix", 1)),
        ("nabla_b2", Role("bias", 1)),
        ("∇bias_W", Role("bias", 1)),
        ("dbias_V", Role("bias", 0)),
        ("dZ1", None),
        ("loss", None),
    ],
)
def test_names_of_gradients_are_known(name, role):
    """However they say that they are gradients."""
    assert Names(["V", "W1", name], 2).gradient(name) == role
