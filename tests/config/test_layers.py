"""Options override ``--set``, which overrides the environment, which overrides the file, then the defaults."""

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpcli.config import Adam, CosineSchedule, EarlyStopping, NormalInit, Sgd, StepSchedule, UniformInit

from .conftest import Load, Reported

SGD = "training:\n  optimizer: {name: sgd, learning_rate: 0.25, momentum: 0.9}\n"


def test_precedence(load: Load) -> None:
    """Each layer wins over those below it, and its name is the origin."""
    layers = {
        "options": {"training.epochs": 5},
        "overrides": ["training.epochs=4"],
        "environment": {"BPCLI_TRAINING__EPOCHS": "3"},
    }
    origins = ["--epochs", "--set", "BPCLI_TRAINING__EPOCHS"]
    for epochs, origin in zip((5, 4, 3), origins, strict=True):
        resolved = load("training:\n  epochs: 2\n", **layers)
        assert resolved.config.training.epochs == epochs
        assert resolved.origins["training.epochs"] == origin
        layers.pop(next(iter(layers)))
    assert load("training:\n  epochs: 2\n").config.training.epochs == 2
    assert load("").config.training.epochs == 50


def test_origins(load: Load) -> None:
    """Every value has an origin, and a key that was not written has the default's."""
    resolved = load(
        "seed: 1\nmodel:\n  hidden: [4]\ntraining:\n  early_stopping: {patience: 3}\n",
        overrides=["training.optimizer.name=adam"],
        environment={"BPCLI_DATA__SOURCE": "iris", "HOME": "/"},
        options={"training.batch_size": 8, "seed": None},
    )
    written = {key: origin for key, origin in resolved.origins.items() if origin != "default"}
    assert written == {
        "seed": "my.yaml:1",
        "data.source": "BPCLI_DATA__SOURCE",
        "model.hidden": "my.yaml:3",
        "training.optimizer.name": "--set",
        "training.early_stopping.patience": "my.yaml:5",
        "training.batch_size": "--batch",
    }
    assert resolved.origins["training.optimizer.beta1"] == "default"
    assert "training.optimizer.momentum" not in resolved.origins
    assert resolved.name == "my"


def test_values_are_typed_as_yaml(load: Load) -> None:
    """A value after ``=`` or in the environment means what it would mean in a file."""
    config = load(
        overrides=["model.hidden=[16, 8]", "training.optimizer={name: adam, beta1: 0.8}", "data.target=no"],
        environment={"BPCLI_TRAINING__WEIGHT_DECAY": "1e-3", "BPCLI_MODEL__BIAS": "false"},
    ).config
    assert config.model.hidden == (16, 8)
    assert config.training.optimizer == Adam(beta1=0.8)
    assert config.data.target == ("no",)
    assert config.training.weight_decay == 0.001
    assert config.model.bias is False


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("model.hidden=16,8", "hidden", (16, 8)),
        ("model.hidden=16, 8", "hidden", (16, 8)),
        ("model.hidden=16,", "hidden", (16,)),
        ("model.hidden=16", "hidden", (16,)),
        ("model.hidden=[16,8]", "hidden", (16, 8)),
        ("model.hidden=[]", "hidden", ()),
        ("data.target=a,b", "target", ("a", "b")),
        ("data.target=a,2", "target", ("a", 2)),
        ("data.target=label", "target", ("label",)),
        ("data.target=-1", "target", (-1,)),
        ('data.target="a,b"', "target", ("a,b",)),
        ("data.target=length (cm]", "target", ("length (cm]",)),
        ("data.target=", "target", None),
    ],
)
def test_lists_without_brackets(text: str, key: str, value: object, load: Load) -> None:
    """Where a key takes a list, commas separate its items, unless the value is quoted."""
    config = load(overrides=[text]).config
    assert getattr(config.model if key == "hidden" else config.data, key) == value
    name, _, written = text.partition("=")
    variable = "BPCLI_" + name.upper().replace(".", "__")
    assert load(environment={variable: written}).config == config


def test_commas_elsewhere(reported: Reported) -> None:
    """Where a key takes no list, a comma is an ordinary character; a wrong item is named by its position."""
    assert reported(overrides=["training.epochs=1,2", "model.hidden=16,,x"]) == [
        "--set training.epochs=1,2: training.epochs: '1,2' is not an integer; use a value such as 50",
        "--set model.hidden=16,,x: model.hidden[1]: null is not an integer; use a value such as 16",
        "--set model.hidden=16,,x: model.hidden[2]: 'x' is not an integer; use a value such as 16",
    ]
    assert reported(overrides=["model.hidden=16,*a", "data.target=a,@b"]) == [
        "--set model.hidden=16,*a: model.hidden[1]: the alias '*a' is not allowed; write the value",
        "--set data.target=a,@b: data.target: text that starts with '@' must be quoted",
    ]


