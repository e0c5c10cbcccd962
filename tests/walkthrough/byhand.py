"""Worksheets worked out in plain Python, number by number, with or without a mistake: the oracle of these tests.

One hidden layer of sigmoids, sigmoid outputs, squared error or (``entropy``) cross-entropy. Nothing of bpcli is used;
numbers are floats and lists of them.
"""

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import partial
from math import exp, log, tanh


def s(a):
    """The textbook sigmoid."""
    return 1 / (1 + exp(-a))


def times(matrix, vector):
    """Matrix times vector."""
    return [sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix]


def turned(matrix):
    """The transpose."""
    return [list(column) for column in zip(*matrix, strict=True)]


def outer(left, right):
    """Column times row."""
    return [[u * v for v in right] for u in left]


def each(function, *values):
    """A function of numbers, entry by entry of vectors or matrices."""
    if isinstance(values[0], list):
        return [each(function, *entries) for entries in zip(*values, strict=True)]
    return function(*values)


def plus(left, right):
    """Entry by entry."""
    return each(lambda u, v: u + v, left, right)


def product(left, right):
    """Entry by entry."""
    return each(lambda u, v: u * v, left, right)


def moved(value, gradient, rate):
    """One step down."""
    return each(lambda u, g: u - rate * g, value, gradient)


def forward(q, prefix="", kept=lambda value: value):
    """a, h, b, z of the parameters with this prefix, each as it is ``kept``."""
    a = times(q[f"{prefix}V"], q["x"])
    if "bias_V" in q:
        a = plus(a, q[f"{prefix}bias_V"])
    a = kept(a)
    h = kept(each(s, a))
    b = times(q[f"{prefix}W"], h)
    if "bias_W" in q:
        b = plus(b, q[f"{prefix}bias_W"])
    b = kept(b)
    return a, h, b, kept(each(s, b))


def loss(y, z, entropy):
    """½‖y-z‖², or the cross-entropy of 0 and 1."""
    if entropy:
        return -sum(log(u) if t == 1 else log(1 - u) for t, u in zip(y, z, strict=True))
    return sum((t - u) ** 2 for t, u in zip(y, z, strict=True)) / 2


def order(entropy, kept=lambda value: value):
    """Each blank with its formula, in the order of the sheet; biases are passed over where there are none.

    ``kept`` is what becomes of a, h, b and z after the update, which are no blanks.
    """

    def error(q):
        return each(lambda z, y: z - y, q["z"], q["y"])

    def slope(name):
        return lambda q: each(lambda h: h * (1 - h), q[name])

    yield "a", lambda q: forward(q)[0]
    yield "h", lambda q: each(s, q["a"])
    yield "b", lambda q: plus(times(q["W"], q["h"]), q.get("bias_W", [0.0] * len(q["W"])))
    yield "z", lambda q: each(s, q["b"])
    yield "loss", lambda q: loss(q["y"], q["z"], entropy)
    yield "grad_z", lambda q: each(lambda e, z: e / (z * (1 - z)) if entropy else e, error(q), q["z"])
    yield "Omega", slope("z")
    yield "delta_2", lambda q: error(q) if entropy else product(q["Omega"], q["grad_z"])
    yield "grad_W", lambda q: outer(q["delta_2"], q["h"])
    yield "grad_bias_W", lambda q: list(q["delta_2"])
    yield "grad_h", lambda q: times(turned(q["W"]), q["delta_2"])
    yield "Lambda", slope("h")
    yield "delta_1", lambda q: product(q["Lambda"], q["grad_h"])
    yield "grad_V", lambda q: outer(q["delta_1"], q["x"])
    yield "grad_bias_V", lambda q: list(q["delta_1"])
    for name in ("W", "bias_W", "V", "bias_V"):
        yield f"new_{name}", lambda q, n=name: moved(q[n], q[f"grad_{n}"], q["rate"])
    yield "loss_after", lambda q: loss(q["y"], forward(q, "new_", kept)[3], entropy)


def at_ties(rule, value, digits):
    """A number rounded by a rule of decimal; eleven digits of it are what it was meant to be."""
    return float(Decimal(repr(round(value, 11))).quantize(Decimal(10) ** -digits, rule))


