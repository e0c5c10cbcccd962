"""How one tree is laid over another, key by key."""

from collections.abc import Collection
from dataclasses import replace

from bpcli.yamltext.problems import Collector, KeyPath
from bpcli.yamltext.quoting import dotted, show
from bpcli.yamltext.tree import Node


def merge(
    lower: Node, higher: Node, problems: Collector, path: KeyPath = (), *, sections: Collection[KeyPath] = ()
) -> Node:
    """``higher`` over ``lower`` at ``path``: mappings are joined key by key, everything else is replaced.

    One of ``sections`` without content says nothing, like an empty file. A mapping over null creates
    the mapping; one over a scalar or a list is noted as a problem: somebody set a key where no key can be.
    """
    if not isinstance(higher.value, dict):
        says_nothing = higher.value is None and path in sections
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
        entries[key] = (
            merge(entries[key], node, problems, (*path, key), sections=sections) if key in entries else node
        )
    return replace(higher, value=entries)