def test_environment_in_any_case(load: Load) -> None:
    """The keys in a variable's name may be of either case; its prefix is ``BPCLI_``."""
    config = load(
        environment={"BPCLI_Training__Batch_Size": "full", "bpcli_seed": "x", "XBPCLI_SEED": "x"}
    ).config
    assert config.training.batch_size == "full"


def test_last_of_the_same_key(load: Load) -> None:
    """Of two ``--set`` with the same key the last counts, whatever stood in the other."""
    assert load(overrides=["seed=1", "seed=2"]).config.seed == 2
    stopping = ["training.early_stopping={patience: 3}", "training.early_stopping=null"]
    assert load(overrides=stopping).config.training.early_stopping is None
    assert load(overrides=stopping[::-1]).config.training.early_stopping == EarlyStopping(patience=3)


def test_another_variant_drops_keys(load: Load) -> None:
    """A new name drops the keys of the former optimiser, shared ones too."""
    assert load(SGD, overrides=["training.optimizer.name=adam"]).config.training.optimizer == Adam()
    assert load(SGD, overrides=["training.optimizer={name: adam}"]).config.training.optimizer == Adam()
    assert (
        load(SGD, environment={"BPCLI_TRAINING__OPTIMIZER__NAME": "adam"}).config.training.optimizer == Adam()
    )


@pytest.mark.parametrize(
    ("text", "overrides", "path", "expected"),
    [
        (
            SGD,
            ["training.optimizer.name=adam", "training.optimizer.learning_rate=0.01", "training.optimizer.beta1=0.5"],
            "training.optimizer",
            Adam(learning_rate=0.01, beta1=0.5),
        ),
        (SGD, ["training.optimizer.name=sgd", "training.optimizer.momentum=0.5"], "training.optimizer",
            Sgd(learning_rate=0.25, momentum=0.5)),
        ("model: {init: {scheme: constant, value: 2}}", ["model.init.scheme=normal", "model.init.std=2"],
            "model.init", NormalInit(std=2.0)),
        ("", ["model.init.low=-1", "model.init.high=1", "model.init.scheme=uniform"],
            "model.init", UniformInit(low=-1.0, high=1.0)),
        ("training: {schedule: {name: step, every: 3}}", ["training.schedule.name=cosine",
            "training.schedule.minimum=0.1"], "training.schedule", CosineSchedule(minimum=0.1)),
        ("", ["training.schedule={name: step}", "training.schedule.every=3"], "training.schedule",
            StepSchedule(every=3)),
        ("training: {early_stopping: null}", ["training.early_stopping.patience=5", "training.early_stopping=null"],
            "training.early_stopping", EarlyStopping(patience=5)),
        ("", ["training.early_stopping.patience=5", "training={early_stopping: {min_delta: 1}}"],
            "training.early_stopping", EarlyStopping(patience=5, min_delta=1.0)),
    ],
)  # fmt: skip
def test_overrides_apply_together(
    text: str, overrides: list[str], path: str, expected: object, load: Load
) -> None:
    """The order of ``--set`` does not matter, also where one changes the variant and others set its keys."""
    section, key = path.split(".")
    for order in permutations(overrides):
        config = load(text, overrides=list(order)).config
        assert getattr(getattr(config, section), key) == expected


def test_a_stronger_layer_keeps_its_keys(load: Load) -> None:
    """What an option sets stays, though ``--set`` below it changes the optimiser; what is weaker goes."""
    config = load(
        SGD,
        environment={"BPCLI_TRAINING__OPTIMIZER__LEARNING_RATE": "0.125"},
        overrides=["training.optimizer.name=adam"],
        options={"training.optimizer.beta1": 0.5},
    ).config
    assert config.training.optimizer == Adam(beta1=0.5)


def test_unknown_keys_are_not_forgotten(reported: Reported) -> None:
    """A mistake in the file is still reported after the optimiser was changed."""
    assert reported(
        "training: {optimizer: {name: sgd, momentun: 0.9}}", overrides=["training.optimizer.name=adam"]
    ) == [
        "my.yaml:1:35: training.optimizer.momentun: unknown key for adam; "
        "its keys are name, learning_rate, beta1, beta2 and epsilon"
    ]


