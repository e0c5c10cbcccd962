"""Formulas in markup, evaluated with derivatives that SymPy takes: the oracle of the derivations.

Nothing of bpcli's mathematics is used. A network with one hidden layer is defined here once more; every derivative is
taken symbolically from that definition and evaluated at one rational point with 40 digits.
"""

import re
from functools import cache

import mpmath
import sympy

DIGITS = 40
INDEXED = r"(?:_\{[^}]*\}|\^\{(?!2\})[^}]*\})*"
NAME = rf"(?:bias|[A-Za-zδ]){INDEXED}"
TOKEN = re.compile(
    rf"∂ℓ/∂{NAME}|∂{NAME}/∂{NAME}|∇{NAME}|diag g′\({NAME}\)|softmax|tanh|max|log|s(?=\()|{NAME}|[ΛΩJ]|\d+"
    r"|[-+/()\[\],>]|·|½|\^\{[2T]\}"
)


class Value:
    """A number or a matrix; two columns beside one another are multiplied entry by entry, all else as matrices."""

    def __init__(self, of):
        self.of = of if isinstance(of, sympy.MatrixBase) else sympy.sympify(of)

    @property
    def shape(self):
        """Rows and columns; a number is 1×1."""
        return self.of.shape if isinstance(self.of, sympy.MatrixBase) else (1, 1)

    def _by_entry(self, other, operation):
        left, right = self.of, other.of
        if isinstance(right, sympy.MatrixBase):
            if isinstance(left, sympy.MatrixBase):
                return Value(
                    sympy.Matrix(*left.shape, [operation(*pair) for pair in zip(left, right, strict=True)])
                )
            return Value(right.applyfunc(lambda entry: operation(left, entry)))
        if isinstance(left, sympy.MatrixBase):
            return Value(left.applyfunc(lambda entry: operation(entry, right)))
        return Value(operation(left, right))

    def __add__(self, other):
        return self._by_entry(other, lambda u, v: u + v)

    def __sub__(self, other):
        return self._by_entry(other, lambda u, v: u - v)

    def __truediv__(self, other):
        return self._by_entry(other, lambda u, v: u / v)

    def __mul__(self, other):
        if self.shape[1] == other.shape[1] == 1 and self.shape == other.shape:
            return self._by_entry(other, lambda u, v: u * v)
        return Value(self.of * other.of)

    def __neg__(self):
        return Value(-self.of)

    def __pow__(self, power):
        return Value(self.of**power)

    def __gt__(self, other):
        return Value(1 if self.of > other.of else 0)

    @property
    def T(self):
        """The transpose."""
        return Value(self.of.T)

    def same(self, other):
        """Whether two values are equal to 30 digits, in shape too."""
        if self.shape != other.shape:
            return False
        gap = sympy.Matrix([self.of]) - sympy.Matrix([other.of])
        return all(abs(sympy.N(entry, DIGITS)) < 10**-30 for entry in gap)


def sigmoid(u):
    """1 / (1 + e^-u)."""
    return 1 / (1 + sympy.exp(-u))


def relu(u):
    """u where it is positive, else 0."""
    return sympy.Piecewise((u, u > 0), (0, True))


def evaluated(expressions, symbols, at):
    """A matrix of expressions in these symbols, at a point, with 40 digits."""
    function = sympy.lambdify(list(symbols), list(expressions), "mpmath", cse=True)
    with mpmath.workdps(DIGITS):
        numbers = function(*(mpmath.mpf(str(number)) for number in at.evalf(DIGITS)))
        return sympy.Matrix(*expressions.shape, [sympy.Float(number, DIGITS) for number in numbers])


ACTIVATIONS = {
    "sigmoid": sigmoid,
    "tanh": sympy.tanh,
    "relu": relu,
    "identity": lambda u: u,
}