half_up = partial(at_ties, ROUND_HALF_UP)
# As Python does, which is half to even but for what binary fractions make of a tie; and by the rules.
ROUNDINGS = (round, half_up, partial(at_ties, ROUND_HALF_EVEN), partial(at_ties, ROUND_HALF_DOWN))

# The gradients as the sheet has them row by row, every factor a number that was written before.
ROWS = {
    "delta_2": lambda q: product(q["Omega"], q["grad_z"]),
    "grad_W": lambda q: [[e * s * h for h in q["h"]] for e, s in zip(q["grad_z"], q["Omega"], strict=True)],
    "grad_h": lambda q: [
        sum(row[i] * s * e for row, s, e in zip(q["W"], q["Omega"], q["grad_z"], strict=True))
        for i in range(len(q["h"]))
    ],
    "grad_V": lambda q: [[g * s * x for x in q["x"]] for g, s in zip(q["grad_h"], q["Lambda"], strict=True)],
}


def sheet(example, at=None, wrong=None, digits=None, rounded=half_up, ways=()):
    """Every blank of a point; ``wrong(q)`` stands in the blank ``at``, and ``digits`` rounds each before going on.

    ``ways`` are other right formulas by name, such as ``ROWS``. Whoever rounds does so after the update too: the loss
    after it comes from rounded a, h, b and z.
    """
    q = {name: tensor.tolist() for name, tensor in example.parameters.items()}
    q |= {"x": example.X[0].tolist(), "y": example.Y[0].tolist(), "rate": example.learning_rate}
    given = set(q)
    entropy = example.architecture.loss == "cross_entropy"

    def kept(value):
        return value if digits is None else each(lambda v: rounded(v, digits), value)

    for name, formula in order(entropy, kept):
        if "bias" in name and "bias_W" not in q:
            continue
        right = dict(ways).get(name, formula)
        q[name] = kept((wrong if name == at else right)(q))
    return {name: value for name, value in q.items() if name not in given}


def _dot(h):
    return sum(v * (1 - v) for v in h)


def _moved_w(q):
    return turned(moved(q["W"], q["grad_W"], q["rate"]))


# The mistakes of the catalogue that can be made at one point: the id, the blank, and what is written there.
MISTAKES = (
    ("no-omega", "delta_2", lambda q: q["grad_z"]),
    ("no-omega", "grad_W", lambda q: outer(q["grad_z"], q["h"])),
    ("raw-error-back", "grad_h", lambda q: times(turned(q["W"]), q["grad_z"])),
    ("no-lambda", "delta_1", lambda q: q["grad_h"]),
    ("no-lambda", "grad_V", lambda q: outer(q["grad_h"], q["x"])),
    ("preactivation", "Omega", lambda q: each(lambda b: b * (1 - b), q["b"])),
    ("preactivation", "Lambda", lambda q: each(lambda a: a * (1 - a), q["a"])),
    ("sigmoid-twice", "Omega", lambda q: each(lambda z: s(z) * (1 - s(z)), q["z"])),
    ("sigmoid-twice", "Lambda", lambda q: each(lambda h: s(h) * (1 - s(h)), q["h"])),
    ("tanh-derivative", "Omega", lambda q: each(lambda z: 1 - z * z, q["z"])),
    ("tanh-derivative", "Lambda", lambda q: each(lambda h: 1 - h * h, q["h"])),
    ("updated-first", "grad_h", lambda q: times(_moved_w(q), q["delta_2"])),
    ("raw-and-updated", "grad_h", lambda q: times(_moved_w(q), q["grad_z"])),
    ("sign", "grad_z", lambda q: each(lambda z, y: y - z, q["z"], q["y"])),
    ("sign", "new_W", lambda q: moved(q["W"], q["grad_W"], -q["rate"])),
    ("half", "grad_z", lambda q: each(lambda z, y: 2 * (z - y), q["z"], q["y"])),
    ("half", "loss", lambda q: 2 * loss(q["y"], q["z"], False)),
    ("w-not-transposed", "grad_h", lambda q: times(q["W"], q["delta_2"])),
    ("outer-transposed", "grad_W", lambda q: outer(q["h"], q["delta_2"])),
    ("outer-transposed", "grad_V", lambda q: outer(q["x"], q["delta_1"])),
    ("gradient-for-weight", "grad_h", lambda q: times(turned(q["grad_W"]), q["delta_2"])),
    ("matmul-for-elementwise", "delta_1", lambda q: each(lambda g: _dot(q["h"]) * g, q["grad_h"])),
    ("matmul-for-elementwise", "delta_2", lambda q: each(lambda g: _dot(q["z"]) * g, q["grad_z"])),
    ("wrong-input", "grad_W", lambda q: outer(q["delta_2"], q["x"])),
    ("wrong-input", "grad_V", lambda q: outer(q["delta_1"], q["h"])),
    ("bias-frozen", "grad_bias_V", lambda q: [0.0] * len(q["delta_1"])),
    ("numeric-of-output", "grad_z", lambda q: [1.0] * len(q["z"])),
)  # fmt: skip