def test_a_key_below_nothing(load: Load) -> None:
    """Setting a key below null creates the mapping."""
    overrides = ["training.early_stopping.patience=5", "training.optimizer.momentum=0.5"]
    config = load("training:\n  early_stopping:\n  optimizer:\n", overrides=overrides).config
    assert config.training.early_stopping == EarlyStopping(patience=5)
    assert config.training.optimizer == Sgd(momentum=0.5)


@pytest.mark.parametrize(
    ("text", "override", "message"),
    [
        ("", "model.hidden.x=3", "model.hidden.x: model.hidden is a list and has no keys"),
        ("seed: 3", "seed.x.y=3", "seed.x: seed is 3 and has no keys"),
        ("", "training.epochs.x=3", "training.epochs.x: training.epochs is 50 and has no keys"),
    ],
)
def test_a_key_below_a_value(text: str, override: str, message: str, reported: Reported) -> None:
    """A scalar and a list have no keys, and that is said."""
    (line,) = reported(text, overrides=[override])
    assert line.startswith(f"--set {override}: {message}; set ")


def test_below_a_wrong_value(reported: Reported) -> None:
    """A value of the file that has no keys is wrong itself, and both mistakes are named."""
    first, second = reported("model:\n  init: normal\n", overrides=["model.init.std=2"])
    assert first.startswith("my.yaml:2:9: model.init: 'normal' is not a mapping")
    assert second.startswith("--set model.init.std=2: model.init.std: model.init is 'normal' and has no keys")


@pytest.mark.parametrize(
    ("layers", "lines"),
    [
        ({"overrides": ["seed"]},
            ["--set seed: missing '='; write KEY=VALUE, for example --set training.epochs=20"]),
        ({"overrides": ["=3", "a..b=3"]},
            ["--set =3: a part of the key is empty; write KEY=VALUE, for example --set training.epochs=20",
             "--set a..b=3: a part of the key is empty; write KEY=VALUE, for example --set training.epochs=20"]),
        ({"environment": {"BPCLI_": "1"}},
            ["BPCLI_=1: a part of the key is empty; for example BPCLI_TRAINING__EPOCHS=20"]),
        ({"overrides": ["training.epochs=x"]},
            ["--set training.epochs=x: training.epochs: 'x' is not an integer; use a value such as 50"]),
        ({"environment": {"BPCLI_TRAINING__EPOCHS": "x"}},
            ["BPCLI_TRAINING__EPOCHS=x: training.epochs: 'x' is not an integer; use a value such as 50"]),
        ({"options": {"training.epochs": 0}},
            ["--epochs 0: training.epochs: 0 is too small; write 1 or more"]),
        ({"overrides": ["trainig.epochs=3"]},
            ["--set trainig.epochs=3: trainig: unknown key; did you mean training?"]),
        ({"overrides": ["model.hidden=[3", "seed=*a", "data.source={a: 1, a: 2}"]},
            ["--set model.hidden=[3: model.hidden: a bracket is opened but never closed; add the missing ']'",
             "--set seed=*a: seed: the alias '*a' is not allowed; write the value",
             "--set data.source={a: 1, a: 2}: data.source.a: written twice; keep one of the two",
             "--set data.source={a: 1, a: 2}: data.source.a: data.source is 'digits' and has no keys; "
             "set data.source itself"]),
        ({"overrides": ["seed=1\n---\n2"]},
            ["--set seed=1\\n---\\n2: seed: a second document starts here; keep one and delete the '---'"]),
        ({"overrides": ["seed=" + "9" * 70_000]},
            ["--set seed=" + "9" * 88 + "…: seed: longer than 65536 characters, the limit for a value"]),
        ({"overrides": [".".join("a" * 10_000) + "=3"]},
            ["--set " + "a." * 46 + "a…: the key has too many parts; "
             "write KEY=VALUE, for example --set training.epochs=20"]),
    ],
)  # fmt: skip
def test_invalid_overrides(layers: dict[str, object], lines: list[str], reported: Reported) -> None:
    """A wrong override is shown as it was typed, instead of a file and a line."""
    assert reported("", **layers) == lines


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(
        ["seed=3", "training.epochs=4", "training={batch_size: 5}", "model={hidden: [2], bias: false}"]
    )
)
def test_any_order(load: Load, overrides: list[str]) -> None:
    """Overrides of different keys give the same configuration in every order."""
    config = load(overrides=overrides).config
    assert (config.seed, config.training.epochs, config.training.batch_size) == (3, 4, 5)
    assert (config.model.hidden, config.model.bias) == ((2,), False)
