"""Right and wrong gradients by a plain loop over samples, and a survey of how they are judged.

Nothing here uses the network or the candidates of bpcli: every mistake is made the way a person makes it, in a line
of a hand-written loop. Only the point (a ``Example``) and the judge (``grade``) are bpcli's.
"""

from collections import Counter

import numpy as np

from bpcli.gradcheck.grading import grade
from bpcli.network import Architecture
from bpcli.network.example import Example

OUTPUT_SLOPES = {
    "no-omega": lambda z, b: np.ones_like(z),
    "preactivation": lambda z, b: b * (1 - b),
    "sigmoid-twice": lambda z, b: s(z) * (1 - s(z)),
    "tanh-derivative": lambda z, b: 1 - z**2,
}
HIDDEN_SLOPES = {
    "no-lambda": lambda h, a: np.ones_like(h),
    "preactivation": lambda h, a: a * (1 - a),
    "sigmoid-twice": lambda h, a: s(h) * (1 - s(h)),
    "tanh-derivative": lambda h, a: 1 - h**2,
    "matmul-for-elementwise": lambda h, a: (h @ (1 - h)) * np.ones_like(h),
}
FACTORS = {
    "sign": lambda n: -1.0,
    "half": lambda n: 2.0,
    "sum-for-mean": float,
    "mean-twice": lambda n: 1 / n,
}
MISTAKES = (
    "no-omega", "raw-error-back", "no-lambda", "preactivation", "sigmoid-twice", "tanh-derivative", "updated-first",
    "raw-and-updated", "sign", "half", "sum-for-mean", "mean-twice", "w-not-transposed", "outer-transposed",
    "gradient-for-weight", "matmul-for-elementwise", "last-sample", "wrong-input", "bias-frozen", "bias-times-input",
    "decay-missing", "decay-doubled", "numeric-of-output",
)  # fmt: skip
DEEP = {
    "raw-error-back", "no-lambda", "updated-first", "raw-and-updated", "w-not-transposed", "gradient-for-weight",
    "matmul-for-elementwise", "wrong-input",
}  # fmt: skip
RATE = 0.3


def s(a):
    """The textbook sigmoid."""
    return 1 / (1 + np.exp(-a))


def random_problem(rng, *, decay=0.0):
    """Draw sizes, biases, depth 0 or 1, a scale of the weights and three to eight samples."""
    depth, bias = int(rng.integers(0, 2)), bool(rng.integers(0, 2))
    sizes = tuple(int(v) for v in rng.integers(1, 6, depth + 2))
    if rng.random() < 0.3:
        sizes = (sizes[0],) * len(sizes)
    architecture = Architecture(sizes, bias=bias)
    scale = float(rng.choice([1.0, 0.1, 0.01, 0.001]))
    # Where N is K or 2K, a mean over the outputs is also one over the samples.
    n = int(rng.choice([n for n in range(3, 9) if n not in (sizes[-1], 2 * sizes[-1])]))
    parameters = {}
    for names, (fan_in, fan_out) in zip(architecture.names(), architecture.shapes(), strict=True):
        parameters[names.matrix] = scale * rng.normal(size=(fan_out, fan_in))
        if bias:
            parameters[names.bias] = scale * rng.normal(size=fan_out)
    return Example(
        architecture,
        rng.normal(size=(n, sizes[0])),
        rng.uniform(size=(n, sizes[-1])),
        parameters,
        learning_rate=RATE,
        weight_decay=decay,
    )