# Of these, the ones that are none under cross-entropy, where ∇z is another and δ² is z - y; and the one that is.
_SQUARED_ONLY = {"no-omega", "raw-error-back", "raw-and-updated", "half", "numeric-of-output"}
_UNDER_ENTROPY = (
    ("extra-omega", "delta_2", lambda q: each(lambda z, y: z * (1 - z) * (z - y), q["z"], q["y"])),
    (
        "extra-omega",
        "grad_W",
        lambda q: outer([z * (1 - z) * d for z, d in zip(q["z"], q["delta_2"], strict=True)], q["h"]),
    ),
)


def mistakes(example):
    """The mistakes of the catalogue that can be made with this loss."""
    if example.architecture.loss == "squared_error":
        return MISTAKES
    kept = [m for m in MISTAKES if m[0] not in _SQUARED_ONLY and m[1] not in ("grad_z", "loss")]
    return (*(m for m in kept if m[:2] != ("matmul-for-elementwise", "delta_2")), *_UNDER_ENTROPY)


# Slips that have no name in the catalogue: the blank, a few of the words that tell them, and what is written there.
UNNAMED = (
    ("h", "is left out: h = a", lambda q: q["a"]),
    ("h", "e^a for e^-a", lambda q: each(lambda a: 1 / (1 + exp(a)), q["a"])),
    ("h", "tanh for the sigmoid", lambda q: each(tanh, q["a"])),
    ("z", "is left out: z = b", lambda q: q["b"]),
    ("z", "e^b for e^-b", lambda q: each(lambda b: 1 / (1 + exp(b)), q["b"])),
    ("z", "tanh for the sigmoid", lambda q: each(tanh, q["b"])),
    ("a", "Vᵀ x for V x", lambda q: plus(times(turned(q["V"]), q["x"]), _bias(q, "V"))),
    ("a", "bias_V is left out", lambda q: times(q["V"], q["x"])),
    ("b", "Wᵀ h for W h", lambda q: plus(times(turned(q["W"]), q["h"]), _bias(q, "W"))),
    ("b", "bias_W is left out", lambda q: times(q["W"], q["h"])),
    ("b", "x where h belongs", lambda q: plus(times(q["W"], q["x"]), _bias(q, "W"))),
    ("loss", "averaged over the outputs", lambda q: loss(q["y"], q["z"], False) / len(q["y"])),
    ("new_W", "the learning rate is left out", lambda q: moved(q["W"], q["grad_W"], 1)),
    ("new_V", "the learning rate is left out", lambda q: moved(q["V"], q["grad_V"], 1)),
    ("loss_after", "the loss before the update", lambda q: q["loss"]),
    (
        "loss_after",
        "averaged over the outputs",
        lambda q: loss(q["y"], forward(q, "new_")[3], False) / len(q["y"]),
    ),
    ("loss_after", "only W", lambda q: _half_moved(q, "V")),
    ("loss_after", "only V", lambda q: _half_moved(q, "W")),
)


def _bias(q, name):
    return q.get(f"bias_{name}", [0.0] * len(q[name]))


def _half_moved(q, still):
    """The loss after an update that one matrix, and its bias, took no part in."""
    old = {f"new_{name}": q[name] for name in (still, f"bias_{still}") if name in q}
    return loss(q["y"], forward(q | old, "new_")[3], False)
