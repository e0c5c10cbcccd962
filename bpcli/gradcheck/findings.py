"""From what explains each tensor to what is said: one finding for each mistake, with all the tensors that it spoils."""

from collections.abc import Sequence
from dataclasses import dataclass

from bpcli.gradcheck.comparing import SCALINGS, Match
from bpcli.gradcheck.verdicts import Finding, Ids

CONSTANT_FACTOR = "constant-factor"
SCALED = (*SCALINGS, CONSTANT_FACTOR)  # what comes with a factor
MOVED = ("updated-first", "own-update", "raw-and-updated", "weights-returned")  # what comes with a rate
TOGETHER = {frozenset({"raw-error-back", "updated-first"}): "raw-and-updated"}


@dataclass(frozen=True)
class Group:
    """Tensors (or the same rows of them) and every explanation that they share, the closest first."""

    tensors: tuple[str, ...]
    options: tuple[Match, ...]
    rows: tuple[int, ...] | None = None


def findings(groups: Sequence[Group]) -> list[Finding]:
    """Gather the mistakes: those that spoil the same tensors stand together.

    A scaling by another factor stands by itself.
    """
    places: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        match = group.options[0]
        for name in match.ids:
            scaling = match.factor is not None and name in SCALED
            factor = f"{match.factor:.5g}" if scaling else ""
            places.setdefault((name, factor), []).append(group)
    by_place: dict[tuple[int, ...], list[str]] = {}
    for (name, *_), where in places.items():
        by_place.setdefault(tuple(groups.index(group) for group in where), []).append(name)
    return [_finding([groups[i] for i in where], tuple(ids)) for where, ids in by_place.items()]


def _finding(groups: Sequence[Group], ids: Ids) -> Finding:
    first = groups[0].options[0]
    scaled = [name for name in ids if name in SCALED]
    moved = set(MOVED) & set(ids)
    shared = [_instead(group, ids) for group in groups]
    others = tuple(
        other for other in shared[0] if all(other in each for each in shared) and other != named(ids)
    )
    return Finding(
        ids=named(ids),
        tensors=tuple(name for group in groups for name in group.tensors),
        rows=groups[0].rows,
        factor=first.factor if scaled else None,
        rate=next((g.options[0].rate for g in groups if g.options[0].rate is not None), None)
        if moved
        else None,
        alternatives=others,
    )


def _instead(group: Group, ids: Ids) -> list[Ids]:
    """What may stand in place of these mistakes in other explanations of a group, all else being the same."""
    rest = set(group.options[0].ids) - set(ids)
    others = [
        tuple(name for name in match.ids if name not in rest)
        for match in group.options[1:]
        if rest <= set(match.ids)
    ]
    return [named(other) for other in dict.fromkeys(others) if other]


def named(ids: Ids) -> Ids:
    """The ids, with the name of their own that some have together."""
    for parts, together in TOGETHER.items():
        if parts <= set(ids):
            return (together, *(name for name in ids if name not in parts))
    return ids
