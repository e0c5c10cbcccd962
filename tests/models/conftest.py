"""Runs of several kinds of network on one small table with every kind of column."""

import csv

import numpy as np
import pytest

from bpcli import api

COLUMNS = ["size", "gap", "colour", "big", "when", "note"]
KINDS = {
    "classes": {"target": "kind"},
    "two": {"target": "yes", "model__hidden": [6, 4], "model__activation": "tanh"},
    "numbers": {"target": "price", "model__activation": "relu"},
    "labels": {"target": ["a", "b"], "model__hidden": []},
    "single": {"target": "kind", "model__dtype": "float32", "model__bias": False},
}


def write_table(path, n=90, seed=0):
    """Write numbers, missing values, words, dates and every kind of target; return the rows as dicts."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        size, colour = float(rng.normal(50, 20)), str(rng.choice(["red", "green", "blue", "Red"]))
        rows.append(
            {
                "size": repr(size),
                "gap": "" if rng.random() < 0.2 else repr(float(rng.normal())),
                "colour": "NA" if rng.random() < 0.1 else colour,
                "big": "yes" if size > 50 else "no",
                "when": f"2024-{rng.integers(1, 13):02d}-{rng.integers(1, 28):02d}",
                "note": f"remark {i} of many",
                "kind": "pqr"[int(rng.integers(3))] * 2,
                "yes": "ja" if rng.random() < 0.5 else "nein",
                "price": repr(1000 + 30 * size + float(rng.normal())),
                "a": str(int(rng.random() < 0.5)),
                "b": str(int(rng.random() < 0.5)),
            }
        )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return rows


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Return a function from a kind of network to its run folder, its result and its table, trained once each."""
    folder = tmp_path_factory.mktemp("runs")
    table = folder / "table.csv"
    write_table(table)
    known = {}

    def get(kind):
        if kind not in known:
            settings = dict(KINDS[kind])
            target = settings["target"]
            others = {"kind", "yes", "price", "a", "b"} - (
                {target} if isinstance(target, str) else set(target)
            )
            result = api.train(
                table,
                out=folder / kind,
                data__dates=["when"],
                data__ignore=sorted(others),
                training__epochs=8,
                **settings,
            )
            known[kind] = (folder / kind, result, table)
        return known[kind]

    return get
