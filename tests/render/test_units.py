"""The table of hidden units and the warnings, from results made by hand."""

from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console, Group

from bpcli.config import Config
from bpcli.network import Architecture
from bpcli.render.text import ranges
from bpcli.render.unit_advice import activity_warnings, symmetry_warnings
from bpcli.render.units import unit_tables
from bpcli.symmetry import LayerSymmetry, UnitDifference


def layer(units, groups=(), verdict="exact"):
    """Return a layer whose groups all have one verdict."""
    grouped = {unit for group in groups for unit in group}
    return LayerSymmetry(
        1, units, groups, tuple(verdict if u in grouped else "distinct" for u in range(units))
    )


def shown(symmetry, activity=None, width=100):
    """Return the table of a layer as text; unit i moved by i and is i from its nearest."""
    neurons = [
        UnitDifference(1, u, float(u), (u + 1) % symmetry.units, float(u), symmetry.verdicts[u])
        for u in range(symmetry.units)
    ]
    console = Console(file=(page := StringIO()), width=width)
    console.print(Group(*unit_tables(neurons, [symmetry], [activity or ["active"] * symmetry.units])))
    return page.getvalue()


def test_sixteen_units_have_a_line_each_the_largest_group_first():
    """Group (5, 9, 11), then (0, 2), then the others in order."""
    lines = shown(layer(16, ((5, 9, 11), (0, 2)))).splitlines()
    units = [int(line.split()[0]) for line in lines if line[:1].isdigit()]
    assert units == [5, 9, 11, 0, 2, 1, 3, 4, 6, 7, 8, 10, 12, 13, 14, 15]


def test_more_units_are_summed_up():
    """A row for each group with the span of its figures and its verdict, the closest others, and the rest in one."""
    text = shown(layer(40, ((20, 21, 22), (3, 7)), "within rounding"))
    rows = [line for line in text.splitlines() if not line.startswith("Hidden")]
    lines = [line for line in rows if "within rounding" in line or "distinct" in line]
    assert lines[0].split()[:4] == ["20–22", "20", "…", "22"]
    assert lines[1].startswith("3, 7")
    assert [line.split()[0] for line in lines[2:5]] == ["0", "1", "2"]
    assert lines[-1].startswith("22 more")
    assert len(lines) == 16
    assert "40 units, only 37 distinct" in text


def test_units_that_cannot_learn_say_so_in_their_verdict():
    """In place of "distinct", after what else they are, and in a sum with how many of each."""
    tied = layer(5, ((0, 1),))
    few = shown(tied, ["dead", "active", "dead", "saturated", "active"]).splitlines()
    verdicts = [" ".join(line.split()[4:]) for line in few if line[:1].isdigit()]
    assert verdicts == ["exact, dead", "exact", "dead", "saturated", "distinct"]
    many = shown(layer(40), ["active"] * 37 + ["dead", "saturated", "dead"])
    assert many.splitlines()[-1].endswith("distinct, 2 dead, 1 saturated")


def ended(activation, then, now, *, scale="standard", scheme="xavier", layers=1, stuck=None):
    """Return what the warnings read of a run whose first hidden layer went from ``then`` to ``now``.

    ``stuck`` of its 40 training rows have a saturated output that is wrong.
    """
    settings = {
        "data": {"scale": scale},
        "model": {
            "activation": activation,
            "init": {"scheme": scheme, **({"std": 9} if scheme == "normal" else {})},
        },
        "training": {"optimizer": {"name": "sgd", "learning_rate": 0.5}},
    }
    sizes = (2, *[len(now)] * layers, 1)
    facts = SimpleNamespace(
        config=Config.model_validate(settings),
        architecture=Architecture(sizes),
        data=SimpleNamespace(training_rows=40),
    )
    rest = [("active",) * len(now)] * (layers - 1)
    details = SimpleNamespace(saturated_rows=stuck)
    return SimpleNamespace(
        header=facts, initial_activity=[then, *rest], activity=[now, *rest], train_details=details
    )


A, S, D = "active", "saturated", "dead"


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (
            ended("relu", (A, A, A), (D, A, D)),
            "of 3 hidden units 2 cannot learn. Units 0, 2 are dead: derivative 0 on every training row, so their rows "
            "of V get no gradient. This happened during training: lower training.optimizer.learning_rate (it was 0.5), "
            "or use an activation that is never switched off (--set model.activation=tanh)",
        ),
        (
            ended("sigmoid", (S, A, S), (A, A, S), scale="none", scheme="normal"),
            "of 3 hidden units 1 can hardly learn. Unit 2 is saturated: derivative below 1 % of the largest on every "
            "training row, so its row of V gets next to no gradient. This was so before the first step: use "
            "smaller initial weights (--set model.init.scheme=xavier), or scale the inputs (--set data.scale=standard)",
        ),
        (
            ended("tanh", (D, A, A), (D, S, S), layers=2),
            "hidden layer 1: of 3 hidden units 1 cannot learn and 2 can hardly learn. Unit 0 is dead: derivative 0 on "
            "every training row, so its "
            "row of W1 gets no gradient; units 1, 2 are saturated: derivative below 1 % of the largest on every "
            "training row, so their rows of W1 get next to no gradient. 1 of them was so before the first step: lower "
            "training.optimizer.learning_rate (it was 0.5)",
        ),
        (
            ended("relu", (D, D), (D, D), scheme="zeros"),
            "This was so before the first step: use random initial weights (--set model.init.scheme=xavier)",
        ),
        (
            ended("tanh", (A, A, A), (S, S, A)),
            "of 3 hidden units 2 can hardly learn. Units 0, 1 are saturated",
        ),
    ],
)
def test_the_warning_says_how_many_which_and_what_to_change(run, says):
    """Dead relus that a large rate made, saturated units that began so, both at once, and relus at the kink."""
    (text,) = activity_warnings(run)
    assert says in text


