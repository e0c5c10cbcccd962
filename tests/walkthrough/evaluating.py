"""Equations of a sheet, worked out from nothing but what stands on them: the oracle of what the page says.

The working of an equation is read as a person reads it: numbers beside one another are matrix products, a dot is a
product, and the words between them are those of the sheet.
"""

import numpy as np

from bpcli.walkthrough.blocks import Numbers

WORDS = {
    "·": "*",
    "½ [": "0.5*(",
    "]": ")",
    ")^{2}": ")**2",
    "( 1 -": "*(1-",
    ") / (": ")/(",
    "+ ( 1 -": "+(1-",
    ") log ( 1 -": ")*np.log(1-",
    "- [": "-(",
    "log": "*np.log",
    "[": "(",
    "diag [": "diagonal(",
    "1 - (": "1-(",
    "diag(": "np.diagflat(",
    "diag(1 where": "np.diagflat(1*(",
    "> 0, else 0)": ">0))",
    "s(": "s(",
    "tanh(": "np.tanh(",
    "max(": "np.maximum(",
    ", 0)": ",0)",
    "softmax(": "softmax(",
}


def s(u):
    """The textbook sigmoid."""
    return 1 / (1 + np.exp(-u))


def softmax(u):
    """The textbook softmax."""
    return np.exp(u) / np.exp(u).sum()


def diagonal(*entries):
    """A matrix of these entries."""
    return np.diag(entries)


def outcome(working):
    """What the working of an equation comes to; None where a wide layer leaves terms out."""
    names, code, before = {}, "", None
    for term in working:
        if isinstance(term, Numbers):
            name = f"n{len(names)}"
            values = term.values
            names[name] = float(values) if values.ndim == 0 else values.reshape(term.shape)
            code += ("@" if isinstance(before, Numbers) else "") + f"({name})"
        elif "…" in term:
            return None
        else:
            code += WORDS.get(term, term)
        before = term
    scope = {"np": np, "s": s, "softmax": softmax, "diagonal": diagonal, **names}
    return np.asarray(eval(code, {"__builtins__": {}}, scope))


def answer(numbers):
    """The answer of an equation as the matrix that it stands for."""
    if numbers.diagonal:
        return np.diag(numbers.values)
    return numbers.values if numbers.values.ndim == 0 else numbers.values.reshape(numbers.shape)
