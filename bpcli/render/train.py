"""What ``bpcli train`` shows: the header before, and the report after."""

from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.common.text import printable
from bpcli.config import Config
from bpcli.render.advice import early_stopping
from bpcli.render.curves import loss_curves
from bpcli.render.score_tables import SCORE_NAMES, class_table, target_table
from bpcli.render.styles import ACCENT, CAUTION
from bpcli.render.text import LOSS_NAMES, Fitting, columns, counted, heading, known, measure, number, shape
from bpcli.render.units import unit_tables
from bpcli.training.evaluation import Details, Scores
from bpcli.training.result import DataFacts, RunHeader, TrainResult

HOW_TO_READ = "Norm: √(sum of squared entries). If all are near 0, a step hardly moves the weights."
SOFTMAX_JACOBIAN = "J = diag(z) - z zᵀ, the Jacobian of softmax, is not diagonal: it stands where Ω stood"


def header(facts: RunHeader) -> RenderableType:
    """Show data, network and training before the first epoch."""
    resumed = {} if facts.resumed_at is None else {"resumed": f"after epoch {facts.resumed_at}"}
    own = {"target": _target(facts.data)} if facts.data.text else {}
    if facts.data.notes:
        own["columns"] = "\n".join(facts.data.notes)
    table = known(
        data=_data(facts.data), **own, network=_network(facts), training=_training(facts.config), **resumed
    )
    return Group(Text.assemble(("bpcli train ", "bold"), (facts.name, f"bold {ACCENT}")), table)


def advised(next_command: str) -> RenderableType:
    """The report's last line: a command to type next."""
    return Text.assemble(("next   ", "dim"), (next_command, ACCENT))


def report(result: TrainResult, *, units: bool = False) -> RenderableType:
    """Show the scores, the loss by epoch, the gradients and the hidden units; with ``units`` as a table."""
    return Group(
        *_scores(result),
        *loss_curves(result.records),
        *_gradients(result),
        *unit_tables(result.neurons, result.symmetry, result.activity, full=units),
        *_closing(result),
    )


def _data(data: DataFacts) -> str:
    rows = data.training_rows + data.validation_rows
    targets = (
        counted(len(data.classes), "class", "classes")
        if data.task == "classification"
        else counted(len(data.classes), "label")
        if data.task == "multilabel"
        else counted(len(data.outputs), "target")
    )
    held_out = f"{data.validation_rows:,} to validate" if data.validation_rows else "none held out"
    if data.fewer_than:
        held_out += (
            f": fewer than {data.fewer_than} rows (--set data.validation=0.2 to validate on a fifth of them)"
        )
    return (
        f"{data.name}: {counted(rows, 'row')}, {counted(data.features, 'feature')}, {targets}; "
        f"{data.training_rows:,} to train, {held_out}"
    )


def _target(data: DataFacts) -> str:
    outputs = ", ".join(printable(name, 40) for name in data.outputs[:6]) + (
        ", …" if len(data.outputs) > 6 else ""
    )
    if data.task == "regression":
        return f"{outputs}: {'standardised while training' if data.standardised else 'numbers'}"
    if data.task == "multilabel":
        return f"{outputs}: labels that do not exclude each other"
    classes = ", ".join(printable(name, 30) for name in data.classes[:8]) + (
        ", …" if len(data.classes) > 8 else ""
    )
    return f"{outputs}: {counted(len(data.classes), 'class', 'classes')} ({classes})"


def _network(facts: RunHeader) -> str:
    net, model = facts.architecture, facts.config.model
    hidden = f"{net.activation} hidden, " if model.hidden else "no hidden layer, "
    biases = "with biases" if net.bias else "no biases"
    return (
        f"{' → '.join(str(size) for size in net.sizes)}; {hidden}{net.output} output, {biases}; "
        f"{counted(net.parameter_count, 'parameter')} in {model.dtype}, {model.init.scheme} weights"
    )


def _training(config: Config) -> str:
    training = config.training
    rule = training.optimizer
    settings = [f"{rule.name} at rate {number(rule.learning_rate)}"]
    momentum = getattr(rule, "momentum", 0.0)
    if momentum:
        settings.append(f"momentum {number(momentum)}")
    if training.schedule.name != "constant":
        settings.append(f"{training.schedule.name} schedule")
    if training.decay:
        settings.append(f"weight decay {number(training.decay)}")
    batch = "full batch" if training.batch_size == "full" else f"batches of {training.batch_size}"
    balanced = ", classes balanced" if training.class_weight else ""
    stopping = (
        f", stops early after {training.early_stopping.patience} without improvement"
        if training.early_stopping
        else ""
    )
    return (
        f"{LOSS_NAMES[training.loss]}{balanced}; {', '.join(settings)}; {batch}; "
        f"{counted(training.epochs, 'epoch')}{stopping}; seed {config.seed}"
    )


def _gradients(result: TrainResult) -> list[RenderableType]:
    samples = counted(result.batch, "sample")
    parts: list[RenderableType] = [
        heading("Gradients", f"of the mean loss over {samples}, in the order of the backward pass"),
        Fitting(
            _gradient_table(result),
            _gradient_table(result, forward="known\nafter\nforward"),
            _gradient_table(result, forward="known\nafter\nforward", equals=" =\n"),
        ),
        Text(HOW_TO_READ, style="dim"),
    ]
    if result.header.architecture.output == "softmax":
        parts.append(Text(SOFTMAX_JACOBIAN, style="dim"))
    return parts


