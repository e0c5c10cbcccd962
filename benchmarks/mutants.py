"""Does bpcli's check of its own code see every fault? Each copy of bpcli gets one, and ``bpcli gradcheck`` must see it.

    python benchmarks/mutants.py [--processes 2] [--only PATTERN] [--list]

Every line of the core and of the loop that trains is changed in turn, one change to a copy: a sign, a transpose, a
factor left out, a statement left out (a buffer that keeps what it held), all rows for those of a short batch, a sum for
a mean, another constant, a comparison turned round; and by hand gradients that accumulate. A mutant is caught if the
command does not exit with 0, and a survivor is listed, except those of ``EQUIVALENT``, each with the reason why no
check of results can tell it from the original.
"""

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = (
    "network/activations.py",
    "network/layer.py",
    "network/losses.py",
    "network/network.py",
    "training/descent.py",
    "training/optimisers.py",
    "training/loop.py",
    "training/evaluation.py",
)
SECONDS = 60.0  # a mutant may go on for ever

BINARY = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
CALLS = {
    "add": "subtract", "subtract": "add", "multiply": "divide", "divide": "multiply", "maximum": "minimum",
    "minimum": "maximum", "negative": "positive", "sum": "mean", "mean": "sum", "max": "min", "min": "max",
    "greater": "less_equal", "argmax": "argmin", "tanh": "sin", "log1p": "expm1", "sqrt": "square",
}  # fmt: skip
COMPARED = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
ATTRIBUTES = {
    "weight_T": "weight.mT.mT", "delta_T": "derivative.mT", "grad_out": "delta", "derivative": "out", "pre": "out",
    "out": "pre", "delta": "grad_out", "T": "conj()", "mT": "conj()",
}  # fmt: skip

# Survivors that no check of results can tell apart: the change, and the reason.
SPEED = "only how many rows or entries are worked on at a time: the results are the same"
COMPILED = "the compiled engine is an extra; `bpcli gradcheck --set training.engine=compiled` checks it if it is there"
BINARY_TARGETS = "targets of classes are 0 and 1: anything between them divides them alike"
UNUSED = "a default that is never used: the configuration always gives the value"
EQUIVALENT = {
    "network/layer.py: PIECE_BYTES // self._pre[..., :1, :].nbytes"
    " -> (PIECE_BYTES * self._pre[..., :1, :].nbytes)": SPEED,
    "training/optimisers.py: PIECE_BYTES // theta.itemsize -> (PIECE_BYTES * theta.itemsize)": SPEED,
    "training/optimisers.py: 0.9 -> 1.8": UNUSED,
    "training/optimisers.py: 0.999 -> 1.998": UNUSED,
    "training/optimisers.py: 1e-8 -> 2e-08": UNUSED,
    "network/network.py: self.layers = self._layers_for(rows) -> pass": "nobody looks at layers before a forward pass",
    "network/network.py: self._require_passes() -> pass": "only the message of an error that no training meets",
    "network/network.py: first.delta -> first.grad_out": "the two have one shape, and only the shape is used",
    "training/loop.py: Y[:, 0] >= 0.5 -> Y[:, 0] < 0.5": "the two classes change their numbers, and are counted alike",
    "training/loop.py: 0.5 -> 1.0": BINARY_TARGETS,
    "training/evaluation.py: len(self.targets) == 1 -> len(self.targets) != 1": "the form of JSON, no number in it",
    "training/loop.py: self._one_epoch = lambda rate, interrupted: train(self.batches.shuffle(), rate, interrupted)"
    " -> pass": COMPILED,
    "training/evaluation.py: self.network = self._forward.network -> pass": "for whoever wants to look at layers",
    "training/evaluation.py: z[:, 0] >= 0.5 -> z[:, 0] < 0.5": "of outputs and targets alike: they agree as before",
}


@dataclass(frozen=True)
class Mutant:
    """One changed copy: where, what was there, and what is there instead."""

    module: str
    line: int
    before: str
    after: str
    source: str

    @property
    def change(self) -> str:
        """The change in a line, without the line's number: it is the key of ``EQUIVALENT``."""
        return f"{self.module}: {self.before} -> {self.after}"


BY_HAND = (
    ("network/layer.py", "matmul(self.delta_T, x, out=self.grad_weight)", "self.grad_weight += self.delta_T @ x"),
    (
        "network/layer.py",
        "matmul(self.ones, self.delta, out=self.grad_bias)",
        "self.grad_bias += self.delta.sum(axis=-2, keepdims=True)",
    ),
    (
        "network/layer.py",
        "samples=np.array(samples, pre.dtype)",
        "samples=np.array(self._pre.shape[-2], pre.dtype)",
    ),
    ("network/network.py", "self.x = x = X", "self.x = x = X if self.x is None or len(self.x) != len(X) else self.x"),
    ("network/network.py", "self.x = x = X", "self.k = getattr(self, 'k', X.copy()); self.x = x = self.k[: len(X)]"),
    ("network/network.py", "self._loss.delta(layer, Y)", "self._loss.delta(layer, Y); layer.delta[32:] = 0"),
    ("training/descent.py", "self._order[start : start + self._size]", "self._order[start : start + self._size][:32]"),
    ("training/descent.py", "x, y = x[: len(rows)], y[: len(rows)]", "pass"),
    ("training/descent.py", "network.backward(Y)", "network.backward(Y); network.gradients.flat[...] *= 2"),
    ("training/evaluation.py", "self._loss.mean(b, z, Y)", "self._loss.of_samples(b, z, Y).sum() / 128"),
)  # fmt: skip


