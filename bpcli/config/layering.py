"""How a stronger layer is laid over a weaker one: overrides over the file, the file over the defaults."""

from dataclasses import replace

from bpcli.config.problems import Collector, KeyPath
from bpcli.config.schema import ALTERNATIVES, SECTIONS
from bpcli.config.tree import Node, find, put
from bpcli.config.words import dotted, show


def merge(lower: Node, higher: Node, problems: Collector, path: KeyPath = ()) -> Node:
    """``higher`` over ``lower`` at ``path``: mappings are joined key by key, everything else is replaced.

    A section, or an alternative, without content says nothing, like an empty file. A mapping over null creates
    the mapping; one over a scalar or a list is noted as a problem: somebody set a key where no key can be.
    """
    if not isinstance(higher.value, dict):
        says_nothing = higher.value is None and (path in SECTIONS or path in ALTERNATIVES)
        return lower if says_nothing else higher
    if lower.value is None:
        return higher
    if not isinstance(lower.value, dict):
        what = "a list" if isinstance(lower.value, list) else show(lower.value)
        message = f"{dotted(path)} is {what}, which has no keys below it; set {dotted(path)} itself"
        problems.add(higher.place, (*path, *list(higher.value)[:1]), message)
        return lower
    entries = dict(lower.value)
    for key, node in higher.value.items():
        entries[key] = merge(entries[key], node, problems, (*path, key)) if key in entries else node
    return replace(higher, value=entries)


def overlay(lower: Node, higher: Node, problems: Collector) -> Node:
    """A stronger layer over a weaker one.

    Where it changes a ``scheme`` or ``name``, the keys of the former alternative are forgotten first: the
    learning rate of one optimiser means nothing to another. What the stronger layer itself sets stays.
    """
    for path, alternatives in ALTERNATIVES.items():
        former, latter = find(lower, (*path, alternatives.tag)), find(higher, (*path, alternatives.tag))
        if former and latter and former.value != latter.value:
            for key in alternatives.keys(former.value):
                lower = put(lower, (*path, key), None)
    return merge(lower, higher, problems)
