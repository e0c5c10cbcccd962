"""What is mistyped is answered with what was meant, in words of bpcli's own; no other kind of file is misread."""

import re

import numpy as np
import pytest

# Words of pydantic, of typer, and of Python, which say nothing to whom the message is for.
FOREIGN = re.compile(
    r"Value error|Input should be|unable to parse|No such (option|command)|Possible options|Invalid value|Traceback"
    r"|\[type=|valid integer|validation error|unexpected extra"
)

# Eighty things as people mistype them, and what the message has to name.
MISTYPED = {
    "train digits --epoch 3": "did you mean --epochs",
    "gradcheck digits --lr 0.1": "training.optimizer.learning_rate=VALUE|did you mean --rate",
    "train digits --learning-rate 0.1": "training.optimizer.learning_rate=VALUE|did you mean --rate",
    "gradcheck digits --batch 10": "--set training.batch_size=VALUE|did you mean --batch",
    "train digits --momentum 0.9": "--set training.optimizer.momentum=VALUE",
    "train digits --optimiser adam": "--set training.optimizer.name=VALUE",
    "train digits --weight-decay 0.1": "--set training.weight_decay=VALUE",
    "train digits --momentun 0.9": "--set training.optimizer.momentum=VALUE",
    "train digits --output x": "did you mean --out",
    "train digits --verbose": "there are --activation, --batch, ",
    "sweep xor --force": "there are --dask, ",
    "train --lerning-rate 3": "did you mean --set training.optimizer.learning_rate=VALUE? See bpcli train --help",
    "export run": "--to is missing: write --to onnx, torch, numpy or sklearn",
    "train digts": "did you mean digits",
    "train nosuch.yml": "there is no file 'nosuch.yml'",
    "train xor --seed one": "--seed: 'one' is not a whole number; write --seed N",
    "train xor --epochs 3.5": "--epochs: '3.5' is not a whole number; write --epochs N",
    "train xor --seed": "--seed needs a value after it",
    "train xor extra": "extra: one argument too many",
    "train --resume my.yaml": "this is a file; give the folder of a run",
    "train xor --set model.activation=sigmod": "one of sigmoid, tanh, relu, identity; did you mean sigmoid",
    "train xor --set model.activation=logistic": "did you mean sigmoid",
    "train xor --set model.activaton=tanh": "did you mean activation",
    "train xor --set model.output=linear": "one of sigmoid, identity, softmax, auto; did you mean identity",
    "train xor --set training.loss=mse": "one of squared_error, cross_entropy, auto; did you mean squared_error",
    "train xor --set training.loss=bce": "did you mean cross_entropy",
    "train xor --set training.optimizer=adm": "write training.optimizer.name=adam",
    "train xor --set training.optimizer.name=adm": "one of sgd, adam; did you mean adam",
    "train xor --set model.init=glorot": "write model.init.scheme=xavier",
    "train xor --set model.init.scheme=kaiming": "did you mean he",
    "train xor --set data.scale=zscore": "one of standard, minmax, none; did you mean standard",
    "train xor --set data.source=iriss": "did you mean iris",
    "train xor --set data.task=classify": "did you mean classification",
    "train xor --set model.dtype=double": "did you mean float64",
    "train xor --set training.batch_size=ful": "did you mean full",
    "train xor --set training.schedule.name=cosin": "one of constant, step, cosine; did you mean cosine",
    "train xor --set lr=0.1": "did you mean training.optimizer.learning_rate",
    "train xor --set epochs=3": "did you mean training.epochs",
    "train xor --set training.epochs=many": "is not an integer; use a value such as 50",
    "train xor --set model.hidden=16x8": "write 16,8",
    "train xor --set model.hidden=[16;8]": "write 16,8",
    "train xor --set model.bias=yes": "write true",
    "train xor --set epochs": "missing '='",
    "trian digits": "did you mean train? The commands of bpcli are train, ",
    "gradchek": "did you mean gradcheck",
    "xor": "bpcli train xor",
    "gradcheck --inject sgn": "did you mean sign",
    "gradcheck --inject no-omeg": "did you mean no-omega",
    "gradcheck --method complx": "one of complex, central; did you mean complex",
    "gradcheck --layout row": "one of rows, columns; did you mean rows",
    "gradcheck --weights outin": "one of out-in, in-out; did you mean out-in",
    "gradcheck --template pytorch": "did you mean torch",
    "gradcheck --time-limit soon": "--time-limit: 'soon' is not a number; write --time-limit SECONDS",
    "gradcheck --time-limit 0": "--time-limit: '0' is too small; write 0.1 or more",
    "gradcheck --epochs 3": "training.epochs=VALUE",
    "walkthrough --notation detla": "one of vw, delta; did you mean delta",
    "walkthrough --format tex": "one of text, markdown, latex, html; did you mean latex",
    "walkthrough --format md": "did you mean markdown",
    "walkthrough --explain long": "one of short, full; write one of these",
    "walkthrough --part z": "a letter from a to h",
    "walkthrough --lr 0.1": "did you mean --rate",
    "walkthrough --worksheets": "did you mean --worksheet",
    "walkthrough --digits 99": "--digits: '99' is too large; write 12 or less",
    "symmetry-demo --activation sigmoi": "did you mean sigmoid",
    "symmetry-demo --arithmetic bals": "one of stable, blas; did you mean blas",
    "symmetry-demo --notation VM": "one of delta, vw",
    "symmetry-demo --part h": "write a letter from a to g, or a range such as a-c",
    "symmetry-demo --init xavir": "did you mean xavier",
    "symmetry-demo --epochs 4": "did you mean --steps",
    "symmetry-demo --hidden many": "--hidden: 'many' is not a whole number; write --hidden N",
    "symmetry-demo --hidden 0": "--hidden: '0' is too small; write 1 or more",
    "config lst": "did you mean list? The commands of bpcli config are list, ",
    "config shw xor": "did you mean show",
    "config show": "CONFIG is missing",
    "config show xr": "did you mean xor",
    "docs symetry": "did you mean symmetry? The pages are api, ",
    "explain omga": "did you mean Omega",
    "explain": "TERM is missing",
}


