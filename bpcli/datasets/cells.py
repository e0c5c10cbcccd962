"""What one cell of a text table is: a number, an amount such as ``$5``, ``5%`` or ``5K``, a missing value, or text."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

# What numpy.loadtxt takes for a number. float() would also take 1_000 and the digits of other scripts.
_number = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_comma_number = re.compile(r"[+-]?(?:[0-9]+(?:,[0-9]*)?|,[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_decimal_comma = re.compile(r"[+-]?[0-9]+,[0-9]+").fullmatch

_NOT_AVAILABLE = frozenset(
    {
        "",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "#n/a n/a",
        "#na",
        "<na>",
        "nan",
        "+nan",
        "-nan",
        "null",
        "(null)",
        "\\n",
        "?",
    }
)
# In English, German, French, Spanish, Italian, Portuguese, Dutch and Polish.
_SPREADSHEET_ERRORS = frozenset({
    "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#spill!", "#calc!",
    "#wert!", "#bezug!", "#zahl!", "#nv", "#überlauf!", "#valeur!", "#nom?", "#nombre!", "#n/d",
    "#¡valor!", "#¡ref!", "#¿nombre?", "#¡num!", "#¡div/0!", "#valore!", "#rif!", "#nome?",
    "#valor!", "#núm!", "#waarde!", "#verw!", "#naam?", "#getal!", "#n/b", "#deel/0!",
    "#arg!", "#adr!", "#nazwa?", "#liczba!", "#n/d!",
})  # fmt: skip
_PUNCTUATION = frozenset({"-", "--", "---", "–", "—", ".", "..", "...", "…", ":"})
# Among words these may be a category.
_NOTHING = _PUNCTUATION | {
    "none",
    "nil",
    "missing",
    "not available",
    "n.d.",
    "n/d",
    "s/d",
    "k.a.",
    "k. a.",
    "n.v.t.",
}
# One letter each: in English, German, French, Italian and others; true and false; male and female.
_YES_AND_NO = tuple(map(set, ("yn", "jn", "on", "sn", "tf", "mf")))
_INFINITE = frozenset({sign + word for sign in ("", "+", "-") for word in ("inf", "infinity")})
_STATA = frozenset(f".{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
MISSING_NUMBERS = _NOT_AVAILABLE | _SPREADSHEET_ERRORS | _NOTHING | _STATA
MISSING_WORDS = _NOT_AVAILABLE | _SPREADSHEET_ERRORS
_MARKS = MISSING_NUMBERS | _INFINITE

_CODES = "USD|EUR|GBP|CHF|JPY|INR|CNY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|TRY|ZAR"
CURRENCY = rf"[$€£¥₹₩₽₺₴₪]|(?:US|A|C|R|HK|S)\$|Rs\.?|zł|Kč|kr|{_CODES}"
_MINUS, _DASH = "\u2212", "\u2013"
_WIDE = dict(zip(range(0xFF01, 0xFF5F), range(0x21, 0x7F), strict=True))  # full-width digits and signs
# What web pages, spreadsheets and joined files leave around a cell, and str.strip does not know.
INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_FORMULA = re.compile(r'="([^"]*)"').fullmatch  # keeps a cell from being changed in Excel
# 1,234,567, or 12,34,567 as in India; 0,123 has another decimal point than its table.
_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}").fullmatch
_SPACES = "\u0020\u00a0\u2009\u202f"
_amount = re.compile(
    rf"(?P<open>\()?(?P<sign>[+-])?\s?(?P<before>{CURRENCY})?\s?(?P<sign2>-)?"
    rf"(?P<digits>[0-9](?:[0-9.,'’{_SPACES}]*[0-9.,])?|[.,][0-9]+)(?P<suffix>[kKM])?"
    rf"(?P<sign3>-)?\s?(?P<after>%|{CURRENCY})?(?P<close>\))?"
).fullmatch
_measure = re.compile(
    rf"(?P<sign>[+-]?)(?P<digits>[0-9](?:[0-9.,'’{_SPACES}]*[0-9.,])?)(?P<blank>\s?)"
    r"(?P<unit>[^\W\d_]\D{0,14}?|[°'\"µ‰]\D{0,4})"
).fullmatch
# 3 May is a date.
_month = re.compile(
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?",
    re.IGNORECASE,
).fullmatch
SUFFIXES = {"k": "e3", "K": "e3", "M": "e6"}  # thousands and millions
# 1.0D+03 or 1.0+003, as Fortran writes 1.0E+03 in double precision; 1D5 may be a code, and 2.5-100 a range.
_fortran = re.compile(
    r"(?P<digits>[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+))"
    r"(?:[dD](?=[+-]?[0-9])|(?=\+[0-9]{3}$)|(?<=[0-9]{3})(?=-[0-9]{3}$))(?P<exponent>[+-]?[0-9]+)"
).fullmatch


class Amount(NamedTuple):
    """A number that is not written plainly.

    Attributes:
        value: the number.
        mark: how it is marked: a currency, %, (), −, D (for an exponent), K, "thousands" for separated ones, or "wide"
            for full-width digits.
        suffix: whether K or M stands after it, and is multiplied out.
    """

    value: float
    mark: str
    suffix: bool = False


def number(cell: str, decimal: str = ".") -> float | None:
    """The finite number that a (stripped) cell holds, or None."""
    if decimal == ",":
        if not _comma_number(cell):
            return None
        cell = cell.replace(",", ".")
    elif not _number(cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def amount(cell: str, decimal: str = ".", thousands: str = "auto") -> Amount | None:
    """The number in a cell with a currency, %, a minus sign (−), () for minus, separated thousands, K or M; or None.

    ``12%`` is 12: the number is read as it is written. ``thousands`` is the separator, or "auto" for any that
    stands before every three digits and is not the decimal point.
    """
    if exponent := _fortran(cell):
        value = number("e".join(exponent.groups()))
        return None if value is None else Amount(value, "D")
    plain = cell if cell.isascii() else cell.translate(_WIDE)
    wide = plain != cell
    found = _amount(plain.replace(_MINUS, "-").replace(_DASH, "-"))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    if sum(map(bool, found.group("open", "sign", "sign2", "sign3"))) > 1 and (
        found["open"] or found["sign3"]
    ):
        return None
    if found["sign3"] and found["digits"].isdigit():  # 2- may be a mark in school, and 1990- a range
        return None
    minus = _MINUS if found["sign3"] or {_MINUS, _DASH} & set(cell) else ""
    mark = found["before"] or found["after"] or ("()" if found["open"] else minus)
    digits = _ungrouped(found["digits"], decimal, thousands)
    if digits is None:
        return None
    suffix = found["suffix"] or ""
    separated = "thousands" if len(digits) < len(found["digits"]) else ""
    mark = mark or separated or ("K" if suffix else "wide" if wide else "")
    value = number(digits + SUFFIXES.get(suffix, ""))
    if value is None or not mark:
        return None
    negative = found["open"] or found["sign"] == "-" or found["sign2"] or found["sign3"]
    return Amount(-value if negative else value, mark, bool(suffix))


def _ungrouped(digits: str, decimal: str, thousands: str) -> str | None:
    """Digits with a decimal point and nothing that separates thousands; None where that does not stand in its place."""
    used = sorted(set(digits) & set(separators(decimal, thousands)))
    whole, point, fraction = digits.partition(decimal)
    if used:
        groups = whole.split(used[0])
        if len(used) > 1 or not _GROUPS(",".join(groups)):
            return None
        whole = "".join(groups)
    return whole + point.replace(decimal, ".") + fraction


def separators(decimal: str, thousands: str = "auto") -> str:
    """What may separate thousands."""
    return f",.'’{_SPACES}".replace(decimal, "") if thousands == "auto" else thousands


def marked_numbers(marks: Iterable[str], decimal: str) -> list[float]:
    """The numbers that marks for missing values are, read with a decimal point and as the table is."""
    readings = (number(mark.strip(), point) for mark in marks for point in dict.fromkeys((".", decimal)))
    return [value for value in readings if value is not None]


def measure(cell: str, decimal: str = ".", thousands: str = "auto") -> tuple[float, str] | None:
    """The number and the unit in a cell such as ``1,720 cm`` or ``36.5°C``; None also for a code, a date or an amount.

    12A may be the number of a seat, 3 May is a date, and 1.5 K may be 1500.
    """
    found = _measure(cell.replace(_MINUS, "-"))
    digits = _ungrouped(found["digits"], decimal, thousands) if found else None
    value = number(found["sign"] + digits) if found and digits else None
    if found is None or value is None:
        return None
    unit = found["unit"]
    code = len(unit) == 1 and unit.isalpha() and not found["blank"]
    if code or unit in SUFFIXES or _month(unit):
        return None
    return value, unit


def bare(cell: str) -> str:
    """A cell without blanks and invisible characters around it, and without Excel's ``="…"``."""
    cell = cell.strip()
    if not cell.isascii():
        cell = cell.strip(INVISIBLE).strip()
    formula = _FORMULA(cell) if cell.startswith("=") else None
    return formula[1] if formula else cell