def test_a_few_steep_steps_are_no_reason_for_a_warning():
    """One of three units saturated by training: the table names it, and nobody is told to lower the rate."""
    assert activity_warnings(ended("tanh", (A, A, A), (S, A, A))) == []


def test_rows_that_the_gradients_do_not_correct_are_warned_of():
    """A tenth of the rows is; fewer are outliers, and None says that Ω is in no gradient."""
    (text,) = activity_warnings(ended("relu", (A, A), (A, A), stuck=4, scheme="normal"))
    assert text.startswith(
        "on 4 of 40 training rows an output is saturated on the wrong side: its z(1-z) is "
    )
    assert text.endswith(
        "training hardly corrects it: lower training.optimizer.learning_rate (it was 0.5), use smaller initial weights "
        "(--set model.init.scheme=xavier), or use a loss whose gradient has no Ω (--set training.loss=cross_entropy)"
    )
    for few in (3, 0, None):
        assert activity_warnings(ended("relu", (A, A), (A, A), stuck=few)) == []


def test_equal_weights_that_are_stuck_have_one_remedy():
    """Zero weights stay zero at any scale of the inputs and under any activation."""
    (text,) = activity_warnings(ended("relu", (D, D), (D, D), scheme="zeros", scale="none"))
    assert text.endswith("use random initial weights (--set model.init.scheme=xavier)")


def test_what_drew_units_together_is_named():
    """With weight decay, decay is the first thing to change; without it, the number of units is."""
    together = layer(4, ((0, 1), (2, 3)))
    (text,) = symmetry_warnings([layer(4)], [together], "xavier", [None], 0.1)
    assert "lower training.weight_decay (it was 0.1)" in text
    (text,) = symmetry_warnings([layer(4)], [together], "xavier", [None])
    assert "weight_decay" not in text


def test_units_that_began_all_but_equal_are_not_called_split_by_rounding():
    """Drawn within rounding of one another, they were told apart by training."""
    (text,) = symmetry_warnings([layer(4, ((0, 1),), "within rounding")], [layer(4)], "uniform", [2])
    assert (
        "units 0, 1 had almost equal initial weights (init: uniform), and training has separated them, by epoch 2"
        in text
    )


@pytest.mark.parametrize("width", [60, 100])
def test_scattered_groups_leave_room_for_the_verdict(width):
    """Forty scattered units in one group, at 60 columns too: their number, and every word of the verdict whole."""
    group = tuple(range(0, 80, 2))
    text = shown(layer(90, (group,), "within rounding"), width=width)
    words = text.split()
    assert "within" in words
    assert "rounding" in words
    assert "0, 2 … 78" in text
    assert "(40)" in text
    assert max(map(len, text.splitlines())) <= width


SPLIT = "units 0, 1, 3 had equal initial weights (init: constant), and only rounding has separated them, by epoch 7"
LATE = "and there is 1 more group of equal units, though their initial weights were different"


@pytest.mark.parametrize(
    ("then", "now", "split", "says"),
    [
        (
            layer(4, ((0, 1, 2, 3),)),
            layer(4, ((0, 1, 2, 3),)),
            None,
            "0–3 are identical to the last bit. Their initial weights were equal",
        ),
        (
            layer(4, ((0, 1),)),
            layer(4, ((0, 1),), "within rounding"),
            None,
            "equal up to rounding. Their initial weights were equal",
        ),
        (layer(4, ((0, 1, 3),)), layer(4), 7, SPLIT),
        (layer(4), layer(4, ((0, 1), (2, 3))), None, LATE),
        (layer(4, ((0, 1, 2, 3),)), layer(4, ((0, 1),)), 3, "(rounding separated some of them, by epoch 3)"),
        (layer(4, ((0, 1),)), layer(4), None, "0, 1 had equal initial weights (init: constant); use"),
    ],
)
def test_warnings_say_what_is_equal_why_and_what_to_do(then, now, split, says):
    """Tied throughout; split by rounding, in part too; tied only at the end; not finite."""
    (text,) = symmetry_warnings([then], [now], "constant", [split])
    assert says in text
    assert "--set model.init.scheme=xavier" in text or "fewer units" in text


def test_a_group_that_rounding_has_split_in_part_is_not_called_exact():
    """Two of three are the same bits: the three are equal up to rounding."""
    mixed = LayerSymmetry(1, 3, ((0, 1, 2),), ("exact", "exact", "within rounding"))
    (text,) = symmetry_warnings([mixed], [mixed], "constant", [None])
    assert "equal up to rounding" in text


def test_no_warning_where_nothing_is_equal():
    """Random weights: silence."""
    assert symmetry_warnings([layer(4)], [layer(4)], "xavier", [None]) == []


def test_ranges_join_runs_of_three():
    """0, 1 stay two; 4 to 6 become one."""
    assert ranges((6, 0, 5, 1, 4, 9)) == "0, 1, 4–6, 9"
    assert ranges((6, 0, 5, 1, 4, 9), most=4) == "0, 1, 4–6, 9"
    assert ranges((6, 0, 5, 1, 4, 9), most=3) == "0, 1 … 9"
