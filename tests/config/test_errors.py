"""All mistakes are reported at once, each with its place and what to write."""

import pytest

from bpcli.common.errors import ConfigError
from bpcli.config import Config, ConfigProblems, Problem, read

from .conftest import Load, Reported


def test_everything_at_once(reported: Reported) -> None:
    """Unknown and repeated keys, wrong types and values, aliases and combinations come together, in order."""
    text = """\
sed: 4
data:
  source: digts
  noise: -1
model:
  init: {scheme: unifrm, low: 1, hi: 3}
  output: softmax
training:
  loss: squared_error
  loss: mse
  epochs: ten
  schedule: *a
model:
  bias: no
  hidden: [x, 0]
"""
    lines = reported(
        text,
        overrides=["training.batch_size=0", "foo"],
        environment={"BPCLI_DATA__VALIDATION": "2"},
        options={"seed": -1},
    )
    assert lines == [
        "my.yaml:1:1: sed: unknown key; did you mean seed?",
        "my.yaml:3:11: data.source: 'digts' is neither a built-in data set nor the path of a .csv, .tsv, .txt, "
        ".data, .dat, .xlsx, .parquet, .arff, .npz or .npy file (.gz too), nor - for standard input; "
        "did you mean digits?",
        "my.yaml:4:10: data.noise: -1 is too small; write 0 or more",
        "my.yaml:6:18: model.init.scheme: 'unifrm' is not one of constant, zeros, normal, uniform, xavier, he; "
        "did you mean uniform?",
        "my.yaml:6:31: model.init.low: 1.0 is not less than model.init.high: 0.5; "
        "use values such as low: -0.5, high: 0.5",
        "my.yaml:6:34: model.init.hi: unknown key for uniform; did you mean high?",
        "my.yaml:10:3: training.loss: written twice, first at 9:3; keep one of the two",
        "my.yaml:10:9: training.loss: 'mse' is not one of squared_error, cross_entropy, auto; "
        "did you mean squared_error?",
        "my.yaml:11:11: training.epochs: 'ten' is not an integer; use a value such as 50",
        "my.yaml:12:13: training.schedule: the alias '*a' is not allowed; write the value",
        "my.yaml:13:1: model: written twice, first at 5:1; keep one of the two",
        "my.yaml:14:9: model.bias: 'no' is not true or false; write false",
        "my.yaml:15:12: model.hidden[0]: 'x' is not an integer; use a value such as 16",
        "my.yaml:15:15: model.hidden[1]: 0 is too small; write 1 or more",
        "BPCLI_DATA__VALIDATION=2: data.validation: 2 is too large; write less than 1",
        "--set training.batch_size=0: training.batch_size: 0 is neither an integer from 1 to 1000000000 "
        "nor full or auto; use a value such as 32",
        "--set foo: missing '='; write KEY=VALUE, for example --set training.epochs=20",
        "--seed -1: seed: -1 is too small; write 0 or more",
    ]


