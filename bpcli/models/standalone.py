"""A model as a Python file of its own, with the encoding of raw rows: NumPy, PyTorch or scikit-learn, and no bpcli.

Everything that is a table of numbers or words stands in one line of JSON, and code that a model does not need (for
dates, for words) is left out: what remains is short enough to be read.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from bpcli.datasets.cells import (
    CURRENCY,
    INVISIBLE,
    MISSING_NUMBERS,
    MISSING_WORDS,
    SUFFIXES,
    any_case,
    marked_numbers,
    separators,
)
from bpcli.datasets.columns import SUFFIXED, UNIT
from bpcli.datasets.dataset import Role
from bpcli.datasets.dates import DURATION, DURATIONS, ZONE
from bpcli.datasets.encoding import CategoryCode
from bpcli.models.model import Model
from bpcli.models.sources import needed_roles

Flavour: TypeAlias = Literal["numpy", "torch", "sklearn"]

NUMBER = r"""
def bare(cell):  # as text, without blanks and invisible characters around it, nor the ="..." of Excel
    cell = "" if cell is None else cell if isinstance(cell, str) else str(cell).replace(".", M["decimal"])
    return re.sub(r'^="([^"]*)"$', r"\1", cell.strip().strip(M["invisible"]).strip())


def number(cell, form=""):  # NaN where it is missing; $, % and what separates thousands are left out
    found = re.fullmatch(M["number"][form], "nan" if (cell := bare(cell)).casefold() in M["missing"] else cell)
    digits, suffix, exact = found.group("digits", "suffix", "exact") if found else ("", "", "inf")
    text = exact or "-" * bool(re.search("[-\u2212\u2013(]", cell)) + digits + M["suffixes"][suffix]
    if np.isinf(value := float(re.sub("[dD]|(?<=[0-9.])(?=[-+])", "e", text.translate(str.maketrans(M["signs"]))))):
        raise ValueError(f"{cell!r} is not a number")
    return np.nan if found["plain"] and value in M["missing numbers"] else value

"""
_POINT = r"""    cell = re.sub(M["point"], r"\1,", bare(cell))  # 1.5 stands for no thousands
"""
_DATE = """
def date(cell, form):  # day since 1970, month, weekday and hour
{longer}    try:
        t = (datetime.fromisoformat(cell) if form == "iso" else datetime.strptime(cell, form)).replace(tzinfo=None)
    except (TypeError, ValueError):
        return [np.nan] * 4
    return [(s := (t - datetime(1970, 1, 1)).total_seconds()) / 86400, t.month, t.weekday(), s % 86400 / 3600]

"""
_LONGER = """\
    if form == "duration" and (found := re.fullmatch({pattern!r}, cell)):
        hours, minutes, seconds = map(int, found.groups("0"))
        cell, form = str(datetime(1900, 1, 1) + timedelta(0, seconds, 0, 0, minutes, hours)), "iso"
"""
_ONE_HOT = """
def one_hot(cell, code):  # one input per word; one input for two words, 1/2 for any other
{marks}    i = code["words"].get(cell, code["folded"].get(cell.casefold(), code["new"]))
    return [0.5 if i < 0 else i] if code["width"] == 1 else [float(i == j) for j in range(code["width"])]

"""
_NUMBER_MARKS = """\
    if (found := re.fullmatch(M["number"][""], cell)) and found["plain"] and \
            float(cell.replace(M["decimal"], ".")) in M["missing numbers"]:
        cell = ""
"""
_ENCODE = """
def encode(rows):  # N rows as the network sees them, N×d0
    if absent := [name for name in M["columns"] if any(name not in row for row in rows)]:
        raise ValueError(f"there is no column {{absent[0]!r}}, which the network was trained on")
    numbers = np.array([[{numbers}] for row in rows], float).reshape(len(rows), -1)
    x = np.where(gaps := np.isnan(numbers), M["fill"], numbers)[:, M["kept"]]
{words}{joined}    return ((x - M["offset"]) / M["scale"]).astype("{dtype}").astype(float)

"""
_INDICATORS = 'gaps[:, M["indicators"]]'
_WORDS = """\
    words = [[v for code in M["words"] for v in one_hot(bare(row.get(code["name"])), code)] for row in rows]
"""
_NUMPY = """
def outputs(rows):  # z of the network, N×d_L
    h = encode(rows)
    for W, bias in M["layers"][:-1]:
        a = h @ np.transpose(W) + bias
        h = {activation}
    W, bias = M["layers"][-1]
    b = h @ np.transpose(W) + bias
    return {output}