def answer(example, mistake=None, dtype=np.float64, matrix=None):
    """Return the gradients with one mistake made, or None where sizes, depth or biases do not allow it.

    ``matrix`` confines the mistake to V or W (with its bias); without, it is made wherever it is usual.
    """
    p = {name: tensor.astype(dtype) for name, tensor in example.parameters.items()}
    X, Y, n = example.X.astype(dtype), example.Y.astype(dtype), len(example.X)
    deep, bias = "V" in p, "bias_W" in p
    d0, d2 = X.shape[1], Y.shape[1]
    d1 = p["W"].shape[1] if deep else 0
    if mistake in DEEP and not deep:
        return None
    if mistake == "w-not-transposed" and (d1 != d2 or matrix == "W"):
        return None
    if mistake == "wrong-input" and d0 != d1:
        return None
    if mistake in {"bias-frozen", "bias-times-input"} and not bias:
        return None
    if mistake in {"decay-missing", "decay-doubled"} and not example.weight_decay:
        return None
    on_w = matrix in {None, "W"} and mistake not in DEEP - {"wrong-input"}
    on_v = deep and matrix in {None, "V"}
    if mistake == "wrong-input" and matrix is None:
        on_v = False
    g = {name: np.zeros_like(tensor) for name, tensor in p.items()}
    W = p["W"]
    zero = dtype(0)
    grad_w_mean = _mean_grad_w(p, X, Y)
    for i in range(n):
        x, y = X[i], Y[i]
        if deep:
            a = p["V"] @ x + p.get("bias_V", zero)
            h = s(a)
        else:
            h = x
        b = W @ h + p.get("bias_W", zero)
        z = s(b)
        e = z - y
        true_delta = z * (1 - z) * e
        delta = OUTPUT_SLOPES[mistake](z, b) * e if mistake in OUTPUT_SLOPES else true_delta
        if mistake == "numeric-of-output":
            delta = z * (1 - z)
        w_delta = delta if on_w else true_delta
        w_input = x if mistake == "wrong-input" and on_w else h
        if mistake == "last-sample" and on_w:
            g["W"][:] = 0
        g["W"] += np.outer(w_delta, w_input)
        if bias:
            if mistake == "last-sample" and on_w:
                g["bias_W"][:] = 0
            g["bias_W"] += w_delta
        if not deep:
            continue
        back, through = true_delta, W
        if on_v:
            if mistake in {"raw-error-back", "raw-and-updated"}:
                back = e
            elif mistake in OUTPUT_SLOPES or mistake == "numeric-of-output":
                back = delta
            if mistake in {"updated-first", "raw-and-updated"}:
                through = W - dtype(RATE) * np.outer(true_delta, h)
            if mistake == "gradient-for-weight":
                through = grad_w_mean
            if mistake == "w-not-transposed":
                through = W.T
        slope = HIDDEN_SLOPES[mistake](h, a) if on_v and mistake in HIDDEN_SLOPES else h * (1 - h)
        v_delta = slope * (through.T @ back)
        v_input = h if mistake == "wrong-input" and on_v else x
        if mistake == "last-sample" and on_v:
            g["V"][:] = 0
            if bias:
                g["bias_V"][:] = 0
        g["V"] += np.outer(v_delta, v_input)
        if bias:
            g["bias_V"] += v_delta
    for name, total in list(g.items()):
        g[name] = total / dtype(n)
        concerned = on_w if name.endswith("W") else on_v
        if concerned and mistake in FACTORS:
            g[name] = g[name] * dtype(FACTORS[mistake](n))
    if mistake == "bias-frozen":
        for name in [n for n in g if n.startswith("bias") and (matrix is None or n.endswith(matrix))]:
            g[name] = np.zeros_like(g[name])
    if mistake == "bias-times-input":
        for name in [n for n in g if n.startswith("bias") and (matrix is None or n.endswith(matrix))]:
            g[name] = g[name[5:]].copy()
    for name in [n for n in g if not n.startswith("bias")]:
        concerned = matrix in {None, name}
        times = {"decay-missing": 0, "decay-doubled": 2}.get(mistake, 1) if concerned else 1
        g[name] = g[name] + dtype(times * example.weight_decay) * p[name]
        if mistake == "outer-transposed" and concerned:
            g[name] = np.ascontiguousarray(g[name].T)
    return {name: tensor.astype(dtype) for name, tensor in g.items()}