def by_hand() -> Iterator[Mutant]:
    """Gradients that accumulate, a batch that is never gathered anew, samples beyond the 32nd left out."""
    for module, before, after in BY_HAND:
        text = (ROOT / "bpcli" / module).read_text()
        if before in text:
            line = text[: text.index(before)].count("\n") + 1
            yield Mutant(module, line, before, after, text.replace(before, after, 1))


def mutants() -> list[Mutant]:
    """Every mutant of every module, in the order of the lines."""
    found = list(by_hand())
    for module in MODULES:
        text = (ROOT / "bpcli" / module).read_text()
        tree = ast.parse(text)
        for node in ast.walk(tree):
            found += [_mutant(module, text, node, changed) for changed in changes_of(node)]
    unique = {m.source: m for m in found if m.before != m.after}
    return sorted(unique.values(), key=lambda m: (MODULES.index(m.module), m.line))


def _mutant(module: str, text: str, node: ast.AST, changed: ast.AST) -> Mutant:
    """Put ``changed`` in the place of a node of the module's text."""
    source = text.encode()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[node.end_lineno - 1] + node.end_col_offset
    before, after = source[begin:end].decode(), ast.unparse(ast.fix_missing_locations(changed))
    spliced = (source[:begin] + after.encode() + source[end:]).decode()
    return Mutant(module, node.lineno, " ".join(before.split()), after, spliced)


def changes_of(node: ast.AST) -> Iterator[ast.AST]:
    """What a slip may make of one node of the syntax tree."""
    yield from (_of_expression if isinstance(node, ast.expr) else _of_statement)(node)


def _of_expression(node: ast.AST) -> Iterator[ast.AST]:
    twin = copy.deepcopy(node)
    match node:
        case ast.BinOp(op=op) if type(op) in BINARY:
            twin.op = BINARY[type(op)]()
            yield _bracketed(twin)
            if isinstance(op, ast.Mult | ast.Div):
                yield _bracketed(node.left)  # a factor left out
        case ast.UnaryOp(op=ast.USub()):
            yield _bracketed(node.operand)
        case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
            twin.func.attr = CALLS[name]
            yield twin
            if name in ("subtract", "divide") and len(node.args) == 2:
                flipped = copy.deepcopy(node)
                flipped.args.reverse()
                yield flipped
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            twin.ops = [COMPARED[type(op)]()]
            yield twin
        case ast.Attribute(value=ast.Name(), attr=name, ctx=ast.Load()) if name in ATTRIBUTES:
            yield ast.parse(f"{ast.unparse(node.value)}.{ATTRIBUTES[name]}", mode="eval").body
        case ast.Constant(value=float(value)) if value:
            yield ast.Constant(value * 2)
        case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.expr())):
            yield node.value  # all rows for some
        case ast.Subscript(slice=ast.Slice(lower=ast.expr(), upper=ast.BinOp())):
            twin.slice.upper = None
            yield twin


def _of_statement(node: ast.AST) -> Iterator[ast.AST]:
    twin = copy.deepcopy(node)
    match node:
        case ast.AugAssign(op=op):
            yield ast.Assign([copy.deepcopy(node.target)], copy.deepcopy(node.value))
            if type(op) in BINARY:
                twin.op = BINARY[type(op)]()
                yield twin
            yield ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()  # a buffer keeps what it held
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]) if not isinstance(node.value, ast.Name):
            yield ast.Pass()


def _bracketed(node: ast.AST) -> ast.AST:
    """The same in brackets, so that it stays whole where it is put."""
    return ast.Name(f"({ast.unparse(node)})")


def caught(mutant: Mutant, processes: int) -> bool:
    """Whether plain ``bpcli gradcheck`` of the copy ends otherwise than with 0."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "bpcli", Path(folder) / "bpcli", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "configs", Path(folder) / "configs")
        (Path(folder) / "bpcli" / mutant.module).write_text(mutant.source)
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]),
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", "bpcli", "gradcheck", "--quiet"],
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=SECONDS * processes,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def main() -> int:
    """Run them all; exit with 1 if a mutant survives that is not known to be equivalent."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="mutants whose change contains this text")
    parser.add_argument("--list", action="store_true", help="print the mutants and run none")
    options = parser.parse_args()
    chosen = [mutant for mutant in mutants() if options.only in mutant.change]
    if options.list:
        print(*(f"{m.module}:{m.line}: {m.before} -> {m.after}" for m in chosen), sep="\n")
        print(len(chosen), "mutants")
        return 0
    module = MODULES[0]
    original = Mutant(module, 1, "", "", (ROOT / "bpcli" / module).read_text())
    if caught(original, options.processes):
        print("bpcli gradcheck calls bpcli itself wrong: mend that first")
        return 1
    with ThreadPoolExecutor(options.processes) as pool:
        results = list(pool.map(lambda mutant: caught(mutant, options.processes), chosen))
    survivors = [mutant for mutant, was in zip(chosen, results, strict=True) if not was]
    known = [mutant for mutant in survivors if mutant.change in EQUIVALENT]
    unknown = [mutant for mutant in survivors if mutant.change not in EQUIVALENT]
    print(f"{len(chosen)} mutants: {sum(results)} caught, {len(known)} equivalent, {len(unknown)} survive")
    for mutant in known:
        print(f"equivalent  {mutant.module}:{mutant.line}: {mutant.before} -> {mutant.after}")
        print(f"            {EQUIVALENT[mutant.change]}")
    for mutant in unknown:
        print(f"survives    {mutant.module}:{mutant.line}: {mutant.before} -> {mutant.after}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
