"""Text formatting for messages: printable text on one line, lists in words, and suggestions for mistyped words."""

import difflib
import re
from collections.abc import Iterable

LONGEST = 60  # characters of anything quoted
BEGUN = 3  # letters of a word that is only the beginning of a choice
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with one of these first, a spreadsheet computes a cell

# Words for the same thing, in options, keys and values: of a row one word at most is a choice anywhere.
_SYNONYMS = (
    ("learning_rate", "rate", "lr", "alpha", "eta", "step_size"),
    ("batch_size", "batch", "bs", "minibatch"),
    ("hidden", "layers", "neurons", "width", "hidden_size", "hidden_layers"),
    ("optimizer", "optimiser", "solver", "opt"),
    ("weight_decay", "decay", "l2", "wd", "regularization"),
    ("epochs", "epoch", "steps", "iterations", "iters", "max_iter"),
    ("init", "initialization", "initialisation", "initializer", "weights_init"),
    ("out", "output_dir", "outdir", "out_dir", "output"),
    ("seed", "random_state", "random_seed"),
    ("validation", "val", "val_split", "validation_split", "test_size"),
    ("scale", "normalize", "standardize", "scaling"),
    ("loss", "criterion", "objective"),
    ("dtype", "precision"),
    ("target", "label", "labels"),
    ("force", "overwrite"),
    ("quiet", "silent"),
    ("latex", "tex"),
    ("markdown", "md"),
    ("html", "htm"),
    ("text", "txt", "plain"),
    ("torch", "pytorch"),
    ("squared_error", "mse", "mean_squared_error", "squared"),
    ("cross_entropy", "bce", "ce", "log_loss", "nll", "logloss", "crossentropy"),
    ("identity", "linear"),
    ("sigmoid", "logistic", "expit"),
    ("xavier", "glorot"),
    ("he", "kaiming"),
    ("normal", "gaussian"),
    ("zeros", "zero"),
    ("standard", "zscore", "z_score"),
    ("float64", "double", "f64"),
    ("float32", "single", "float", "f32"),
    ("delta", "δ"),
)


def printable(text: str, limit: int | None = None) -> str:
    """Return ``text`` cut to ``limit``, with line breaks and control characters escaped: they could fake output."""
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cell(text: str) -> str:
    """Return ``text`` as a printable cell of a table that no spreadsheet takes for a formula."""
    found = printable(text)
    return f"'{found}" if _is_formula(text) else found


def verbatim_cell(text: str) -> str:
    """Return ``text`` as ``cell`` does, but with its control characters, for tables that programs read too."""
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet computes it; signs alone, such as a class + or -, and numbers are what they look like."""
    return text.startswith(FORMULA) and not re.fullmatch(r"[+-]*(\.?\d[\d.,]*([eE][+-]?\d+)?( ?%)?)?", text)


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """Return ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def synonym(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that is ``word`` or another word for it, ``-`` and ``_`` and case aside, or None."""
    folded = {_folded(choice): choice for choice in choices}
    meant = _folded(word)
    same = (row for row in _SYNONYMS if meant in row)
    return next((folded[each] for each in (meant, *next(same, ())) if each in folded), None)


def nearest(word: object, choices: Iterable[str]) -> str | None:
    """Return the choice that ``word`` probably stands for: another word for it, or one spelt nearly so. Else None."""
    if not isinstance(word, str) or len(word) > LONGEST:
        return None
    choices = list(choices)
    if same := synonym(word, choices):
        return same
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(_folded(choice), choice)
    close = difflib.get_close_matches(_folded(word), folded, n=1)
    if not close and len(word) >= BEGUN:  # the beginning of one choice only
        begun = [choice for choice in folded if choice.startswith(_folded(word))]
        close = begun if len(begun) == 1 else []
    return folded[close[0]] if close else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")


def did_you_mean(word: object, choices: Iterable[str]) -> str | None:
    """Return ``did you mean X?`` for the nearest choice, in quotes if it is not one word, or None if none is close."""
    choice = nearest(word, choices)
    if choice is None:
        return None
    shown = choice if re.fullmatch(r"[\w.-]+", choice) else f"'{printable(choice, LONGEST)}'"
    return f"did you mean {shown}?"