"""
_FUNCTIONS = {
    "sigmoid": "1 / (1 + np.exp(-{0}))",
    "tanh": "np.tanh({0})",
    "relu": "np.maximum({0}, 0)",
    "identity": "{0}",
    "softmax": "(e := np.exp({0} - {0}.max(axis=1, keepdims=True))) / e.sum(axis=1, keepdims=True)",
}
_TORCH = """
network = nn.Sequential({layers}).double()
with torch.no_grad():
    for layer, (W, bias) in zip((m for m in network if isinstance(m, nn.Linear)), M["layers"]):
        layer.weight.copy_(torch.tensor(W, dtype=torch.float64))
        layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))


def outputs(rows):  # z of the network, N×d_L
    with torch.no_grad():
        return network(torch.from_numpy(encode(rows))).numpy()

"""
_MODULES = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "identity": "nn.Identity()",
    "softmax": "nn.Softmax(dim=1)",
}
_SKLEARN = """
network = MLPRegressor({hidden}, activation={activation!r}, max_iter=1)
network.coefs_ = [np.transpose(W) for W, _ in M["layers"]]
network.intercepts_ = [np.array(bias) for _, bias in M["layers"]]
network.n_layers_, network.n_outputs_, network.out_activation_ = {depth} + 1, {width}, {output!r}
network.n_features_in_ = len(M["offset"])
pipeline = make_pipeline(FunctionTransformer(encode), network)


def outputs(rows):  # z of the network, N×d_L, as scikit-learn computes it
    return np.asarray(pipeline.predict(rows)).reshape(len(rows), -1)

"""
_SKLEARN_NAMES = {"sigmoid": "logistic"}
_MEANING = {
    "regression": 'outputs(rows) * M["target scale"] + M["target offset"]',
    "multilabel": "(outputs(rows) >= 0.5).astype(int)",
    "two": 'np.array(M["classes"])[(outputs(rows)[:, 0] >= 0.5).astype(int)]',
    "classes": 'np.array(M["classes"])[outputs(rows).argmax(axis=1)]',
}
_PREDICT = '''
def predict(rows):
    """Return {what} for N rows, given as dicts of text or numbers."""
    return {meaning}


if __name__ == "__main__":
    names, *rows = csv.reader(sys.stdin)
    for value in predict([dict(zip(names, row, strict=True)) for row in rows if row]).tolist():
        print(*(value if isinstance(value, list) else [value]), sep=",")
'''
_WHAT = {
    "regression": "numbers, N×(number of targets),",
    "multilabel": "which labels apply, N×(number of labels) zeros and ones,",
    "classification": "the class",
}
_IMPORTS = {
    "numpy": "",
    "torch": "import torch\nfrom torch import nn\n",
    "sklearn": "from sklearn.neural_network import MLPRegressor\nfrom sklearn.pipeline import make_pipeline\n"
    "from sklearn.preprocessing import FunctionTransformer\n",
}
NEEDED = {"numpy": "NumPy", "torch": "NumPy and PyTorch", "sklearn": "NumPy and scikit-learn"}


def program(model: Model, flavour: Flavour) -> str:
    """The text of the file."""
    encoding, target = model.encoding, model.encoding.target
    dates = any(role.kind == "date" for role in encoding.roles)
    words = bool(encoding.categories)
    columns = repr(", ".join(role.name for role in needed_roles(encoding))[:200])[1:-1].replace('"', "'")
    named = repr(", ".join(model.columns))[1:-1].replace('"', "'")
    points = ", and decimal commas," if encoding.decimal == "," else ""
    head = (
        f'"""Predicts {named} with {NEEDED[flavour]} alone; '
        f"reads a CSV with a header{points} from stdin. Written by bpcli.\n\n"
        f'Columns: {columns}\n"""\n\n'
    ).replace("\\", "\\\\")
    imports = ["csv", "json", "re", "sys"]
    longer = any(role.kind == "date" and role.format == DURATION for role in encoding.roles)
    imported = "".join(f"import {name}\n" for name in imports)
    imported += f"from datetime import datetime{', timedelta' * longer}\n" * dates
    kind = target.task if target.task != "classification" else "two" if _single(model) else "classes"
    marked = any(_is_marked(role) for role in encoding.roles)
    cell = 'number(row.get(name), M["forms"].get(name, ""))' if marked else "number(row.get(name))"
    numbers = (
        'v for name, form in M["numbers"] for v in (date(re.sub(M["zone"], "", bare(row.get(name))), form) if form '
        f"else [{cell}])"
        if dates
        else f'{cell} for name in M["numbers"]'
    )
    number_marks = bool(marked_numbers(encoding.missing_values, encoding.decimal))
    one_hot = _ONE_HOT.replace("{marks}", _NUMBER_MARKS if number_marks else "")
    more = [_INDICATORS] * bool(encoding.indicators) + ["words"] * words
    parts = [
        head
        + imported
        + f"\nimport numpy as np\n{_IMPORTS[flavour]}\nM = json.loads({_literal(model, dates)})\n",
        NUMBER.replace("    found", _POINT + "    found") if encoding.decimal == "," else NUMBER,
        _DATE.replace("{longer}", _LONGER.format(pattern=DURATIONS) if longer else "") if dates else "",
        one_hot if words else "",
        _ENCODE.format(
            numbers=numbers,
            words=_WORDS if words else "",
            joined=f"    x = np.hstack([x, {', '.join(more)}])\n" if more else "",
            dtype=model.parameters.dtype.name,
        ),
        _network(model, flavour),
        _PREDICT.format(what=_WHAT[target.task], meaning=_MEANING[kind]),
    ]
    return "\n".join(part for part in parts if part).replace("\n\n\n\n", "\n\n\n")