class Network:
    """One hidden layer: parameters and one sample as rational numbers, and every derivative by SymPy."""

    def __init__(self, architecture, style):
        self.net, self.style = architecture, style
        d0, d1, d2 = architecture.sizes
        number = iter(sympy.Rational(7 * k % 11 - 5, 4) + sympy.Rational(1, 8 + k) for k in range(1000))

        def matrix(rows, columns):
            return sympy.Matrix(rows, columns, [next(number) for _ in range(rows * columns)])

        self.x, self.y = matrix(d0, 1), sympy.Matrix([1, *([0] * (d2 - 1))])
        self.weights = {1: matrix(d1, d0), 2: matrix(d2, d1)}
        self.biases = {1: matrix(d1, 1), 2: matrix(d2, 1)}
        if not architecture.bias:
            self.biases = {layer: 0 * bias for layer, bias in self.biases.items()}

    def pre(self, layer, inputs=None, weight=None, bias=None):
        """Weights times inputs, plus bias."""
        inputs = self.out(layer - 1) if inputs is None else inputs
        weight = self.weights[layer] if weight is None else weight
        return (weight * inputs + (self.biases[layer] if bias is None else bias)).evalf(DIGITS)

    def out(self, layer, pre=None):
        """The activation of a layer; layer 0 is the input."""
        if layer == 0:
            return self.x
        pre = self.pre(layer) if pre is None else pre
        if layer == 2 and self.net.output == "softmax":
            powers = pre.applyfunc(sympy.exp)
            return powers / sum(powers)
        return pre.applyfunc(ACTIVATIONS[self.net.output if layer == 2 else self.net.activation])

    def loss(self, z):
        """The loss of outputs."""
        pairs = list(zip(self.y, z, strict=True))
        if self.net.loss == "squared_error":
            return sum((y - out) ** 2 for y, out in pairs) / 2
        if self.net.output == "softmax":
            return -sum(y * sympy.log(out) for y, out in pairs)
        return -sum(y * sympy.log(out) + (1 - y) * sympy.log(1 - out) for y, out in pairs)

    def loss_from(self, kind, layer, value):
        """The loss where one quantity has another value."""
        if kind == "pre":
            value = self.out(layer, value)
        elif kind in ("weight", "bias"):
            value = self.out(layer, self.pre(layer, **{kind: value}))
        for later in range(layer + 1, 3):
            value = self.out(later, self.pre(later, value))
        return self.loss(value)

    @cache  # noqa: B019 - a network lives as long as its test
    def value(self, kind, layer):
        """A quantity at the point."""
        parameters = {"weight": self.weights, "bias": self.biases}
        found = parameters[kind][layer] if kind in parameters else getattr(self, kind)(layer)
        return found.evalf(DIGITS)

    @cache  # noqa: B019
    def gradient(self, kind, layer):
        """The derivative of the loss with respect to a quantity, entry by entry, in its shape."""
        at = self.value(kind, layer)
        symbols = sympy.Matrix(*at.shape, sympy.symbols(f"u:{len(at)}", real=True))
        loss = self.loss_from(kind, layer, symbols)
        return evaluated(symbols.applyfunc(lambda u: sympy.diff(loss, u)), symbols, at)

    @cache  # noqa: B019
    def jacobian(self, upper, lower):
        """∂out/∂pre of one layer, or ∂pre/∂out of the layer below: rows are entries of the upper quantity."""
        (kind, layer), at = upper, self.value(*lower)
        symbols = sympy.Matrix(sympy.symbols(f"u:{len(at)}", real=True))
        found = self.out(layer, symbols) if kind == "out" else self.pre(layer, symbols)
        return evaluated(found.jacobian(symbols), symbols, at)

    # What a symbol of the markup stands for.

    def meaning(self, name):
        """The quantity of a name, its layer, its low index, and whether it stands transposed."""
        base, low, high = re.fullmatch(r"(bias|[A-Za-zδ])(?:_\{([^}]*)\})?(?:\^\{([^}]*)\})?", name).groups()
        low, high = low or "", high or ""
        if self.style == "vw":
            if base == "bias":
                matrix, _, low = low.partition(",")
                return "bias", {"V": 1, "W": 2}[matrix], low, False
            if base == "δ":
                return "delta", int(high[1]), low, False
            known = {"x": ("out", 0), "h": ("out", 1), "z": ("out", 2), "a": ("pre", 1), "b": ("pre", 2)}
            known |= {"V": ("weight", 1), "W": ("weight", 2), "y": ("y", 2)}
            known |= {
                "v": ("row" if len(low) == 1 else "entry", 1),
                "w": ("row" if len(low) == 1 else "entry", 2),
            }
            return (*known[base], low, high == "T")
        turned = high.endswith("T")
        if base == "y":
            return "y", 2, low, turned
        layer = int(high[1])
        if base == "w":
            if low.startswith("0"):
                return "bias", layer, low[2:], turned
            if low.startswith("·"):
                return "row", layer, low[1:], turned
            return ("entry", layer, low[::-1], turned) if low else ("weight", layer, "", not turned)
        return {"x": "out", "S": "pre", "δ": "delta"}[base], layer, low, turned

    def read(self, name, at):
        """The value of a symbol; ``at`` are the values of the indices i, j and k."""
        kind, layer, low, turned = self.meaning(name)
        places = [at[index] if index in at else int(index) - 1 for index in low]
        if kind == "row":
            found = self.weights[layer][places[0], :].T
        elif kind == "entry":
            return Value(self.weights[layer][tuple(places)])
        else:
            found = {"delta": lambda: self.gradient("pre", layer), "y": lambda: self.y}.get(
                kind, lambda: self.value(kind, layer)
            )()
            if places:
                return Value(found[places[0]])
        return Value(found.T if turned else found)

    def derivative(self, upper, lower, at):
        """∂ℓ/∂u, or ∂u/∂v."""
        kind, layer, low, turned = self.meaning(lower)
        places = [at[index] if index in at else int(index) - 1 for index in low]
        if upper == "ℓ":
            if kind in ("row", "entry"):
                gradient = self.gradient("weight", layer)
                return Value(gradient[places[0], :] if kind == "row" else gradient[tuple(places)])
            gradient = self.gradient(kind, layer)
            if kind == "weight":
                return Value(gradient.T if turned else gradient)
            if places:
                return Value(gradient[places[0]])
            return Value(gradient if self.style == "delta" else gradient.T)
        up_kind, up_layer, up_low, _ = self.meaning(upper)
        rows = [at[index] for index in up_low]
        if kind in ("row", "entry"):
            # Differentiated once more, from the definition of one unit.
            symbols = sympy.Matrix(
                1, self.weights[layer].cols, sympy.symbols(f"u:{self.weights[layer].cols}")
            )
            weight = self.weights[layer].copy()
            weight[places[0], :] = symbols
            found = self.pre(layer, weight=weight)[rows[0]]
            row = sympy.Matrix(1, len(symbols), [sympy.diff(found, u) for u in symbols])
            return Value(row if kind == "row" else row[places[1]])
        jacobian = self.jacobian((up_kind, up_layer), (kind, layer))
        return Value(jacobian[rows[0], places[0]] if rows else jacobian)

    def evaluate(self, markup, **at):
        """The value of a formula in markup."""
        code, scope, before = "", {}, False
        at_end = 0
        for found in TOKEN.finditer(markup):
            assert not markup[at_end : found.start()].strip(), markup
            at_end = found.end()
            token = found[0]
            if token in "+-/)],>" or token in ("·", "^{2}", "^{T}"):
                code += {"·": "*", "]": ")", "^{2}": "**2", "^{T}": ".T"}.get(token, token)
                before = token in ")]" or token in ("^{2}", "^{T}")
                continue
            code += "*" if before else ""
            if token in ("(", "["):
                code, before = code + "(", False
            elif token in ("s", "tanh", "max", "softmax", "log"):
                code, before = code + token, False
            else:
                scope[f"v{len(scope)}"] = self._token(token, at)
                code, before = f"{code}v{len(scope) - 1}", True
        assert not markup[at_end:].strip(), markup
        return eval(code, {"__builtins__": {}}, scope | self._functions())

    def _token(self, token, at):
        if token == "½":
            return Value(sympy.Rational(1, 2))
        if token.isdigit():
            return Value(int(token))
        if token in "ΛΩJ":
            layer = 1 if token == "Λ" else 2
            return Value(self.jacobian(("out", layer), ("pre", layer)))
        if token.startswith("diag g′("):
            layer = self.meaning(token[len("diag g′(") : -1])[1]
            return Value(self.jacobian(("out", layer), ("pre", layer)))
        if token.startswith("∇"):
            kind, layer, _, _ = self.meaning(token[1:])
            return Value(self.gradient(kind, layer))
        if token.startswith("∂"):
            upper, lower = token[1:].split("/∂")
            return self.derivative(upper, lower, at)
        return self.read(token, at)

    @staticmethod
    def _functions():
        def entrywise(function):
            return lambda value, *_: Value(
                value.of.applyfunc(function) if isinstance(value.of, sympy.MatrixBase) else function(value.of)
            )

        def softmax(value):
            powers = value.of.applyfunc(sympy.exp)
            return Value(powers / sum(powers))

        return {
            "s": entrywise(sigmoid),
            "tanh": entrywise(sympy.tanh),
            "max": entrywise(relu),
            "log": entrywise(sympy.log),
            "softmax": softmax,
        }
