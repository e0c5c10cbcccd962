"""Which networks a sweep trains, and everything that is wrong with what was asked for, at once."""

import pytest

from bpcli.common.errors import UsageError
from bpcli.config import ConfigProblems, read_layers
from bpcli.sweep.plan import make_plan

RATE = "training.optimizer.learning_rate"


def plan(*over, config="xor", sample=None, overrides=()):
    """Plan a sweep of a shipped configuration."""
    return make_plan(read_layers(config, overrides=overrides), over, sample)


def values(found, key):
    """The values of one key, as --set takes them."""
    return next(list(axis.values) for axis in found.axes if axis.key == key)


def test_a_range_of_seeds_has_both_ends():
    """As --seeds 1:30 of the walkthrough."""
    assert plan("seed=0:4").seeds == (0, 1, 2, 3, 4)
    assert plan("seed=7,1:3").seeds == (7, 1, 2, 3)


def test_without_seeds_the_seed_is_the_configured_one():
    """A single network of each combination."""
    found = plan(f"{RATE}=1,2", overrides=["seed=5"])
    assert (found.seeds, found.networks) == ((5,), 2)


def test_commas_part_alternatives_and_x_joins_the_sizes_of_one():
    """Three networks: of two units, of three, and of two layers."""
    found = plan("model.hidden=2,3,16x8")
    assert [found.config(number).model.hidden for number in range(3)] == [(2,), (3,), (16, 8)]


def test_commas_inside_of_braces_part_nothing():
    """A variant with its keys is one value."""
    found = plan("model.init={scheme: uniform, low: -1.0, high: 1.0},{scheme: xavier}")
    assert [found.config(number).model.init.scheme for number in range(2)] == ["uniform", "xavier"]


def test_numbers_are_spaced_evenly_and_their_ends_are_as_typed():
    """Two decades in five steps are factors of √10; five numbers from 0 to 1 are quarters."""
    logs = [float(value) for value in values(plan(f"{RATE}=log:0.01:1:5"), RATE)]
    assert logs == pytest.approx([0.01, 0.01 * 10**0.5, 0.1, 10**0.5 / 10, 1], rel=1e-11)
    assert (logs[0], logs[2], logs[-1]) == (0.01, 0.1, 1)
    linear = values(plan("training.optimizer.momentum=linear:0.0:0.8:5"), "training.optimizer.momentum")
    assert linear == ["0.0", "0.2", "0.4", "0.6", "0.8"]
    assert values(plan("training.epochs=linear:10:30:3"), "training.epochs") == ["10", "20", "30"]


def test_combinations_come_in_the_order_of_their_keys_the_last_changing_first():
    """As one reads a table of digits."""
    found = plan("model.hidden=2,3", f"{RATE}=1,2")
    assert [[value for _, value in each.settings] for each in found.combinations] == [
        ["2", "1"],
        ["2", "2"],
        ["3", "1"],
        ["3", "2"],
    ]


def test_a_sample_is_drawn_from_the_combinations_by_the_seed():
    """The same ones each time, other ones with another seed, none twice."""
    over = ["model.hidden=2:11", f"{RATE}=linear:1:10:10"]
    one, again = (plan(*over, sample=7).combinations for _ in range(2))
    assert one == again
    assert len({each.id for each in one}) == 7
    assert plan(*over, sample=7, overrides=["seed=1"]).combinations != one


def test_a_configuration_file_has_a_section_for_it(tmp_path):
    """Lists and texts mean what --over means, which takes the place of the same key; train leaves the section alone."""
    path = tmp_path / "own.yaml"
    path.write_text(
        "data: {source: xor, validation: 0}\nsweep:\n  seed: 0:9\n  model.hidden: [2, 3, 16x8]\n",
        encoding="utf-8",
    )
    found = make_plan(read_layers(str(path)), ["seed=1,2"])
    assert found.seeds == (1, 2)
    assert [found.config(number).model.hidden for number in range(3)] == [(2,), (3,), (16, 8)]
    assert read_layers(str(path)).resolved().config.data.source == "xor"


def test_every_mistake_is_told_at_once():
    """A wrong key with what was meant, an empty range, a text without values, and a wrong seed."""
    with pytest.raises(ConfigProblems) as caught:
        plan("seed=5:1", "model.hidden", f"{RATE}=log:1:0.1:5", "training.epochs=")
    said = "\n".join(caught.value.lines)
    for part in ("the range 5:1 is empty", "write KEY=VALUES", "log:1:0.1:5 is empty", "there is no value"):
        assert part in said
    with pytest.raises(ConfigProblems) as caught:
        plan("modle.hidden=2,3", "training.epohcs=3,4", "model.activation=tahn,relu", "seed=3:1")
    said = "\n".join(caught.value.lines)
    for part in ("did you mean model", "did you mean epochs", "did you mean tanh", "write 1:3"):
        assert part in said
    assert len(caught.value.lines) == 4


def test_impossible_combinations_are_told_before_anything_runs():
    """Softmax goes with cross-entropy only, and momentum is none of Adam's keys."""
    with pytest.raises(ConfigProblems, match="softmax cannot be combined"):
        plan("model.output=sigmoid,softmax", "training.loss=squared_error,cross_entropy")
    with pytest.raises(ConfigProblems, match="momentum"):
        plan("training.optimizer.name=sgd,adam", "training.optimizer.momentum=0.0,0.9")


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ([], "needs values to vary"),
        (["seed=0:3", "seed=1"], "given twice"),
        (["seed=1,1"], "is there twice"),
        (["seed=-1"], "is not a seed"),
        (["seed=0,9223372036854775808"], "too large; a sweep takes seeds up to 9223372036854775807"),
        (["seed=" + "9" * 5000], "too large"),
        ([f"{RATE}=lgo:1:2:3"], "did you mean log"),
        ([f"{RATE}=log:0:1:5"], "begins above 0"),
        ([f"{RATE}=1,1.0"], "the same configuration"),
        (["data.source='-'"], "standard input only once"),
        (["model.hidden=1:1000", "training.epochs=1:1000"], "more than 100,000"),
        (["seed=0:99999", "model.hidden=1:1000"], "more than 10,000,000"),
    ],
)
def test_what_cannot_be_planned_says_why(over, said):
    """One message with what to do."""
    with pytest.raises((UsageError, ConfigProblems), match=said):
        plan(*over)


def test_a_seed_is_one_that_the_tables_can_hold():
    """64 bits with a sign, wherever it comes from."""
    most = 2**63 - 1
    assert plan(f"seed={most}").seeds == plan("model.hidden=2", overrides=[f"seed={most}"]).seeds == (most,)
    with pytest.raises(UsageError, match=f"seed {most + 1} is too large"):
        plan("model.hidden=2", overrides=[f"seed={most + 1}"])


def test_a_sample_larger_than_its_population_is_refused():
    """There are four."""
    with pytest.raises(UsageError, match="4 combinations"):
        plan("model.hidden=2:5", sample=5)