def _mean_grad_w(p, X, Y):
    """The true ∇W of the batch, for those who use it where W belongs."""
    total = np.zeros_like(p["W"])
    for x, y in zip(X, Y, strict=True):
        h = s(p["V"] @ x + p.get("bias_V", x.dtype.type(0))) if "V" in p else x
        z = s(p["W"] @ h + p.get("bias_W", x.dtype.type(0)))
        total += np.outer(z * (1 - z) * (z - y), h)
    return total / x.dtype.type(len(X))


def distance(left, right):
    """The largest relative difference of a tensor between two answers; inf where shapes differ."""
    gaps = []
    for name in right:
        if left[name].shape != right[name].shape:
            return np.inf
        scale = np.linalg.norm(right[name])
        gap = np.linalg.norm(left[name].astype(float) - right[name].astype(float))
        gaps.append(gap / scale if scale else (0.0 if gap == 0 else np.inf))
    return max(gaps)


def verdict_of(example, given):
    """What the judge says: correct, uninformative, unknown, or the names it gives, alternatives after a slash."""
    check = grade("answer", [example], [given])
    if check.verdict != "wrong":
        return check.verdict
    if check.unexplained or not check.findings:
        return "unknown"
    names = set()
    for finding in check.findings:
        names.add(" / ".join("+".join(ids) for ids in (finding.ids, *finding.alternatives)))
    return " & ".join(sorted(names))


def survey(networks, seed=0):
    """Judge right answers and every mistake over random networks; count (truth, verdict) pairs."""
    counts = Counter()
    rng = np.random.default_rng(seed)
    for index in range(networks):
        example = random_problem(rng, decay=0.1 if index % 4 == 0 else 0.0)
        exact = answer(example)
        for form, given in (
            ("float64", exact),
            ("rounded to float32", {k: v.astype(np.float32) for k, v in exact.items()}),
            ("computed in float32", answer(example, dtype=np.float32)),
        ):
            counts[f"correct, {form}", verdict_of(example, given)] += 1
        for mistake in MISTAKES:
            wrong = answer(example, mistake)
            if wrong is None or distance(wrong, exact) <= 1e-6:
                continue
            counts[mistake, verdict_of(example, wrong)] += 1
            rounded = {k: v.astype(np.float32) for k, v in wrong.items()}
            counts[f"{mistake}, rounded to float32", verdict_of(example, rounded)] += 1
            single = answer(example, mistake, dtype=np.float32)
            counts[f"{mistake}, computed in float32", verdict_of(example, single)] += 1
    return counts


def report(counts, mistakes):
    """The confusion counts as text, a row for each kind of answer."""
    lines = []
    for form in ("float64", "rounded to float32", "computed in float32"):
        lines.append(f"\n{form}")
        for truth in ("correct", *mistakes):
            key = truth if truth != "correct" and form == "float64" else f"{truth}, {form}"
            row = {verdict: count for (kind, verdict), count in counts.items() if kind == key}
            said = ", ".join(
                f"{verdict}: {count}" for verdict, count in sorted(row.items(), key=lambda i: -i[1])
            )
            lines.append(f"  {truth:24} {sum(row.values()):5}  {said}")
    lines.append("\n" + _summary(counts))
    return "\n".join(lines)


def _summary(counts):
    """The figures that matter most: right answers failed, wrong ones passed or misnamed, and those named alone."""
    failed = passed = misnamed = undecided = alone = wrong = 0
    for (kind, verdict), count in counts.items():
        truth = kind.partition(", ")[0]
        if truth == "correct":
            failed += count * (verdict not in {"correct", "uninformative"})
            continue
        wrong += count
        passed += count * (verdict == "correct")
        undecided += count * (verdict in {"uninformative", "unknown"})
        named = {name for group in verdict.split(" & ") for name in group.split(" / ")}
        misnamed += count * (verdict not in {"correct", "uninformative", "unknown"} and truth not in named)
        alone += count * (verdict == truth)
    return (
        f"right answers failed: {failed}; of {wrong} wrong ones passed: {passed}, misnamed: {misnamed}, "
        f"named alone: {alone}, unknown or uninformative: {undecided}, named beside another that fits: "
        f"{wrong - passed - misnamed - alone - undecided}"
    )
