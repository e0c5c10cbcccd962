"""A model as a Python file of its own, with the encoding of raw rows: NumPy, PyTorch or scikit-learn, and no bpcli."""

from typing import Any, Literal, TypeAlias

import numpy as np

from bpcli.datasets.cells import MISSING_NUMBERS, MISSING_WORDS
from bpcli.models.model import Model
from bpcli.models.sources import needed_roles

Flavour: TypeAlias = Literal["numpy", "torch", "sklearn"]

_ENCODE = '''
def number(cell):
    """A number in a cell, or NaN for a missing one; $, %, blanks and separated thousands are left out."""
    if cell is None or str(cell).strip().lower() in MISSING_NUMBERS:
        return np.nan
    cell = re.sub(r"[^0-9eE.+()-]", "", str(cell))
    return -float(cell.strip("()")) if cell.startswith("(") else float(cell)


def date(cell, form):
    """Days since 1970, month, weekday and hour, or four times NaN."""
    try:
        t = datetime.fromisoformat(cell) if form == "iso" else datetime.strptime(cell, form)
    except (TypeError, ValueError):
        return [np.nan] * 4
    t = t.replace(tzinfo=None)
    return [(t - datetime(1970, 1, 1)).total_seconds() / 86400, t.month, t.weekday(), t.hour + t.minute / 60]


def one_hot(cell, levels, other, missing):
    """0/1 for each word; of two parts only the second, and 1/2 for a word that is neither."""
    parts = [*levels, *["other"] * other, *["missing"] * missing]
    cell = "" if cell is None else str(cell).strip()
    spelt = {word.casefold(): i for i, word in reversed(list(enumerate(levels))) if len(word) > 1}
    rest = len(levels) if other else -1
    if cell.lower() in MISSING_WORDS:
        i = len(parts) - 1 if missing else rest
    else:
        i = levels.index(cell) if cell in levels else spelt.get(cell.casefold(), rest)
    return [0.5 if i < 0 else float(i)] if len(parts) <= 2 else [float(i == j) for j in range(len(parts))]


def encode(rows):
    """Rows (dicts of text or numbers) as the network sees them, N×d0."""
    X = []
    for row in rows:
        cells = [(row.get(name), form) for name, form in NUMBERS]
        numbers = [v for cell, form in cells for v in (date(cell, form) if form else [number(cell)])]
        filled = np.where(np.isnan(numbers), FILL, numbers) if NUMBERS else np.empty(0)
        gaps = np.isnan(numbers)[INDICATORS] if INDICATORS else []
        words = [v for name, *code in CATEGORIES for v in one_hot(row.get(name), *code)]
        X.append([*filled[KEPT], *gaps, *words])
    return ((np.array(X) - OFFSET) / SCALE).astype(DTYPE)
'''

_NUMPY = '''

def outputs(rows):
    """The outputs of the network, N×d_L."""
    x = encode(rows).astype(float)
    for i, (W, bias) in enumerate(WEIGHTS):
        x = (OUTPUT if i == len(WEIGHTS) - 1 else HIDDEN)(x @ np.array(W).T + np.array(bias))
    return x
'''
_FUNCTIONS = {
    "sigmoid": "lambda a: 1 / (1 + np.exp(-a))",
    "tanh": "np.tanh",
    "relu": "lambda a: np.maximum(a, 0)",
    "identity": "lambda a: a",
    "softmax": "lambda a: (e := np.exp(a - a.max(axis=1, keepdims=True))) / e.sum(axis=1, keepdims=True)",
}
_TORCH = '''

network = nn.Sequential({layers}).double()
with torch.no_grad():
    for layer, (W, bias) in zip((m for m in network if isinstance(m, nn.Linear)), WEIGHTS):
        layer.weight.copy_(torch.tensor(W, dtype=torch.float64))
        layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))


def outputs(rows):
    """The outputs of the network, N×d_L."""
    with torch.no_grad():
        return network(torch.from_numpy(encode(rows)).double()).numpy()
'''
_MODULES = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "identity": "nn.Identity()",
    "softmax": "nn.Softmax(dim=1)",
}
_SKLEARN = '''

network = MLPRegressor({hidden}, activation={activation!r}, max_iter=1)
network.coefs_ = [np.array(W).T for W, _ in WEIGHTS]
network.intercepts_ = [np.array(bias) for _, bias in WEIGHTS]
network.n_layers_, network.n_outputs_, network.out_activation_ = len(WEIGHTS) + 1, len(WEIGHTS[-1][1]), {output!r}
network.n_features_in_ = len(OFFSET)
pipeline = make_pipeline(FunctionTransformer(encode), network)


def outputs(rows):
    """The outputs of the network, N×d_L, as scikit-learn computes them."""
    return np.asarray(pipeline.predict(rows)).reshape(len(rows), -1)
'''
_SKLEARN_NAMES = {"sigmoid": "logistic"}
_PREDICT = {
    "regression": '''

def predict(rows):
    """The numbers that are predicted, N×(number of targets)."""
    return outputs(rows) * TARGET_SCALE + TARGET_OFFSET
''',
    "multilabel": '''

def predict(rows):
    """Which labels each row has, N×(number of labels) zeros and ones."""
    return (outputs(rows) >= 0.5).astype(int)
''',
    "classification": '''

def predict(rows):
    """The class of each row."""
    z = outputs(rows)
    return np.array(CLASSES)[z.argmax(axis=1) if z.shape[1] > 1 else (z[:, 0] >= 0.5).astype(int)]
''',
}
_MAIN = """

if __name__ == "__main__":
    for value in predict(list(csv.DictReader(sys.stdin))).tolist():
        print(*(value if isinstance(value, list) else [value]), sep=",")
"""
_IMPORTS = {
    "numpy": "import numpy as np",
    "torch": "import numpy as np\nimport torch\nfrom torch import nn",
    "sklearn": "import numpy as np\nfrom sklearn.neural_network import MLPRegressor\n"
    "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import FunctionTransformer",
}
NEEDED = {"numpy": "NumPy", "torch": "NumPy and PyTorch", "sklearn": "NumPy and scikit-learn"}