@pytest.mark.parametrize("line", list(MISTYPED))
def test_what_was_meant_is_said(bpcli, tmp_path, line):
    """One message, exit code 2: the choices or what was probably meant, and no word of a library."""
    (tmp_path / "my.yaml").write_text("seed: 1\n", encoding="utf-8")
    found = bpcli(*line.split())
    assert (found.code, found.out) == (2, "")
    assert any(said in found.err for said in MISTYPED[line].split("|")), found.err
    assert not FOREIGN.search(found.err)
    assert found.err.count("\n") == 1


def test_words_of_libraries_would_be_found():
    """The pattern of the test above sees what the messages were."""
    assert FOREIGN.search("Invalid value for '--seed': Input should be a valid integer")


@pytest.fixture
def files(tmp_path):
    """One file of each kind that bpcli reads or writes, none of them a configuration."""
    for name, text in {
        "mine.py": "def gradients(): ...",
        "mine.ipynb": "{}",
        "t.csv": "a,b\n1,2\n",
        "grads.json": "{}",
        "sheet.html": "<html></html>",
        "sheet.tex": "x",
        "answers-07.yaml": "seed: 7\ndigits: 4\nnetwork: {sizes: [3, 2, 2]}\n\na: [null, null]\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    np.savez(tmp_path / "d.npz", X=np.eye(2), y=[0, 1])
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").write_text("seed: 0\n", encoding="utf-8")
    np.savez(run / "best.npz", V=np.eye(2))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mine.py", "bpcli gradcheck --against mine.py"),
        ("mine.ipynb", "bpcli gradcheck --against mine.ipynb"),
        ("grads.json", "bpcli gradcheck --against grads.json"),
        ("t.csv", "bpcli train t.csv"),
        ("d.npz", "bpcli train d.npz"),
        ("sheet.html", "bpcli walkthrough --grade"),
        ("sheet.tex", "bpcli walkthrough --grade"),
        ("answers-07.yaml", "bpcli walkthrough --grade answers-07.yaml"),
        ("run", "bpcli train --resume run"),
        ("run/", "bpcli train --resume run/"),
        ("run/best.npz", "the run is the folder, run"),
    ],
)
def test_another_kind_of_file_names_the_command_that_takes_it(bpcli, files, name, says):
    """Nothing is read as what it is not."""
    assert_refused(bpcli("train" if "train --resume" in says else "walkthrough", name), says)


@pytest.mark.parametrize(
    ("name", "says"), [("d.npz", "bpcli train d.npz"), ("iris", "bpcli config show iris")]
)
def test_what_is_no_text_table_is_named_to_the_command_that_shows_it(bpcli, files, name, says):
    """Arrays are trained on, configurations are shown."""
    assert_refused(bpcli("data", name), says)


def test_weights_of_a_run_are_no_table(bpcli, files):
    """Though train takes tables."""
    assert_refused(bpcli("train", "run/best.npz"), "the run is the folder, run")


def test_a_worksheet_is_not_an_answers_file(bpcli, files):
    """Where the answers are written is said."""
    assert_refused(
        bpcli("walkthrough", "--grade", "sheet.html"), "answers-*.yaml that comes with the worksheet"
    )


@pytest.mark.parametrize(
    "command", ["gradcheck", "walkthrough", "symmetry-demo", "config check", "config show", ""]
)
def test_every_command_that_takes_a_configuration_says_so(bpcli, files, command):
    """A program in its place, or in the place of the command."""
    assert_refused(bpcli(*command.split(), "mine.py"), "bpcli gradcheck --against mine.py")


def assert_refused(found, says):
    """One message with the command, exit code 2, and nothing done."""
    assert (found.code, found.out) == (2, "")
    assert says in " ".join(found.err.split())