def _single(model: Model) -> bool:
    """Whether one output tells two classes apart."""
    return model.architecture.sizes[-1] == 1


def _network(model: Model, flavour: Flavour) -> str:
    """The code that defines ``outputs``."""
    arch = model.architecture
    if flavour == "numpy":
        return _NUMPY.format(
            activation=_FUNCTIONS[arch.activation].format("a"), output=_FUNCTIONS[arch.output].format("b")
        )
    if flavour == "torch":
        shapes = list(arch.shapes())
        layers = [
            f"nn.Linear({a}, {b}), {_MODULES[arch.output if i == len(shapes) - 1 else arch.activation]}"
            for i, (a, b) in enumerate(shapes)
        ]
        return _TORCH.format(layers=", ".join(layers))
    names = [_SKLEARN_NAMES.get(name, name) for name in (arch.activation, arch.output)]
    return _SKLEARN.format(
        hidden=arch.sizes[1:-1] or (1,),
        activation=names[0],
        output=names[1],
        depth=arch.depth,
        width=arch.sizes[-1],
    )


def _literal(model: Model, dates: bool) -> str:
    """All constants as a Python literal of JSON text, on one line."""
    text = json.dumps(_constants(model, dates), ensure_ascii=False)
    return repr(text)


def _constants(model: Model, dates: bool) -> dict[str, Any]:
    encoding, target = model.encoding, model.encoding.target
    forms = {role.name: role.format for role in encoding.roles if role.kind == "date"}
    marked = {role.name: role.format for role in encoding.roles if _is_marked(role)}
    numbers: list[tuple[str, str]] = []
    for name in encoding.numbers:
        day = name.rpartition(": ")[0]
        column = (day, forms[day]) if day in forms else (name, "")
        if not column[1] or column not in numbers:
            numbers.append(column)
    return {
        "numbers": numbers if dates else [name for name, _ in numbers],
        "columns": [role.name for role in needed_roles(encoding)],
        "forms": marked,
        **({"zone": ZONE} if dates else {}),
        **number_constants(
            encoding.missing_values,
            sorted({"", *marked.values()}),
            encoding.decimal,
            model.read.thousands if model.read else "auto",
        ),
        "fill": encoding.fill.tolist(),
        "kept": list(encoding.kept),
        "indicators": list(encoding.indicators),
        "words": [_words(code, encoding.missing_values) for code in encoding.categories],
        "offset": encoding.offset.tolist(),
        "scale": encoding.scale.tolist(),
        "classes": list(target.classes),
        "target offset": target.offset.tolist(),
        "target scale": target.scale.tolist(),
        "layers": [
            (
                W.astype(np.float64).tolist(),
                np.zeros(len(W)).tolist() if bias is None else bias.astype(np.float64).tolist(),
            )
            for W, bias in zip(model.parameters.weights, model.parameters.biases, strict=True)
        ],
    }


def _is_marked(role: Role) -> bool:
    """Whether training found K and M, or a unit, after the numbers of a column."""
    return role.kind == "number" and (role.format == SUFFIXED or role.format.startswith(UNIT))