def program(model: Model, flavour: Flavour) -> str:
    """The text of the file."""
    target = model.encoding.target
    columns = repr(", ".join(_needed(model))[:200])[1:-1].replace('"', "'")
    head = (
        f'"""Predicts {", ".join(model.columns)!r} from raw rows with {NEEDED[flavour]} alone; written by bpcli.\n\n'
        "predict([{column: value, ...}, ...]) takes dicts; as a program it reads a CSV with a header from stdin.\n"
        f'Columns: {columns}\n"""\n\n'
        f"import csv\nimport re\nimport sys\nfrom datetime import datetime\n\n{_IMPORTS[flavour]}\n\n"
    ).replace("\\", "\\\\")
    constants = "\n".join(f"{name} = {value}" for name, value in _constants(model).items()) + "\n"
    arch = model.architecture
    network = {"numpy": _NUMPY, "torch": _TORCH, "sklearn": _SKLEARN}[flavour]
    if flavour == "numpy":
        network = network.replace("HIDDEN", "hidden").replace("OUTPUT", "output")
        constants += f"hidden = {_FUNCTIONS[arch.activation]}\noutput = {_FUNCTIONS[arch.output]}\n"
    elif flavour == "torch":
        shapes = list(arch.shapes())
        layers = [
            f"nn.Linear({a}, {b}), {_MODULES[arch.output if i == len(shapes) - 1 else arch.activation]}"
            for i, (a, b) in enumerate(shapes)
        ]
        network = network.format(layers=", ".join(layers))
    else:
        names = [_SKLEARN_NAMES.get(name, name) for name in (arch.activation, arch.output)]
        network = network.format(hidden=arch.sizes[1:-1] or (1,), activation=names[0], output=names[1])
    return head + constants + "\n" + _ENCODE + network + _PREDICT[target.task] + _MAIN


def _needed(model: Model) -> list[str]:
    return [role.name for role in needed_roles(model.encoding)]


def _constants(model: Model) -> dict[str, str]:
    encoding, target = model.encoding, model.encoding.target
    forms = {role.name: role.format for role in encoding.roles if role.kind == "date"}
    numbers: list[tuple[str, str]] = []
    for name in encoding.numbers:
        day = name.rpartition(": ")[0]
        if day in forms:
            if (day, forms[day]) not in numbers:
                numbers.append((day, forms[day]))
        else:
            numbers.append((name, ""))
    weights = [
        (
            W.astype(np.float64).tolist(),
            np.zeros(len(W)).tolist() if bias is None else bias.astype(np.float64).tolist(),
        )
        for W, bias in zip(model.parameters.weights, model.parameters.biases, strict=True)
    ]
    values: dict[str, Any] = {
        "NUMBERS": numbers,
        "FILL": encoding.fill.tolist(),
        "KEPT": list(encoding.kept),
        "INDICATORS": list(encoding.indicators),
        "CATEGORIES": [(code.name, code.levels, code.other, code.missing) for code in encoding.categories],
        "MISSING_NUMBERS": sorted(MISSING_NUMBERS),
        "MISSING_WORDS": sorted(MISSING_WORDS),
        "OFFSET": encoding.offset.tolist(),
        "SCALE": encoding.scale.tolist(),
        "DTYPE": model.parameters.dtype.name,
        "CLASSES": list(target.classes),
        "TARGET_OFFSET": target.offset.tolist(),
        "TARGET_SCALE": target.scale.tolist(),
        "WEIGHTS": weights,
    }
    return {name: repr(value) for name, value in values.items()}
