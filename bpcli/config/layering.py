"""How a stronger layer is laid over a weaker one: overrides over the file, the file over the defaults."""

from bpcli.config.schema import ALTERNATIVES, SECTIONS
from bpcli.yamltext.merging import merge
from bpcli.yamltext.problems import Collector
from bpcli.yamltext.tree import Node, find, put

MAY_BE_EMPTY = frozenset([*SECTIONS, *ALTERNATIVES])


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
    return merge(lower, higher, problems, sections=MAY_BE_EMPTY)