def is_missing(cell: str, *, among_words: bool = False) -> bool:
    """Whether a (stripped) cell stands for a missing value; among words, ``none`` and ``-`` are words too."""
    return cell.lower() in (MISSING_WORDS if among_words else MISSING_NUMBERS)


def is_text(cell: str) -> bool:
    """Whether a cell can be a name or a label: neither a number nor a mark for a missing one."""
    return not (_number(cell) or cell.lower() in _MARKS)


def any_case(words: Iterable[str]) -> dict[str, str]:
    """The words whose upper and lower case do not matter, by their lower case; of two spellings, the first.

    A and a may be two things, so words of one letter are among them only where all are yes and no, or the like.
    """
    words = list(words)
    letters = {word.casefold() for word in words if is_text(word)} in _YES_AND_NO
    return {word.casefold(): word for word in reversed(words) if len(word) > 1 or letters}


def explain(cell: str) -> str:
    """What a cell that should hold a number holds instead."""
    if cell.lower() in _INFINITE:
        return f"{cell!r} is not finite"
    if _number(cell) and number(cell) is None:
        return f"{cell!r} is too large for a 64-bit number; choose another unit, or remove the row"
    if "\0" in cell:
        return f"{shown(cell)} contains a NUL byte: the file is damaged, or not text; save it again"
    if "\n" in cell or "\r" in cell or "\u2028" in cell:
        return f"{shown(cell)} contains a line break; is a closing quote missing?"
    if any(c.isdigit() and not c.isascii() for c in cell):
        return f"{shown(cell)} is not a number; write it with the digits 0 to 9"
    if _number(cell):
        return f"{cell!r} is not a number where the table has decimal commas"
    if _decimal_comma(cell):
        return f"{cell!r} is not a number; if the comma is a decimal point, set data.decimal: ','"
    return f"{shown(cell)} is not a number"


def shown(text: str) -> str:
    """A text from a file, quoted, and short enough for a message."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