def _gradient_table(
    result: TrainResult, forward: str = "known after\nforward", equals: str = " = "
) -> RenderableType:
    norms = ("norm\nbefore", "norm\nafter")
    table = columns(
        "gradient", "shape", *norms, forward, "passed\nback", numbers=("shape", *norms), whole=("gradient",)
    )
    for gradient in result.gradients:
        formula = gradient.formula
        table.add_row(
            f"{formula.symbol}{equals}{formula.formula}",
            shape(gradient.shape),
            number(gradient.initial_norm),
            number(gradient.norm),
            ", ".join(formula.known),
            ", ".join(formula.arrived) or "–",
        )
    return table


def _scores(result: TrainResult) -> list[RenderableType]:
    metric = SCORE_NAMES[result.train.metric]
    more = _more_columns(result)
    table = columns("", "loss", metric, *more, " ", numbers=("loss", metric, *more), whole=("",))
    data = result.header.data
    sets = [("training", result.train, result.train_details, data.training_rows)]
    if result.validation and result.validation_details:
        sets.append(("validation", result.validation, result.validation_details, data.validation_rows))
    for name, scores, details, rows in sets:
        table.add_row(
            name,
            number(scores.loss),
            Text(number(scores.value), style="bold"),
            *_more_scores(details, more),
            _right(scores, rows) if data.task != "multilabel" else "",
        )
    if more and result.stopped_by != "diverged":
        _, _, details, _ = sets[-1]
        table.add_row(*_baseline(details, more), style="dim")
    which = "the last" if result.kept_epoch == len(result.records) else "the best"
    parts: list[RenderableType] = [
        heading("Scores", f"of the weights after epoch {result.kept_epoch:,}, {which}"),
        table,
    ]
    parts += _by_class_or_target(result)
    best = result.best
    kept = result.validation or result.train
    if best and result.kept_epoch != result.best_epoch and number(best.monitored) != number(kept.loss):
        loss = "validation" if best.validation else "training"
        note = f"lowest {loss} loss: {number(best.monitored)}, after epoch {best.epoch:,}"
        parts.append(Text(note if result.header.run is None else f"{note}; its weights are in best.npz"))
    if best and result.validation and result.overfits:
        parts.append(
            Text(
                f"overfitting: since then training loss fell from {number(best.train.loss)} to "
                f"{number(result.train.loss)}, but validation loss rose to {number(result.validation.loss)}; to stop "
                f"earlier, --set {early_stopping(result)}",
                style=CAUTION,
            )
        )
    return parts


def _more_columns(result: TrainResult) -> list[str]:
    """The columns that a table of one's own has beside loss and score."""
    data = result.header.data
    if not data.text:
        return []
    if data.task == "regression":
        return ["MAE", "RMSE"] if len(data.outputs) == 1 else []
    return ["balanced"]


def _more_scores(details: Details, names: list[str]) -> list[str]:
    if not names:
        return []
    if details.targets:
        return [measure(details.targets[0].mae), measure(details.targets[0].rmse)]
    return [number(details.balanced_accuracy)]


def _baseline(details: Details, names: list[str]) -> list[str]:
    """What a network must beat: the mean of the training targets, or their most frequent class."""
    if details.targets:
        score = details.targets[0]
        return [
            "baseline",
            "",
            "0",
            measure(score.baseline_mae),
            measure(score.baseline_rmse),
            "always the mean",
        ]
    return ["baseline", "", number(details.baseline), *([""] * len(names)), "always the most frequent class"]


def _by_class_or_target(result: TrainResult) -> list[RenderableType]:
    """Precision and recall of each class, or the errors of each target, of a table of one's own."""
    data = result.header.data
    details = result.validation_details or result.train_details
    which = "validation" if result.validation_details else "training"
    if not data.text:
        return []
    if len(details.targets) > 1:
        return [heading("Targets", f"on the {which} rows, each in its own unit"), target_table(details)]
    return [heading("Classes", f"on the {which} rows"), *class_table(details)] if details.classes else []


def _right(scores: Scores, rows: int) -> str:
    if scores.metric != "accuracy" or scores.value is None:
        return ""
    return f"{round(scores.value * rows):,} of {rows:,} right"


def _closing(result: TrainResult) -> list[RenderableType]:
    ended = {
        "epochs": f"{counted(len(result.records), 'epoch')} done",
        "early_stopping": f"stopped early after epoch {len(result.records):,}: no better since {result.best_epoch:,}",
        "interrupted": f"interrupted after epoch {len(result.records):,}",
        "diverged": f"diverged at epoch {len(result.records):,}",
    }[result.stopped_by]
    speed = f", {result.samples_per_second:,.0f} samples a second" if result.samples_per_second else ""
    run = {} if result.header.run is None else {"run": str(result.header.run)}
    table = known(ended=f"{ended}; {result.seconds:.2f} s{speed}", **run)
    return [Text(), table]
