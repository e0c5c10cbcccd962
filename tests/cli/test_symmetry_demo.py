"""``bpcli symmetry-demo`` as a person uses it: what it prints, keeps and refuses, and its exit codes."""

import json
import xml.etree.ElementTree as ET
from functools import cache

import pytest

from bpcli.network import fixed_order_matmul
from bpcli.symmetry_demo import demo

CONFIG = "symmetry-demo"
FEW = ("--steps", 20)

DONE = {}  # demos by what they were made of


class Once:
    """A demo that takes its steps once."""

    def __init__(self, taken):
        self.config, self.snapshots = taken.config, cache(lambda: tuple(taken.snapshots()))
        self.result = cache(taken.result)


@pytest.fixture(autouse=True)
def run_once(monkeypatch):
    """Run each demo once, and show that in every format, at every width and part by part."""
    made = demo.Demo

    def known(name, config, **given):
        # What a test puts in the place of BLAS is no argument.
        put = (demo.PRODUCTS["blas"], vars(demo)["widths_that_split"])
        key = (name, config.model_dump_json(), repr(given), *put)
        return DONE.get(key) or DONE.setdefault(key, Once(made(name, config, **given)))

    monkeypatch.setattr(demo, "Demo", known)


def document(bpcli, *arguments, code=0):
    """Return the JSON document of a demo."""
    found = bpcli(CONFIG, *arguments, "--json")
    assert found.code == code, found.err
    return json.loads(found.out)


def claim(document, letter):
    """Return one claim of a document."""
    return next(each for each in document["claims"] if each["id"] == letter)


def network(document, name):
    """Return one network of a document."""
    return next(each for each in document["networks"] if each["name"] == name)


def test_the_default_demo_shows_that_every_claim_holds(bpcli):
    """Seven claims hold; the constant network is one unit, the nudged one comes apart, the random one is six."""
    found = document(bpcli)
    assert found["schema"] == "bpcli.symmetry/1"
    assert found["arithmetic"] == "stable"
    assert [(each["id"], each["holds"]) for each in found["claims"]] == [
        (letter, True) for letter in "abcdefg"
    ]
    assert [each["name"] for each in found["networks"]] == [
        "constant", "zero", "random", "nudged", "half-tied", "logistic",
    ]  # fmt: skip
    constant, nudged = network(found, "constant"), network(found, "nudged")
    assert constant["units"] == 6
    assert constant["effective_units"] == 1
    assert constant["first_split"] is None
    assert all(point[part] == 0 for point in constant["spread"] for part in ("V", "W", "h", "delta"))
    assert constant["equivalent"]["units"] == 1
    assert constant["equivalent"]["difference"] < 1e-14
    assert nudged["growth"]["verdict"] == "grows"
    assert nudged["spread"][-1]["V"] > 1
    assert network(found, "random")["effective_units"] == 6
    assert network(found, "random")["loss"] < network(found, "constant")["loss"] / 10
    assert network(found, "logistic")["units"] == 0


@pytest.mark.parametrize(("columns", "options"), [(60, ()), (100, FEW), (160, FEW)])
def test_the_report_fits_the_terminal(bpcli, columns, options):
    """No line is longer than the terminal is wide, and nothing is cut off with an ellipsis in a table."""
    found = bpcli(CONFIG, *options, columns=columns)
    assert found.code == 0
    lines = found.out.splitlines()
    assert max(map(len, lines)) <= columns
    for title in (
        "Claims", "Closed forms", "Networks", "Effective units", "Spread", "Loss", "Weight differences", "Distances",
    ):  # fmt: skip
        assert any(line.startswith(title) for line in lines), title
    # Of a long list of numbers the first few are told, and then ", …)".
    assert not any("…" in line.replace(", …)", "") for line in lines)


