"""An oracle in decimal arithmetic of 60 digits, which knows no gradient: it differentiates by central differences.

The loss is computed from any layer on, so that it can be differentiated by parameters, activations and pre-activations
alike. With a step of 1e-20 the truncation error is about 1e-40.
"""

from decimal import Decimal, localcontext

DIGITS, STEP = 60, Decimal("1e-20")


def _sigmoid(u):
    return 1 / (1 + (-u).exp())


def _tanh(u):
    return (u.exp() - (-u).exp()) / (u.exp() + (-u).exp())


ACTIVATIONS = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": lambda u: max(u, Decimal(0)),
    "identity": lambda u: u,
}


def _vector(array):
    return [Decimal(value) for value in array.tolist()]


class Oracle:
    """One point, its numbers as exact decimals."""

    def __init__(self, example):
        self.net = example.architecture
        self.names = self.net.names()
        self.x, self.y = _vector(example.X[0]), _vector(example.Y[0])
        self.parameters = {
            name: [_vector(row) for row in tensor] if tensor.ndim == 2 else _vector(tensor)
            for name, tensor in example.parameters.items()
        }
        self.rate = Decimal(example.learning_rate)

    def pre(self, index, inputs):
        """Weights times inputs, plus bias, with sums written out."""
        weight, bias = self.parameters[self.names[index].matrix], self.parameters.get(self.names[index].bias)
        return [
            sum((w * i for w, i in zip(row, inputs, strict=True)), bias[j] if bias else Decimal(0))
            for j, row in enumerate(weight)
        ]

    def out(self, index, pre):
        """The activation of a layer."""
        last = index == len(self.names) - 1
        if last and self.net.output == "softmax":
            total = sum(value.exp() for value in pre)
            return [value.exp() / total for value in pre]
        g = ACTIVATIONS[self.net.output if last else self.net.activation]
        return [g(value) for value in pre]

    def loss(self, z):
        """The loss of outputs, as in the textbook."""
        pairs = list(zip(self.y, z, strict=True))
        if self.net.loss == "squared_error":
            return sum((y - z) ** 2 for y, z in pairs) / 2
        if self.net.output == "softmax":
            return -sum(y * z.ln() for y, z in pairs)
        return -sum(y * z.ln() + (1 - y) * (1 - z).ln() for y, z in pairs)

    def loss_from(self, index, *, pre=None, out=None):
        """The loss where layer ``index`` has these pre-activations or outputs."""
        out = self.out(index, pre) if out is None else out
        for later in range(index + 1, len(self.names)):
            out = self.out(later, self.pre(later, out))
        return self.loss(out)

    def whole_loss(self):
        """The loss at the point."""
        return self.loss_from(0, pre=self.pre(0, self.x))

    def quantities(self):
        """Every quantity by name, as decimals; a matrix is a list of rows."""
        with localcontext() as context:
            context.prec = DIGITS
            return self._quantities()

    def _quantities(self):
        found = {"x": self.x, "y": self.y, **self.parameters}
        inputs = self.x
        for index, names in enumerate(self.names):
            pre = self.pre(index, inputs)
            out = self.out(index, pre)
            found |= {names.pre: pre, names.out: out}
            found[names.derivative] = [
                _derivative(lambda moved, index=index, pre=pre, j=j: self.out(index, moved)[j], pre, j)
                for j in range(len(pre))
            ]
            found[names.grad_out] = _gradient(
                lambda moved, index=index: self.loss_from(index, out=moved), out
            )
            found[names.delta] = _gradient(lambda moved, index=index: self.loss_from(index, pre=moved), pre)
            inputs = out
        found["loss"] = self.whole_loss()
        for name in self.parameters:
            found[f"grad_{name}"] = self._by_parameter(name)
        for name, value in self.parameters.items():
            found[f"new_{name}"] = _moved(value, found[f"grad_{name}"], self.rate)
        self.parameters = {name: found[f"new_{name}"] for name in self.parameters}
        found["loss_after"] = self.whole_loss()
        return found

    def _by_parameter(self, name):
        kept = self.parameters[name]

        def loss_with(rows):
            self.parameters[name] = rows
            try:
                return self.whole_loss()
            finally:
                self.parameters[name] = kept

        if not isinstance(kept[0], list):
            return _gradient(loss_with, kept)
        return [
            _gradient(lambda moved, j=j: loss_with([*kept[:j], moved, *kept[j + 1 :]]), row)
            for j, row in enumerate(kept)
        ]


def _derivative(function, point, place):
    above, below = list(point), list(point)
    above[place] += STEP
    below[place] -= STEP
    return (function(above) - function(below)) / (2 * STEP)


def _gradient(function, point):
    return [_derivative(function, point, place) for place in range(len(point))]


def _moved(value, gradient, rate):
    if isinstance(value, list):
        return [_moved(v, g, rate) for v, g in zip(value, gradient, strict=True)]
    return value - rate * gradient
