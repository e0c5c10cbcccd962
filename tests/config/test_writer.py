"""A configuration that is written down is the same when it is read again."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcli.config import (
    Adam,
    Config,
    ConstantInit,
    ConstantSchedule,
    CosineSchedule,
    DataConfig,
    EarlyStopping,
    HeInit,
    ModelConfig,
    NormalInit,
    Sgd,
    ShownLine,
    StepSchedule,
    TrainingConfig,
    UniformInit,
    XavierInit,
    ZerosInit,
    json_schema,
    read,
    show_lines,
    starter,
    to_yaml,
)
from bpcli.config.fields import BUILT_IN
from bpcli.config.models import conflicts

from ..yamltext.test_scalars import texts
from .conftest import Load
from .test_models import DOCUMENTED

counts = st.integers(1, 10**9)
numbers = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
below_one = st.floats(0, 1, exclude_max=True)
names = texts.map(lambda text: text.replace("/", "").replace("\0", ""))
sources = st.sampled_from(BUILT_IN) | st.builds(
    "/nowhere/{}{}".format, names, st.sampled_from([".csv", ".npz.gz"])
)

configs = st.builds(
    Config,
    seed=st.integers(0, 2**128),
    data=st.builds(
        DataConfig,
        source=sources,
        samples=st.none() | st.integers(1, 10**7),
        noise=st.none() | positive,
        target=st.none() | st.lists(texts | st.integers(-3, 3), min_size=1).map(tuple),
        task=st.sampled_from(["auto", "classification", "regression"]),
        validation=below_one | st.just("auto"),
        scale=st.sampled_from(["standard", "minmax", "none"]),
    ),
    model=st.builds(
        ModelConfig,
        hidden=st.lists(st.integers(1, 10_000), max_size=5).map(tuple),
        activation=st.sampled_from(["sigmoid", "tanh", "relu", "identity"]),
        output=st.sampled_from(["sigmoid", "identity", "softmax"]),
        bias=st.booleans(),
        dtype=st.sampled_from(["float64", "float32"]),
        init=st.builds(ConstantInit, value=numbers)
        | st.builds(NormalInit, std=positive)
        | st.builds(UniformInit, low=numbers, high=numbers)
        | st.sampled_from([ZerosInit(), XavierInit(), HeInit()]),
    ),
    training=st.builds(
        TrainingConfig,
        loss=st.sampled_from(["squared_error", "cross_entropy"]),
        optimizer=st.builds(Sgd, learning_rate=positive, momentum=below_one)
        | st.builds(Adam, learning_rate=positive, beta1=below_one, beta2=below_one, epsilon=positive),
        schedule=st.builds(StepSchedule, every=counts, factor=below_one.filter(bool))
        | st.builds(CosineSchedule, minimum=positive)
        | st.just(ConstantSchedule()),
        weight_decay=positive | st.just("auto"),
        epochs=counts,
        batch_size=counts | st.sampled_from(["full", "auto"]),
        early_stopping=st.none() | st.builds(EarlyStopping, patience=counts, min_delta=positive),
        checkpoint_every=counts,
    ),
).filter(lambda config: not list(conflicts(config)))


@pytest.fixture(scope="module")
def reread(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Config]:
    """Reads a text as the configuration of a run folder."""
    path = tmp_path_factory.mktemp("run") / "config.yaml"

    def reread(text: str) -> Config:
        path.write_bytes(text.encode())
        return read(path)

    return reread


@settings(max_examples=30)
@given(configs)
def test_round_trip(reread: Callable[[str], Config], config: Config) -> None:
    """Whatever a configuration holds, reading what was written gives an equal one."""
    assert reread(to_yaml(config)) == config


def test_readable() -> None:
    """The keys stand in the documented order, variants and lists on one line."""
    assert to_yaml(Config()) == DOCUMENTED.lstrip()


def test_starter(reread: Callable[[str], Config]) -> None:
    """The starter file is the default configuration, with a comment above every key."""
    text = starter()
    assert reread(text) == Config()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110
    above = dict(zip(lines[1:], lines, strict=False))
    assert all(before.lstrip().startswith("#") for line, before in above.items() if ":" in line.split("#")[0])


def test_starter_names_the_variants() -> None:
    """Every variant is in the starter file with its keys and defaults."""
    text = starter()
    for line in (
        "{scheme: constant, value: 0.5}",
        "{scheme: uniform, low: -0.5, high: 0.5}",
        "{name: adam, learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-08}",
        "{name: step, every: 10, factor: 0.5}",
        "{patience: 10, min_delta: 0.0}",
    ):
        assert f"#   {line}\n" in text


def test_shown_with_origins(load: Load) -> None:
    """Every value has a line of its own with its origin, and the lines together are the configuration."""
    resolved = load(
        "model:\n  hidden: [4, 2]\n",
        overrides=["training.optimizer.name=adam", "training.early_stopping.patience=5"],
    )
    lines = show_lines(resolved)
    assert {line.key for line in lines if line.origin} == set(resolved.origins)
    for expected in (
        ShownLine("seed: 0", "seed", "default"),
        ShownLine("model:", "model", ""),
        ShownLine("  hidden: [4, 2]", "model.hidden", "my.yaml:2"),
        ShownLine("  optimizer:", "training.optimizer", ""),
        ShownLine("    name: adam", "training.optimizer.name", "--set"),
        ShownLine("    learning_rate: 0.001", "training.optimizer.learning_rate", "default"),
        ShownLine("    patience: 5", "training.early_stopping.patience", "--set"),
    ):
        assert expected in lines
    assert load("".join(f"{line.text}  # {line.origin}\n" for line in lines)).config == resolved.config


def test_schema() -> None:
    """The schema forbids other keys, and has a sentence on every one."""
    schema = json_schema()
    objects = [schema, *schema["$defs"].values()]
    assert all(each["additionalProperties"] is False for each in objects)
    properties: list[dict[str, Any]] = [p for each in objects for p in each["properties"].values()]
    assert all("description" in p or "const" in p for p in properties)


def test_schema_tells_variants_apart() -> None:
    """Only the default variant may omit its name, so that a mapping without one fits exactly one."""
    required = {name: each.get("required", []) for name, each in json_schema()["$defs"].items()}
    assert required["Sgd"] == required["XavierInit"] == required["ConstantSchedule"] == []
    assert required["Adam"] == required["CosineSchedule"] == ["name"]
    assert required["HeInit"] == ["scheme"]
