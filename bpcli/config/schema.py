"""What the models know about a key: the mapping it belongs to, an example value, the variants it selects."""

from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bpcli.common.text import synonym
from bpcli.config.models import Config, DataConfig, ModelConfig, TrainingConfig
from bpcli.config.variants import EarlyStopping, Init, Optimizer, Schedule
from bpcli.yamltext.problems import KeyPath
from bpcli.yamltext.tree import leaves


@dataclass(frozen=True, slots=True)
class Variants:
    """The models of one discriminated union, by the value of the key ``tag`` that selects one of them."""

    tag: str
    models: dict[str, type[BaseModel]]

    @classmethod
    def of(cls, union: Any, tag: str) -> "Variants":
        """Return the variants of a discriminated union."""
        models: tuple[type[BaseModel], ...] = get_args(get_args(union)[0])
        return cls(tag, {model.model_fields[tag].default: model for model in models})

    def keys(self, name: object) -> frozenset[str]:
        """Return the keys of one variant without its tag, or those of all variants for an unknown name."""
        known = isinstance(name, str) and name in self.models
        models = [self.models[str(name)]] if known else self.models.values()
        return frozenset(key for model in models for key in model.model_fields) - {self.tag}


VARIANTS: dict[KeyPath, Variants] = {
    ("model", "init"): Variants.of(Init, "scheme"),
    ("training", "optimizer"): Variants.of(Optimizer, "name"),
    ("training", "schedule"): Variants.of(Schedule, "name"),
}
SECTIONS: dict[KeyPath, type[BaseModel]] = {
    ("data",): DataConfig,
    ("model",): ModelConfig,
    ("training",): TrainingConfig,
}
_TAGS = {variants.tag for variants in VARIANTS.values()}
_MAPPINGS: dict[KeyPath, type[BaseModel]] = {**SECTIONS, ("training", "early_stopping"): EarlyStopping}


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its path, the model of the mapping it belongs to, and its field, or None if it is unknown."""

    path: KeyPath
    parent: type[BaseModel]
    field: FieldInfo | None

    @property
    def example(self) -> Any:
        """A valid value; for an item of a list, a valid item."""
        examples = self.field.examples if self.field else None
        example: Any = examples[0] if examples else None
        return example[0] if isinstance(self.path[-1], int) else example


def locate(location: KeyPath) -> Key:
    """Return the key for one of pydantic's locations, which also hold the names of the selected variants."""
    path: KeyPath = ()
    parent: type[BaseModel] = Config
    model: type[BaseModel] | None = Config
    field = None
    for part in location:
        if path in VARIANTS and model is None:
            model = VARIANTS[path].models[str(part)]
            continue
        path = (*path, part)
        if isinstance(part, int):
            continue  # an item has the field of its list
        parent = model or parent
        field = parent.model_fields.get(part)
        model = _MAPPINGS.get(path)
    return Key(path, parent, field)


def known_keys() -> list[KeyPath]:
    """Return the path of every key that holds a value in some configuration."""
    keys: list[KeyPath] = list(leaves(Config().model_dump()))
    keys += [(*path, key) for path, each in VARIANTS.items() for key in sorted(each.keys(None))]
    keys += [("training", "early_stopping", key) for key in EarlyStopping.model_fields]
    return list(dict.fromkeys(keys))


def keys_called(word: str) -> list[KeyPath]:
    """Return the keys that a single word may stand for: ``lr`` is training.optimizer.learning_rate."""
    keys = {path: str(path[-2] if path[-1] in _TAGS else path[-1]) for path in known_keys()}
    meant = synonym(word, keys.values())
    return [path for path, name in keys.items() if name == meant]


def takes_list(path: KeyPath) -> bool:
    """Return whether the value of a key is a list: its examples are lists."""
    section = SECTIONS.get(path[:-1])
    field = section.model_fields.get(str(path[-1])) if section else None
    return isinstance(Key(path, section, field).example, list) if section else False


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration file, for editors."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["sweep"] = {
        "description": "What bpcli sweep varies: dotted keys, and their values as --over takes them.",
        "examples": [{"seed": "0:99", "model.hidden": [2, "16x8"]}],
        "type": "object",
    }
    defaults = Config()
    for path, variants in VARIANTS.items():
        default = type(getattr(getattr(defaults, str(path[0])), str(path[1])))
        for model in variants.models.values():
            if model is not default:
                # A mapping without its tag is the default variant, and must match no other.
                schema["$defs"][model.__name__]["required"] = [variants.tag]
    return schema
