"""The models have the documented defaults, and take exactly what they say."""

import pytest
from pydantic import ValidationError

from bpcli.config import (
    Adam,
    Config,
    ConstantInit,
    CosineSchedule,
    EarlyStopping,
    NormalInit,
    Sgd,
    StepSchedule,
    UniformInit,
    XavierInit,
)

from .conftest import Load, Reported

DOCUMENTED = """
seed: 0
data:
  source: digits
  samples: null
  noise: null
  max_rows: null
  target: null
  task: auto
  validation: 0.2
  scale: standard
  scale_target: auto
  missing: impute
  missing_values: []
  invalid: error
  ignore: []
  numbers: []
  categories: []
  dates: []
  delimiter: auto
  header: auto
  decimal: auto
  thousands: auto
  encoding: auto
  comment: auto
model:
  hidden: [32]
  activation: sigmoid
  output: sigmoid
  bias: true
  dtype: float64
  init: {scheme: xavier}
training:
  loss: squared_error
  optimizer: {name: sgd, learning_rate: 0.5, momentum: 0.0}
  schedule: {name: constant}
  weight_decay: 0.0
  epochs: 50
  batch_size: 32
  class_weight: null
  engine: auto
  evaluate_every: 1
  early_stopping: null
  checkpoint_every: 10
"""


def test_defaults(load: Load) -> None:
    """What is left out has the documented default."""
    assert load(DOCUMENTED).config == Config()


def test_defaults_of_variants() -> None:
    """Every variant can be selected by its name alone, and has its own defaults."""
    assert ConstantInit().value == 0.5
    assert NormalInit().std == 1.0
    assert (UniformInit().low, UniformInit().high) == (-0.5, 0.5)
    assert (Sgd().learning_rate, Sgd().momentum) == (0.5, 0.0)
    adam = Adam()
    assert (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon) == (0.001, 0.9, 0.999, 1e-8)
    assert (StepSchedule().every, StepSchedule().factor) == (10, 0.5)
    assert CosineSchedule().minimum == 0.0
    assert (EarlyStopping().patience, EarlyStopping().min_delta) == (10, 0.0)


