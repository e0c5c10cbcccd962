"""How the mistakes of ``byhand`` are judged over random networks: singles, pairs in different layers, and noise."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np

from bpcli.gradcheck.degenerate import random_example
from bpcli.gradcheck.grading import grade
from bpcli.mistakes.catalogue import BY_ID
from bpcli.network import Architecture
from bpcli.network.example import Example
from tests.mistakes.byhand import HIDDEN, OUTPUT, answer

LOSSES = (
    ("sigmoid", "squared_error"),
    ("identity", "squared_error"),
    ("sigmoid", "cross_entropy"),
    ("softmax", "cross_entropy"),
)
ROUNDING = 1e-14  # of gradients whose factors are about 1


def networks(count, seed, depth=2):
    """Yield examples of all activations, losses, with and without biases, decay, and equal or different sizes."""
    rng = np.random.default_rng(seed)
    kinds = list(product(("sigmoid", "tanh", "relu"), LOSSES, (True, False)))
    kinds = [kinds[7 * place % len(kinds)] for place in range(len(kinds))]  # a few are of every sort
    for index in range(count):
        activation, (output, loss), bias = kinds[index % len(kinds)]
        sizes = tuple(
            int(v)
            for v in rng.choice(
                np.arange(2, 7 + max(0, depth - 2)), depth + 1, replace=bool(rng.random() < 0.3)
            )
        )
        n = int(rng.choice([v for v in range(4, 12) if v not in (sizes[-1], 2 * sizes[-1])]))
        empty = Example(
            Architecture(sizes, activation, output, loss, bias),
            np.zeros((n, sizes[0])), np.zeros((n, sizes[-1])), {}, 0.3, 0.07 if rng.random() < 0.5 else 0.0,
        )  # fmt: skip
        yield random_example(empty, rng)


def judged(example, given):
    """The verdict, and every set of names that is given: the ids of the findings, or of an alternative to one."""
    check = grade("answer", [example], [given])
    if check.verdict != "wrong":
        return check.verdict, []
    if check.unexplained or not check.findings:
        return "unknown", []
    sets = [frozenset()]
    for finding in check.findings:
        options = [frozenset(ids) for ids in (finding.ids, *finding.alternatives)]
        sets = [known | option for known in sets for option in options]
    return "named", sets


def outcome(example, given, right, truth):
    """One word: passed, same (no mistake at this point), named, unknown, uninformative, or misnamed and how."""
    if _same(given, right):
        return "same"
    verdict, sets = judged(example, given)
    if verdict == "correct":
        return "passed"
    if verdict != "named":
        return verdict
    if any(equivalent(said, truth) or makes(example, said, given) for said in sets):
        return "named"
    return "misnamed: " + " / ".join("+".join(sorted(said)) for said in sets)


def equivalent(said, truth):
    """Whether these names say the same: two that go together have one name, and a second scaling may undo a first."""
    said = set(said)
    if "raw-and-updated" in said:
        said = said - {"raw-and-updated"} | {"raw-error-back", "updated-first"}
    if said == {"no-omega"}:  # δ² is the raw error then, and passed back as it is
        truth = set(truth) - {"raw-error-back"}
    return said == set(truth)


def makes(example, said, given):
    """Whether these mistakes, made by hand in one layer or in both, are this very answer: then they are no guess."""
    for output, hidden in product((None, *said), repeat=2):
        if (output in OUTPUT or output is None) and (hidden in HIDDEN or hidden is None):
            made = answer(example, output, hidden)
            if made is not None and {output, hidden} - {None} == said and _same(made, given):
                return True
    return False


def _same(one, other):
    return all(np.allclose(one[name], other[name], rtol=1e-7, atol=1e-12) for name in other)


def survey(count, seed=0, pairs=None):
    """Count outcomes of singles and pairs by (kind, what, outcome); ``pairs`` limits the pairs of each network."""
    counts = Counter()
    rng = np.random.default_rng(seed + 1)
    for example in networks(count, seed):
        right = answer(example)
        counts["right", "", outcome_of_right(example, right)] += 1
        for mistake in OUTPUT:
            given = answer(example, output=mistake)
            if given is not None:
                counts["single", mistake, outcome(example, given, right, {mistake})] += 1
        for mistake in HIDDEN:
            given = answer(example, hidden=mistake)
            if given is not None:
                counts["single", mistake, outcome(example, given, right, {mistake})] += 1
        both = list(product(OUTPUT, HIDDEN))
        if pairs is not None:
            both = [both[i] for i in rng.choice(len(both), pairs, replace=False)]
        for pair in both:
            given = answer(example, *pair)
            if given is not None and pair[0] != pair[1]:
                counts["pair", "+".join(pair), outcome(example, given, right, set(pair))] += 1
        for name in right:
            noisy = {k: v.copy() for k, v in right.items()}
            noisy[name] += rng.normal(size=noisy[name].shape) * 10.0 ** rng.uniform(-5, 0)
            verdict, sets = judged(example, noisy)
            counts["noise", "", verdict if verdict != "named" else f"named {sets}"] += 1
    return counts


def survey_deep(count, depth, seed=0):
    """Count the outcomes of singles in networks of ``depth`` layers: in all hidden layers, and in each of them."""
    counts = Counter()
    for example in networks(count, seed, depth):
        right = answer(example)
        counts["right", "", outcome_of_right(example, right)] += 1
        places = [None, *((layer,) for layer in range(depth - 1))]
        singles = [(mistake, (mistake, None, None)) for mistake in OUTPUT]
        singles += [(mistake, (None, mistake, at)) for mistake in HIDDEN for at in places]
        for mistake, made in singles:
            given = answer(example, *made)
            if given is not None:
                said = outcome(example, given, right, {mistake})
                counts["single", mistake, "faded" if said == "unknown" and faded(given) else said] += 1
    return counts


def faded(given):
    """Whether the gradient of a tensor is nothing but rounding, which any mistake over N explains as well."""
    return min(abs(tensor).max() for tensor in given.values()) < ROUNDING


def outside(example, rng):
    """Yield wrong gradients that no row of the catalogue makes: what is wrong, and the gradients."""
    right = answer(example)
    name = str(rng.choice(list(right)))
    matrix = str(rng.choice([name for name in right if not name.startswith("bias")]))
    t, m = right[name], right[matrix]
    entry = tuple(int(rng.integers(size)) for size in t.shape)
    one = t.copy()
    one[entry] += rng.choice([-1, 1]) * np.linalg.norm(t) * 10.0 ** rng.uniform(-4, 0)
    factors = rng.uniform(1.1, 3.0, (len(m), 1))
    samples, moved = rng.permutation(example.samples), rng.normal(0.0, 0.1, example.Y.shape)
    other = {"sigmoid": "tanh", "tanh": "sigmoid", "relu": "tanh"}[example.architecture.activation]
    elsewhere = {key: p + 0.1 * rng.normal(size=p.shape) for key, p in example.parameters.items()}
    yield (
        "noise",
        right | {name: t + rng.normal(size=t.shape) * np.linalg.norm(t) * 10.0 ** rng.uniform(-5, 0)},
    )
    yield "one entry", right | {name: one}
    if not np.allclose(m[0], -m[-1]):  # as those of two softmax outputs are: then this is a sign
        yield "rows exchanged", right | {matrix: np.roll(m, 1, axis=0)}
    yield "columns exchanged", right | {matrix: np.roll(m, 1, axis=1)}
    yield "a factor for each unit", right | {matrix: factors * m}
    yield "a power", {key: np.sign(g) * np.abs(g) ** 1.2 for key, g in right.items()}
    yield "a sample left out", answer(replace(example, X=example.X[1:], Y=example.Y[1:]))
    yield "targets of other samples", answer(replace(example, Y=example.Y[samples]))
    yield "other targets", answer(replace(example, Y=example.Y + moved))
    yield (
        "another activation",
        answer(replace(example, architecture=replace(example.architecture, activation=other))),
    )
    yield "other weights", answer(replace(example, parameters=elsewhere))


def survey_outside(count, seed=0):
    """Count the outcomes of ``outside`` over random networks by (what is wrong, outcome)."""
    counts = Counter()
    rng = np.random.default_rng(seed + 1)
    for example in networks(count, seed):
        right = answer(example)
        for what, given in outside(example, rng):
            if all(
                np.allclose(given[k], right[k], rtol=0, atol=1e-6 * np.linalg.norm(right[k])) for k in right
            ):
                continue
            verdict, sets = judged(example, given)
            counts[what, verdict] += 1
            for said in sets:
                counts[what, "as " + "+".join(sorted(said))] += 1
    return counts


def outcome_of_right(example, right):
    """The verdict on the right gradient."""
    return judged(example, right)[0]


def summary(counts):
    """The figures that matter, and every misnaming."""
    lines = []
    for kind in ("right", "single", "pair", "noise"):
        row = Counter()
        for (k, _, said), number in counts.items():
            if k == kind:
                row[said.split(":")[0]] += number
        lines.append(f"{kind}: " + ", ".join(f"{said} {number}" for said, number in row.most_common()))
    for (kind, what, said), number in counts.most_common():
        if said.startswith(("misnamed", "passed", "unknown")) and kind in ("single", "pair"):
            lines.append(f"  {kind} {what}: {said} ({number})")
    return "\n".join(lines)


assert set(OUTPUT) | set(HIDDEN) <= set(BY_ID)
