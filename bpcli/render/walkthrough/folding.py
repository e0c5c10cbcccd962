"""Where a long equation may be folded, whoever renders it."""

from collections.abc import Iterable

from bpcli.walkthrough.blocks import Term


def unbroken(terms: Iterable[Term]) -> list[list[Term]]:
    """The terms in groups that stay on one line: products, parentheses, and the operator or comma beside them."""
    groups: list[list[Term]] = []
    depth, waiting = 0, False
    for term in terms:
        closes = isinstance(term, str) and term.startswith((")", "]", ","))
        joins = closes or term == "·"
        if groups and (depth or waiting or joins):
            groups[-1].append(term)
        else:
            groups.append([term])
        waiting = isinstance(term, str) and not closes
        if isinstance(term, str):
            depth += term.count("(") - term.count(")")
    return groups


def before(group: list[Term], place: int) -> Term:
    """What stands before a term of its group; nothing before the first."""
    return group[place - 1] if place else ""