def test_problems_have_parts(load: Load) -> None:
    """A problem keeps its file, line, column, key and message apart."""
    with pytest.raises(ConfigError) as caught:
        load("seed: x", overrides=["training.epochs=0"])
    assert isinstance(caught.value, ConfigProblems)
    first, second = caught.value.problems
    assert (first.line, first.column, first.key) == (1, 7, "seed")
    assert first.file.endswith("my.yaml")
    assert second == Problem(
        "--set training.epochs=0", None, None, "training.epochs", "0 is too small; write 1 or more"
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("epochs: 3", "1:1: epochs: unknown key; did you mean training.epochs?"),
        ("training.epochs: 3", "1:1: training.epochs: unknown key; dotted keys work with --set only, so write "
            "training: {epochs: 3}"),
        ("model: {learning_rate: 3}", "1:9: model.learning_rate: unknown key; "
            "did you mean training.optimizer.learning_rate?"),
        ("training: {patience: 3}", "1:12: training.patience: unknown key; "
            "did you mean training.early_stopping.patience?"),
        ("model: {activations: tanh}", "1:9: model.activations: unknown key; did you mean activation?"),
        ("colour: red", "1:1: colour: unknown key; the keys at the top level are seed, data, model "
            "and training"),
        ("training: {early_stopping: {q: 1}}", "1:29: training.early_stopping.q: unknown key; "
            "the keys of training.early_stopping are patience and min_delta"),
        ("model: {init: {scheme: he, std: 2}}", "1:28: model.init.std: unknown key for he; remove it, "
            "or write scheme: normal"),
        ("training: {optimizer: {name: adam, momentum: 0.9}}", "1:36: training.optimizer.momentum: unknown key "
            "for adam; remove it, or write name: sgd"),
        ("training: {optimizer: {adam: 1, name: adam}}", "1:24: training.optimizer.adam: unknown key for adam; "
            "its keys are name, learning_rate, beta1, beta2 and epsilon"),
        ("training: {class_weight: 0.25}", "1:26: training.class_weight: 0.25 is not one of balanced, null; write one "
            "of these"),
        ("training: {class_weight: [4]}", "1:26: training.class_weight: [4] is not one of balanced, null; write one "
            "of these"),
        ("training: {class_weight: balance}", "1:26: training.class_weight: 'balance' is not one of balanced, null; "
            "did you mean balanced?"),
        ("training: {optimizer: {name: lbfgs, momentum: x}}", "1:30: training.optimizer.name: 'lbfgs' is not one of "
            "sgd, adam; write one of these"),
        ('"a\\nb\\e[2J": 1', "1:1: a\\nb\\x1b[2J: unknown key; the keys at the top level are seed, data, "
            "model and training"),
        (f"{'k' * 500}: 1", f"1:1: {'k' * 59}…: unknown key; the keys at the top level are seed, data, "
            "model and training"),
    ],
)  # fmt: skip
def test_unknown_keys(text: str, report: str, reported: Reported) -> None:
    """An unknown key comes with the key that was meant, or with those that there are."""
    assert reported(text) == [f"my.yaml:{report}"]


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("model: {output: softmax}",
            "1:17: model.output: softmax cannot be combined with training.loss: squared_error; "
            "write training.loss: cross_entropy, or model.output: sigmoid"),
        ("training: {loss: squared_error}\nmodel: {output: softmax}",
            "2:17: model.output: softmax cannot be combined with training.loss: squared_error; "
            "write training.loss: cross_entropy, or model.output: sigmoid"),
        ("model: {output: identity}\ntraining: {loss: cross_entropy}",
            "2:18: training.loss: cross_entropy cannot be combined with model.output: identity; "
            "write model.output: sigmoid or softmax, or training.loss: squared_error"),
        ("model: {output: softmax}\ntraining: {loss: cross_entropy}\ndata: {task: regression}",
            "3:14: data.task: model.output: softmax cannot be combined with data.task: regression; "
            "write model.output: identity, or data.task: classification"),
        ("data: {source: iris, samples: 9}",
            "1:31: data.samples: 9 cannot be combined with data.source: iris; "
            "write data.samples: null, or use circles, moons or spiral as the source"),
        ("data: {noise: 0.1}",
            "1:15: data.noise: 0.1 cannot be combined with data.source: digits; "
            "write data.noise: null, or use circles, moons or spiral as the source"),
        ("model: {init: {scheme: uniform, low: 1, high: 1}}",
            "1:47: model.init.high: model.init.low: 1.0 is not less than model.init.high: 1.0; "
            "use values such as low: -0.5, high: 0.5"),
    ],
)  # fmt: skip
def test_impossible_combinations(text: str, report: str, reported: Reported) -> None:
    """Values that cannot be combined are both named, at the later one, with what to write."""
    assert reported(text) == [f"my.yaml:{report}"]


def test_a_combination_with_an_override(reported: Reported) -> None:
    """The stronger layer is where a combination became impossible."""
    (line,) = reported("data: {source: moons, samples: 9}", overrides=["data.source=iris"])
    assert line.startswith(
        "--set data.source=iris: data.source: data.samples: 9 cannot be combined with data.source: iris"
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("seed: x\n", "seed"),
        ("mode: x\n", "mode"),
        ("data: {}\n", "data"),
        ("training: &t {1: 2}\n", "training"),
        ("training: {epochs: 1, epochs: 2}\n", "training.epochs"),
    ],
)
def test_combinations_beside_other_mistakes(text: str, key: str, reported: Reported) -> None:
    """Combinations are checked even if something else is wrong."""
    lines = reported(text + "model: {output: softmax}\ndata: {task: regression, samples: 3}")
    keys = {line.split(": ")[1] for line in lines}
    assert keys == {key, "model.output", "data.task", "data.samples"}


@pytest.mark.parametrize(
    "text",
    [
        "model: {output: softmax}\ntraining: {loss: mse}",
        "model: {output: softmax}\ntraining: mse",
        "data: {source: mons, samples: 3}",
        "model: {init: {scheme: uniform, low: x, high: -1}}",
    ],
)
def test_combinations_of_wrong_values(text: str, reported: Reported) -> None:
    """A combination is not checked if one of its values is invalid."""
    assert len(reported(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "model: {output: softmax}\ntraining: {loss: cross_entropy}",
        "model: {output: softmax}\ntraining: {loss: cross_entropy}\ndata: {task: classification}",
        "training: {loss: cross_entropy}",
        "model: {output: identity}\ndata: {task: regression}",
        "training: {early_stopping: {patience: 3}}\ndata: {validation: 0}",
        "data: {source: spiral, samples: 90, noise: 0}",
        "model: {activation: relu, init: {scheme: xavier}}",
    ],
)
def test_possible_combinations(text: str, load: Load) -> None:
    """Valid combinations are accepted."""
    assert load(text).config != Config()


def test_read_checks_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A single file, read by itself, is checked in the same way."""
    path = tmp_path_factory.mktemp("run") / "config.yaml"
    path.write_text("seed: x\nmodel: {output: softmax}\n", encoding="utf-8")
    with pytest.raises(ConfigProblems) as caught:
        read(path)
    assert [problem.key for problem in caught.value.problems] == ["seed", "model.output"]