def test_models_are_frozen() -> None:
    """A configuration does not change, and can be a key."""
    config = Config()
    with pytest.raises(ValidationError):
        config.seed = 3
    assert hash(config) == hash(Config())


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("seed: ten", "1:7: seed: 'ten' is not an integer; use a value such as 0"),
        ("seed: true", "1:7: seed: true is not an integer; use a value such as 0"),
        ("seed: 3.0", "1:7: seed: 3.0 is not an integer; write 3"),
        ("seed: '3'", "1:7: seed: '3' is not an integer; use a value such as 0"),
        ("seed: -1", "1:7: seed: -1 is too small; write 0 or more"),
        ("seed:", "1:6: seed: null is not an integer; use a value such as 0"),
        ("data: 5", "1:7: data: 5 is not a mapping; use a value such as {source: digits}"),
        ("data: {source: 5}", "1:16: data.source: 5 is not text; use a value such as digits"),
        ("data: {task: regresion}", "1:14: data.task: 'regresion' is not one of auto, classification, regression; "
            "did you mean regression?"),
        ("data: {scale: null}", "1:15: data.scale: null is not one of standard, minmax, none; "
            "write one of these"),
        ("data: {validation: 1}", "1:20: data.validation: 1 is too large; write less than 1"),
        ("data: {validation: .nan}", "1:20: data.validation: .nan is not a finite number; use a value such as 0.2"),
        ("data: {validation: aut}", "1:20: data.validation: 'aut' is neither a number nor auto; did you mean auto?"),
        ("data: {validation: true}", "1:20: data.validation: true is neither a number nor auto; "
            "use a value such as 0.2"),
        ("data: {validation: -0.1}", "1:20: data.validation: -0.1 is too small; write 0 or more"),
        ("data: {source: moons, samples: 0}", "1:32: data.samples: 0 is too small; write 1 or more"),
        ("data: {source: moons, samples: 2.5}", "1:32: data.samples: 2.5 is not an integer; use a value such as 300"),
        ("data: {source: moons, noise: -1}", "1:30: data.noise: -1 is too small; write 0 or more"),
        ("data: {target: []}", "1:16: data.target: the list is empty; use a value such as [label], or null"),
        ("data: {target: {a: 1}}", "1:16: data.target: {a: 1} is not a list; use a value such as [label]"),
        ("data: {target: [a, true]}", "1:20: data.target[1]: true is neither the name nor the position of a column; "
            "use a value such as label or -1"),
        ("data: {target: 1.5}", "1:16: data.target: 1.5 is not a list; write [1.5]"),
        ("model: {hidden: 16}", "1:17: model.hidden: 16 is not a list; write [16]"),
        ("model: {hidden: '16, 8'}", "1:17: model.hidden: '16, 8' is not a list; write [16, 8]"),
        ("model: {hidden: [4, x, 0]}", "1:21: model.hidden[1]: 'x' is not an integer; use a value such as 16\n"
            "1:24: model.hidden[2]: 0 is too small; write 1 or more"),
        ("model: {hidden: [10001]}", "1:18: model.hidden[0]: 10001 is too large; write 10000 or less"),
        (f"model: {{hidden: {[1] * 33}}}", "1:17: model.hidden: 33 items are too many; write at most 32"),
        ("model: {activation: ReLU}", "1:21: model.activation: 'ReLU' is not one of sigmoid, tanh, relu, identity; "
            "did you mean relu?"),
        ("model: {bias: no}", "1:15: model.bias: 'no' is not true or false; write false"),
        ("model: {bias: On}", "1:15: model.bias: 'On' is not true or false; write true"),
        ("model: {bias: 1}", "1:15: model.bias: 1 is not true or false; use a value such as true"),
        ("model: {dtype: float16}", "1:16: model.dtype: 'float16' is not one of float64, float32; "
            "did you mean float64?"),
        ("model: {init: xavier}", "1:15: model.init: 'xavier' is not a mapping; write {scheme: xavier}"),
        ("model: {init: {scheme: xaver}}", "1:24: model.init.scheme: 'xaver' is not one of constant, zeros, normal, "
            "uniform, xavier, he; did you mean xavier?"),
        ("model: {init: {scheme: constant, value: .nan}}", "1:41: model.init.value: .nan is not a finite number; "
            "use a value such as 0.5"),
        ("model: {init: {scheme: normal, std: 0}}", "1:37: model.init.std: 0 is too small; write more than 0"),
        ("training: {optimizer: {learning_rate: 0}}", "1:39: training.optimizer.learning_rate: 0 is too small; "
            "write more than 0"),
        ("training: {optimizer: {learning_rate: '1'}}", "1:39: training.optimizer.learning_rate: '1' is not a number; "
            "use a value such as 0.5"),
        ("training: {optimizer: {learning_rate: true}}", "1:39: training.optimizer.learning_rate: true is not a "
            "number; use a value such as 0.5"),
        ("training: {optimizer: {momentum: 1}}", "1:34: training.optimizer.momentum: 1 is too large; "
            "write less than 1"),
        ("training: {optimizer: {name: adam, beta2: 1.0}}", "1:43: training.optimizer.beta2: 1.0 is too large; "
            "write less than 1"),
        ("training: {optimizer: {name: [adam]}}", "1:30: training.optimizer.name: [adam] is not one of sgd, adam; "
            "write one of these"),
        ("training: {schedule: {name: step, factor: 1.5}}", "1:43: training.schedule.factor: 1.5 is too large; "
            "write 1 or less"),
        ("training: {schedule: {name: null}}", "1:29: training.schedule.name: null is not one of constant, step, "
            "cosine; write one of these"),
        ("training: {weight_decay: -1}", "1:26: training.weight_decay: -1 is neither a number from 0 on nor auto; "
            "use a value such as 0.0001"),
        ("training: {weight_decay: aut}", "1:26: training.weight_decay: 'aut' is neither a number from 0 on nor auto; "
            "did you mean auto?"),
        ("training: {weight_decay: .inf}", "1:26: training.weight_decay: .inf is not a finite number; "
            "use a value such as 0.0001"),
        ("training: {epochs: 0}", "1:20: training.epochs: 0 is too small; write 1 or more"),
        ("training: {epochs: 1e3}", "1:20: training.epochs: 1000.0 is not an integer; write 1000"),
        ("training: {epochs: 1e300}", "1:20: training.epochs: 1e+300 is not an integer; write it with digits only"),
        ("training: {epochs: ten}", "1:20: training.epochs: 'ten' is not an integer; use a value such as 50"),
        *[
            (f"training: {{batch_size: {value}}}", f"1:24: training.batch_size: {shown} is neither an integer "
                "from 1 to 1000000000 nor full or auto; use a value such as 32")
            for value, shown in (("0", "0"), ("all", "'all'"), ("32.0", "32.0"), ("true", "true"), ("null", "null"))
        ],
        ("training: {batch_size: ful}", "1:24: training.batch_size: 'ful' is neither an integer from 1 to 1000000000 "
            "nor full or auto; did you mean full?"),
        ("training: {optimizer: adma}", "1:23: training.optimizer: 'adma' is not a mapping; write {name: adam}"),
        ("model: {init: glorot}", "1:15: model.init: 'glorot' is not a mapping; write {scheme: xavier}"),
        ("model: {init: fancy}", "1:15: model.init: 'fancy' is not a mapping; write {scheme: NAME} with one of "
            "constant, zeros, normal, uniform, xavier, he"),
        ("training: {early_stopping: yes}", "1:28: training.early_stopping: 'yes' is not a mapping; "
            "use a value such as {patience: 10}"),
        ("training: {early_stopping: {patience: 0}}", "1:39: training.early_stopping.patience: 0 is too small; "
            "write 1 or more"),
        ("training: {checkpoint_every: null}", "1:30: training.checkpoint_every: null is not an integer; "
            "use a value such as 10"),
    ],
)  # fmt: skip
def test_invalid_values(text: str, report: str, reported: Reported) -> None:
    """A wrong value is named with its place, and with what to write instead."""
    lines = [line.removeprefix("my.yaml:") for line in reported(text)]
    expected = report.splitlines()
    assert len(lines) == len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))