def number_constants(
    missing_values: Sequence[str], forms: Sequence[str] = ("",), decimal: str = ".", thousands: str = "auto"
) -> dict[str, Any]:
    """What ``number`` in the program needs: a pattern for each format of a column of numbers among them."""
    separator = "[" + "".join(map(re.escape, separators(decimal, thousands))) + "]"
    return {
        "number": {form: _number_pattern(form, decimal, separator) for form in forms},
        "decimal": decimal,
        "signs": dict.fromkeys(separators(decimal, thousands), "") | {"\u2212": "-", decimal: "."},
        "point": r"^(?=.*[0-9])([-+]?(?![1-9][0-9]{0,2}\.[0-9]{3}$)[0-9]*)\.(?=[0-9]*(?:[eE][-+]?[0-9]+)?$)",
        "invisible": INVISIBLE,
        "suffixes": {"": "", **SUFFIXES},
        "missing": sorted(MISSING_NUMBERS.union(mark.strip().casefold() for mark in missing_values)),
        "missing numbers": marked_numbers(missing_values, decimal),
    }


def _number_pattern(form: str, decimal: str, separator: str) -> str:
    """The cells that ``bpcli.datasets.cells`` reads as numbers in a column of this format, in linear time."""
    point = re.escape(decimal)
    fraction = rf"[0-9]+{point}[0-9]*|{point}[0-9]+"
    exact = rf"(?P<plain>nan|[-+]?(?:{fraction}|[0-9]+)(?:[eE][-+]?[0-9]+)?)\Z"
    if decimal == ".":
        exact += rf"|[-+]?(?:{fraction})(?:[dD][-+]?[0-9]+|(?:\+|(?<=[0-9]{{3}})-)[0-9]{{3}})\Z"
    unit = ""
    if form.startswith(UNIT):
        word = form.removeprefix(UNIT)
        # 12m without a blank may be a code.
        unit = (r"\s" if len(word) == 1 and word.isalpha() else r"\s?") + re.escape(word)
        thousands = rf"[1-9][0-9]{{0,2}}(?P<th>{separator})[0-9]{{3}}(?:(?P=th)[0-9]{{3}})*"
        lakhs = rf"[1-9][0-9]?(?P<lh>{separator})[0-9]{{2}}(?:(?P=lh)[0-9]{{2}})*(?P=lh)[0-9]{{3}}"
        exact += rf"|[-+\u2212]?(?:{thousands}|{lakhs}|[0-9]+)(?:{point}[0-9]*)?(?={unit}\Z)"
    suffix = "|".join(SUFFIXES) if form == SUFFIXED else ""
    grouped = (
        rf"[1-9][0-9]{{0,2}}(?P<thousands>{separator})[0-9]{{3}}(?:(?P=thousands)[0-9]{{3}})*"
        rf"|[1-9][0-9]?(?P<lakhs>{separator})[0-9]{{2}}(?:(?P=lakhs)[0-9]{{2}})*(?P=lakhs)[0-9]{{3}}"
    )
    # An amount has a mark: it is more than a sign, a blank and digits.
    amount = (
        rf"(?=(?s:.)*(?:[^-+0-9{point}\s]|[0-9]\s|[0-9{point}]-))"
        rf"(?:(?P<open>\()|(?P<sign>[-+\u2212\u2013]))?\s?(?:{CURRENCY})?\s?(?(open)|(?P<sign2>[-\u2212\u2013])?)"
        rf"(?![0-9]+(?:{suffix})?[-\u2212\u2013])(?P<digits>(?:{grouped})(?:{point}[0-9]*)?|{fraction}|[0-9]+)(?P<suffix>(?:{suffix})?)"
        rf"(?(open)|(?(sign)|(?(sign2)|[-\u2212\u2013]?)))\s?(?:%|{CURRENCY})?(?(open)\))"
    )
    return f"(?P<exact>{exact})(?:{unit})?|{amount}"


def _words(code: CategoryCode, marks: Sequence[str]) -> dict[str, Any]:
    """Positions of words among the inputs of a column: as they are written, else in any case, else that of new ones."""
    new = len(code.levels) if code.other else -1
    folded = {letters: code.levels.index(level) for letters, level in any_case(code.levels).items()}
    absent = sorted(MISSING_WORDS.union(mark.strip().casefold() for mark in marks))
    folded |= dict.fromkeys(absent, len(code.parts) - 1 if code.missing else new)
    exact = {level: i for i, level in enumerate(code.levels)}
    return {"name": code.name, "words": exact, "folded": folded, "new": new, "width": len(code.features)}