@pytest.mark.parametrize("steps", [1000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_xor_is_exact_by_default(bpcli, steps):
    """2-5-1 without biases, w = ½, rate 10: the constant network's spread is 0 at every recorded step."""
    found = document(bpcli, "symmetry-xor", "--steps", steps)
    constant = network(found, "constant")
    assert constant["spread"][-1]["step"] == steps
    assert {point["V"] for point in constant["spread"]} == {0}
    assert claim(found, "c")["holds"] is None
    assert claim(found, "c")["remark"] == "there is one output"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blas_reports_the_split_or_that_there_was_none(bpcli, dtype):
    """Which of the two depends on the processor; either way it is said, and the exit code says it too."""
    arguments = ("symmetry-xor", "--arithmetic", "blas", "--dtype", dtype, "--steps", 200)
    shown = bpcli(CONFIG, *arguments)
    found = document(bpcli, *arguments, code=shown.code)
    constant = network(found, "constant")
    if constant["first_split"] is None:
        assert shown.code == 0
        assert "keeps the units of 2-5-1 equal" in shown.out
        assert found["splitting_widths"] is not None
    else:
        assert shown.code == 3
        assert claim(found, "e")["holds"] is False
        assert f"after step {constant['first_split']:,}" in " ".join(shown.out.split())
        assert constant["growth"]["first"] >= constant["first_split"]


def test_a_blas_that_does_not_split_is_told(bpcli, monkeypatch):
    """With a product that never splits in its place: the statement, and the widths that this machine's BLAS splits."""
    monkeypatch.setitem(demo.PRODUCTS, "blas", fixed_order_matmul)
    monkeypatch.setattr(demo, "widths_that_split", lambda *_: (5, 7))
    shown = bpcli(CONFIG, *FEW, "--arithmetic", "blas")
    assert shown.code == 0
    told = " ".join(shown.out.split())
    assert "BLAS on this machine keeps the units of 3-6-3 equal on 8 samples: after each of 20 steps" in told
    assert "its rounding breaks the symmetry of 5, 7 within 30 steps: try --hidden." in told
    assert document(bpcli, *FEW, "--arithmetic", "blas")["splitting_widths"] == [5, 7]
    monkeypatch.setattr(demo, "widths_that_split", lambda *_: ())
    told = " ".join(bpcli(CONFIG, *FEW, "--arithmetic", "blas").out.split())
    assert "The same holds for every other width up to 32" in told
    assert document(bpcli, *FEW)["splitting_widths"] is None


def test_a_blas_that_splits_is_told(bpcli, monkeypatch):
    """With a product that favours the last unit in its place: after which step, how the spread grows; exit code 3."""

    def leaking(left, right, /, *, out):
        fixed_order_matmul(left, right, out=out)
        if out.shape[-1] == 6:
            out[..., -1] *= 1 + 1e-12

    monkeypatch.setitem(demo.PRODUCTS, "blas", leaking)
    shown = bpcli(CONFIG, "--steps", 300, "--arithmetic", "blas")
    assert shown.code == 3
    told = " ".join(shown.out.split())
    assert (
        "Rounding in BLAS broke the symmetry of the constant network: its units differ after step 1. Their spread grows"
        in told
    )
    assert "(e) does not" in told


@pytest.mark.parametrize(
    "options",
    [
        ("--hidden", 5, "--activation", "tanh", "--bias"),
        ("--dtype", "float32", "--no-bias", "--init", "normal"),
        ("--init", "{scheme: uniform, low: -2, high: 2}", "--seed", 3),
        ("--activation", "identity", "--set", "training.optimizer.learning_rate=0.1"),
        ("--set", "model.init.value=-0.75", "--set", "training.optimizer.name=adam"),
        ("--set", "training.loss=cross_entropy"),
    ],
)
def test_the_claims_hold_for_any_network(bpcli, options):
    """Other widths, activations, precisions, biases, first weights, rules and losses."""
    found = document(bpcli, *FEW, *options)
    assert all(each["holds"] for each in found["claims"])


def test_the_constant_and_the_random_weights_are_chosen_apart(bpcli):
    """--weight is w, --init the scheme of the random network, and a configured constant does not stand in its way."""
    found = document(bpcli, *FEW, "--init", "he", "--set", "model.init.value=0.3")
    assert found["weight"] == 0.3
    assert document(bpcli, *FEW, "--init", "he", "--weight", 0.25)["weight"] == 0.25


@pytest.mark.parametrize(
    ("options", "undecided"),
    [
        (("--hidden", 200), "cde"),
        (("--weight", 0, "--activation", "relu"), "de"),
    ],
)
def test_saturation_refutes_nothing(bpcli, options, undecided):
    """Where z rounds to 1, or every relu is off, nothing moves: what that leaves open is null and says why."""
    found = document(bpcli, *FEW, *options)
    open_ = {each["id"]: each["remark"] for each in found["claims"] if each["holds"] is None}
    assert set(undecided) == set(open_)
    assert all(open_.values())


def test_softmax_leaves_v_alone_in_the_first_step(bpcli):
    """(d) holds there, and says what it does not ask."""
    found = document(
        bpcli, "iris", *FEW, "--set", "model.output=softmax", "--set", "training.loss=cross_entropy"
    )
    assert claim(found, "d")["holds"] is True
    assert claim(found, "d")["remark"] == "V has not moved by more than rounding"


@pytest.mark.parametrize("options", [("--hidden", 20, "--dtype", "float32"), ("--arithmetic", "blas")])
def test_narrow_tables_lose_no_digit(bpcli, options):
    """Every word of the tables at 160 columns is there at 60, too."""
    words = [set(bpcli(CONFIG, *FEW, *options, columns=columns).out.split()) for columns in (160, 60)]
    numbers = {word for word in words[0] if word[0].isdigit() or word[0] == "-"}
    assert numbers - words[1] <= {word for word in numbers if len(word) > 20}


@pytest.mark.parametrize("part", list("abcdefg"))
def test_a_part_shows_its_claim_alone(bpcli, part):
    """One claim with its reason, on the screen and in the document."""
    shown = bpcli(CONFIG, *FEW, "--part", part)
    assert shown.code == 0
    assert [line[:3] for line in shown.out.splitlines() if line.startswith("(")] == [f"({part})"]
    assert "because" in shown.out
    assert shown.out.rstrip().endswith(f"Claim ({part}) holds.")
    assert [each["id"] for each in document(bpcli, *FEW, "--part", part)["claims"]] == [part]


@pytest.mark.parametrize(
    ("wanted", "letters", "about"),
    [
        (["a-c"], "abc", {"Closed forms"}),
        (["e", "b"], "be", {"Closed forms", "Spread"}),
        (["f,d"], "df", {"Effective units"}),
        (["a-g"], "abcdefg", {"Closed forms", "Effective units", "Spread", "Networks", "Distances"}),
    ],
)
def test_parts_are_chosen_as_those_of_the_walkthrough(bpcli, wanted, letters, about):
    """By letter, list or range, each with what it is about; all seven are the whole report."""
    shown = bpcli(CONFIG, *FEW, *(word for part in wanted for word in ("--part", part)))
    assert [line[1] for line in shown.out.splitlines() if line.startswith("(")] == list(letters)
    found = {title for title in ("Closed forms", "Effective units", "Spread", "Networks", "Distances")
             if f"\n{title}  " in shown.out}  # fmt: skip
    assert found == about
    assert f"{len(letters)} of {len(letters)} claims apply, and all of them hold." in shown.out
    assert bpcli(CONFIG, "--part", "h").err.startswith(
        "error: --part: there is no part 'h'; write a letter from a to g"
    )


def test_a_network_whose_outputs_are_all_zero_is_merged_exactly(bpcli):
    """Zero weights under relu never move: z is 0, and so is the difference that merging makes."""
    found = document(
        bpcli, *FEW, "--activation", "relu", "--set", "model.output=identity",
        "--set", "training.optimizer.learning_rate=0.1",
    )  # fmt: skip
    assert network(found, "zero")["equivalent"] == {"units": 1, "difference": 0.0}


@pytest.mark.parametrize("name", ["iris", "digits", "symmetry", "and"])
def test_it_takes_any_configuration_with_one_hidden_layer(bpcli, name):
    """Classes, many features, softmax: no claim fails."""
    found = document(bpcli, name, "--steps", 5, "--hidden", 4)
    assert all(each["holds"] is not False for each in found["claims"])


def test_a_claim_that_fails_exits_with_3(bpcli):
    """With constant weights for the network called random, (f) is false."""
    found = bpcli(CONFIG, *FEW, "--init", "constant")
    assert found.code == 3
    assert "(f)  does not" in found.out
    assert "Of the 7 claims that apply, (f) does not hold." in found.out


def test_one_hidden_unit_has_no_symmetry(bpcli):
    """At width 1 five claims do not apply, and say so; nothing else goes wrong."""
    found = document(bpcli, *FEW, "--hidden", 1)
    assert [each["id"] for each in found["claims"] if each["holds"] is None] == ["a", "b", "d", "e", "f"]


def diverging(rate, arithmetic, dtype="float64"):
    """The demo of identity units at too high a rate."""
    return (
        CONFIG, "--activation", "identity", "--set", "model.output=identity",
        "--set", f"training.optimizer.learning_rate={rate}", "--arithmetic", arithmetic, "--dtype", dtype,
    )  # fmt: skip


def assert_divergence_is_told(found):
    """Which networks, after which step, what to change; and exit code 3."""
    assert (found.code, found.err) == (3, "")
    told = " ".join(found.out.split())
    assert "is not finite after step" in told
    assert "lower training.optimizer.learning_rate" in told


@pytest.mark.parametrize("rate", [1.969048634095826, 4, 1e4, 1e6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_divergence_is_said(bpcli, rate, dtype):
    """In the demo's own arithmetic, which splits nothing: no split is told beside it."""
    found = bpcli(*diverging(rate, "stable", dtype))
    assert_divergence_is_told(found)
    assert "broke the symmetry" not in found.out


@pytest.mark.parametrize("rate", [1.969048634095826, 1e6])
def test_a_divergence_under_a_blas_that_does_not_split_is_no_split(bpcli, monkeypatch, rate):
    """Infinities that differ from one another are no units that came apart."""
    monkeypatch.setitem(demo.PRODUCTS, "blas", fixed_order_matmul)
    found = bpcli(*diverging(rate, "blas"))
    assert_divergence_is_told(found)
    assert "broke the symmetry" not in found.out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_divergence_under_this_machines_blas_is_said(bpcli, dtype):
    """Whether BLAS split the units before depends on the processor: it is told if, and only if, it did."""
    found = bpcli(*diverging(4, "blas", dtype))
    assert_divergence_is_told(found)
    split = network(document(bpcli, *diverging(4, "blas", dtype)[1:], code=3), "constant")["first_split"]
    assert ("broke the symmetry" in found.out) == (split is not None)


@pytest.mark.parametrize("suffix", ["svg", "html", "txt"])
def test_a_picture_is_kept(bpcli, tmp_path, suffix):
    """The whole report in one file that fetches nothing; an existing file is overwritten with --force only."""
    path = tmp_path / f"demo.{suffix}"
    arguments = (CONFIG, *FEW, "--save", path)
    assert bpcli(*arguments).code == 0
    text = path.read_text()
    plain = text.replace("&#160;", " ").replace("&nbsp;", " ")
    assert "Weight" in plain
    assert "holds" in plain
    assert 'url("' not in text
    assert "https:" not in text.replace("https://www.textualize.io", "")
    assert "<script" not in text
    if suffix == "svg":
        ET.fromstring(text)
        again = bpcli(*arguments)
        assert again.code == 2
        assert "--force" in again.err
        assert bpcli(*arguments, "--force", "--quiet").out == ""


def test_watching_without_a_terminal_shows_the_report(bpcli):
    """In a pipe there is nobody to play to."""
    found = bpcli(CONFIG, *FEW, "--watch")
    assert found.code == 0
    assert found.out.startswith("bpcli symmetry-demo")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("logistic",), "--hidden N"),
        (("--save", "demo.png"), "must end in .svg, .html or .txt"),
        (("--watch", "--json"), "leave one of them out"),
        (("--init", "xavir"), "did you mean xavier"),
        (("--hidden", "0"), "--hidden"),
        (("--steps", "0"), "--steps"),
        (("--save", "nowhere/demo.svg"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_is_refused(bpcli, arguments, said):
    """One message that says what to do, and exit code 2."""
    found = bpcli(CONFIG, *arguments)
    assert found.code == 2
    assert said in found.err
    assert found.out == ""


def test_several_hidden_layers_are_refused(bpcli):
    """The demo is about one: the message names the option that gives it."""
    found = bpcli(CONFIG, "--set", "model.hidden=[4,4]")
    assert found.code == 2
    assert "one hidden layer" in found.err
