"""A tree to a configuration, with every mistake found in one go.

A value that is refused is taken out, so that its default stands in for it and the rest can be judged; the
combinations are judged last, except where they touch what was refused already.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bpcli.common.text import nearest
from bpcli.config.combinations import Clash, clashes
from bpcli.config.models import Config
from bpcli.config.schema import ALTERNATIVES, locate
from bpcli.config.wording import in_words, not_one_of
from bpcli.yamltext.problems import Collector, KeyPath
from bpcli.yamltext.quoting import dotted
from bpcli.yamltext.tree import Node, bare, find, put


def validate(tree: Node, problems: Collector) -> Config:
    """The configuration that a tree describes.

    Raises:
        ConfigProblems: Everything that is wrong, including what ``problems`` held before.
    """
    config = None
    while config is None:
        try:
            config = Config.model_validate(bare(tree))
        except ValidationError as error:
            details = error.errors(include_url=False)
            # All are noted before any value is taken out: two may be about items of the same list.
            repairs = [_note(detail, tree, problems) for detail in details]
            for path, stand_in in repairs:
                tree = put(tree, path, stand_in)
    for clash in [clash for clash in clashes(config) if not any(map(problems.spoilt, _paths(clash)))]:
        _note_clash(clash, tree, problems)
    problems.raise_if_any()
    return config


def _note(detail: Mapping[str, Any], tree: Node, problems: Collector) -> tuple[KeyPath, Node | None]:
    # The path to repair, and what stands in there: nothing, where the default will do.
    location = tuple(detail["loc"])
    if detail["type"] == "union_tag_invalid":
        return _note_alternative(location, tree, problems)
    key = locate(location)
    node = find(tree, key.path)
    assert node is not None, "pydantic has seen it"
    unknown = detail["type"] == "extra_forbidden"
    place = node.key_place if unknown and node.key_place else node.place
    problems.add(place, key.path, in_words(detail, key))
    return key.path, None


def _note_alternative(path: KeyPath, tree: Node, problems: Collector) -> tuple[KeyPath, Node | None]:
    alternatives = ALTERNATIVES[path]
    tag_path = (*path, alternatives.tag)
    tag = find(tree, tag_path)
    assert tag is not None, "pydantic has seen it"
    problems.add(tag.place, tag_path, not_one_of(bare(tag), tuple(alternatives.models)))
    # What was probably meant stands in, so that mistakes in the keys beside it are found too.
    meant = nearest(tag.value, alternatives.models)
    return (tag_path, Node(meant, tag.place)) if meant else (path, None)


def _paths(clash: Clash) -> list[KeyPath]:
    return [tuple(key.split(".")) for key in clash.keys]


def _note_clash(clash: Clash, tree: Node, problems: Collector) -> None:
    # The strongest layer, or the last line, is where somebody went one step too far.
    written = [(node.place, path) for path in _paths(clash) if (node := find(tree, path))]
    place, path = max(written, key=lambda each: each[0].order)
    # The message names the keys in full, of which the problem names one already.
    problems.add(place, path, clash.message.removeprefix(f"{dotted(path)}: "))