CHOICES = {
    "data.task": ["auto", "classification", "regression"],
    "data.scale": ["standard", "minmax", "none"],
    "model.activation": ["sigmoid", "tanh", "relu", "identity"],
    "model.output": ["sigmoid", "identity", "softmax", "auto"],
    "model.dtype": ["float64", "float32"],
    "model.init.scheme": ["constant", "zeros", "normal", "uniform", "xavier", "he"],
    "training.loss": ["squared_error", "cross_entropy", "auto"],
    "training.optimizer.name": ["sgd", "adam"],
    "training.schedule.name": ["constant", "step", "cosine"],
}


@pytest.mark.parametrize(
    ("key", "choice"), [(key, choice) for key, choices in CHOICES.items() for choice in choices]
)
def test_mistyped_choices(key: str, choice: str, reported: Reported) -> None:
    """Every mistyped choice gets the list of choices and the one that was probably meant."""
    typed = choice.upper() if len(choice) < 4 else choice[:2] + choice[3:]
    choices = ", ".join(CHOICES[key])
    assert reported(overrides=[f"{key}={typed}"]) == [
        f"--set {key}={typed}: {key}: '{typed}' is not one of {choices}; did you mean {choice}?"
    ]


@pytest.mark.parametrize(("key", "choices"), CHOICES.items())
def test_other_choices(key: str, choices: list[str], reported: Reported) -> None:
    """A value that resembles no choice gets the list of choices."""
    assert reported(overrides=[f"{key}=qqq"]) == [
        f"--set {key}=qqq: {key}: 'qqq' is not one of {', '.join(choices)}; write one of these"
    ]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("model: {hidden: []}", "hidden", ()),
        ("model: {hidden: [16, 8]}", "hidden", (16, 8)),
        ("data: {target: label}", "target", ("label",)),
        ("data: {target: -1}", "target", (-1,)),
        ("data: {target: [a, 2]}", "target", ("a", 2)),
        ("data: {target: no}", "target", ("no",)),
        ("data: {validation: 0}", "validation", 0.0),
        ("data: {validation: auto}", "validation", "auto"),
        ("data: {source: moons, noise: 1}", "noise", 1.0),
        ("training: {batch_size: full}", "batch_size", "full"),
        ("training: {batch_size: 1}", "batch_size", 1),
        ("training: {weight_decay: 1e-3}", "weight_decay", 0.001),
        ("training: {weight_decay: auto}", "weight_decay", "auto"),
        ("training: {early_stopping: {}}", "early_stopping", EarlyStopping()),
        ("training: {optimizer: {learning_rate: 1}}", "optimizer", Sgd(learning_rate=1.0)),
        ("model: {init: {}}", "init", XavierInit()),
        ("model: {init: }", "init", XavierInit()),
    ],
)
def test_accepted(text: str, key: str, value: object, load: Load) -> None:
    """What may be written in more than one way has one form afterwards."""
    config = load(text).config
    (section,) = (getattr(config, name) for name in ("data", "model", "training") if text.startswith(name))
    assert getattr(section, key) == value
    assert type(getattr(section, key)) is type(value)
