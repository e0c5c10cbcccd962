"""What the models say about a key: which keys stand beside it, what it is an example of, what replaces it."""

from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bpcli.config.alternatives import EarlyStopping, Init, Optimizer, Schedule
from bpcli.config.models import Config, DataConfig, ModelConfig, TrainingConfig
from bpcli.yamltext.problems import KeyPath
from bpcli.yamltext.tree import leaves


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Models that take each other's place, told apart by the value of ``tag``."""

    tag: str
    models: dict[str, type[BaseModel]]

    @classmethod
    def of(cls, union: Any, tag: str) -> "Alternatives":
        """The alternatives of a discriminated union."""
        models: tuple[type[BaseModel], ...] = get_args(get_args(union)[0])
        return cls(tag, {model.model_fields[tag].default: model for model in models})

    def keys(self, name: object) -> frozenset[str]:
        """The keys of one alternative without its tag, or of all where no alternative has that name."""
        known = isinstance(name, str) and name in self.models
        models = [self.models[str(name)]] if known else self.models.values()
        return frozenset(key for model in models for key in model.model_fields) - {self.tag}


ALTERNATIVES: dict[KeyPath, Alternatives] = {
    ("model", "init"): Alternatives.of(Init, "scheme"),
    ("training", "optimizer"): Alternatives.of(Optimizer, "name"),
    ("training", "schedule"): Alternatives.of(Schedule, "name"),
}
SECTIONS: dict[KeyPath, type[BaseModel]] = {
    ("data",): DataConfig,
    ("model",): ModelConfig,
    ("training",): TrainingConfig,
}
_MAPPINGS: dict[KeyPath, type[BaseModel]] = {**SECTIONS, ("training", "early_stopping"): EarlyStopping}


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the models know it: its path, the mapping it stands in, and its field, if there is one."""

    path: KeyPath
    parent: type[BaseModel]
    field: FieldInfo | None

    @property
    def example(self) -> Any:
        """A value that the key takes; for an item of a list, such an item."""
        examples = self.field.examples if self.field else None
        example: Any = examples[0] if examples else None
        return example[0] if isinstance(self.path[-1], int) else example


def locate(location: KeyPath) -> Key:
    """The key that pydantic means, whose locations hold the name of an alternative on the way."""
    path: KeyPath = ()
    parent: type[BaseModel] = Config
    model: type[BaseModel] | None = Config
    field = None
    for part in location:
        if path in ALTERNATIVES and model is None:
            model = ALTERNATIVES[path].models[str(part)]
            continue
        path = (*path, part)
        if isinstance(part, int):
            continue  # an item has the field of its list
        parent = model or parent
        field = parent.model_fields.get(part)
        model = _MAPPINGS.get(path)
    return Key(path, parent, field)


def known_keys() -> list[KeyPath]:
    """The path of every key that holds a value in some configuration."""
    keys: list[KeyPath] = list(leaves(Config().model_dump()))
    keys += [(*path, key) for path, each in ALTERNATIVES.items() for key in sorted(each.keys(None))]
    keys += [("training", "early_stopping", key) for key in EarlyStopping.model_fields]
    return list(dict.fromkeys(keys))


def json_schema() -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    defaults = Config()
    for path, alternatives in ALTERNATIVES.items():
        default = type(getattr(getattr(defaults, str(path[0])), str(path[1])))
        for model in alternatives.models.values():
            if model is not default:
                # Without its tag a mapping is the default alternative, and no other may claim it.
                schema["$defs"][model.__name__]["required"] = [alternatives.tag]
    return schema
