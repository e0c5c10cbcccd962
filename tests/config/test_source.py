"""A source is a built-in set or a path, and a path means the same wherever one stands."""

from pathlib import Path

import pytest

from bpcli.config import read, to_yaml

from .conftest import Load, Reported


@pytest.mark.parametrize("source", ["and", "xor", "circles", "moons", "spiral", "digits", "iris"])
def test_built_in(source: str, load: Load) -> None:
    """A built-in name stays a name."""
    assert load(f"data: {{source: {source}}}").config.data.source == source


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.npz", "a.npy", "a.csv.gz", "a.b.npz.gz", "A.CSV", "ü ñ.csv"]
)
def test_from_a_file(name: str, load: Load, file: Path) -> None:
    """A path in a file starts at the folder of the file."""
    config = load(f"data:\n  source: ../data/{name}\n").config
    assert config.data.source == str(file.parent.resolve().parent / "data" / name)


def test_from_outside(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in an override or in the environment starts at the working directory."""
    monkeypatch.chdir(tmp_path.parent)
    expected = str(tmp_path.parent.resolve() / "x.csv")
    assert load(overrides=["data.source=x.csv"]).config.data.source == expected
    assert load(environment={"BPCLI_DATA__SOURCE": "./x.csv"}).config.data.source == expected
    assert load(options={"data.source": "x.csv"}).config.data.source == expected


def test_absolute(load: Load) -> None:
    """An absolute path stays what it is."""
    assert load("data: {source: /nowhere/x.csv}").config.data.source == "/nowhere/x.csv"


def test_links_in_the_folder(load: Load, file: Path) -> None:
    """``..`` after a link leads where the system goes, and the file keeps the name of its own link."""
    (file.parent / "far" / "deep").mkdir(parents=True)
    (file.parent / "link").symlink_to(file.parent / "far" / "deep")
    (file.parent / "far" / "x.csv").symlink_to(file.parent / "9f86d0")
    config = load("data: {source: link/../x.csv}").config
    assert config.data.source == str(file.parent.resolve() / "far" / "x.csv")


def test_a_run_keeps_its_source(load: Load, tmp_path: Path) -> None:
    """The resolved configuration can be read from any folder."""
    config = load("data: {source: x.csv}").config
    path = tmp_path / "runs" / "config.yaml"
    path.parent.mkdir()
    path.write_text(to_yaml(config), encoding="utf-8")
    assert read(path) == config


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("digts", "did you mean digits?"),
        ("Iris", "did you mean iris?"),
        ("x.doc", "the built-in data sets are and, xor, circles, moons, spiral, digits and iris"),
        ("x.gz", "the built-in data sets are"),
        ("folder/", "the built-in data sets are"),
        ("./iris", "did you mean iris?"),
        ('"x{0}\\0.csv"', "the built-in data sets are"),
    ],
)
def test_invalid_sources(source: str, hint: str, reported: Reported) -> None:
    """Anything else is an error that suggests the nearest built-in set."""
    (line,) = reported(f"data:\n  source: {source}\n")
    assert line.startswith("my.yaml:2:11: data.source: '")
    assert (
        f"is neither a built-in data set nor the path of a .csv, .tsv, .txt, .data, .dat, .xlsx, .parquet, .arff, "
        f".npz or .npy file (.gz too), nor - for standard input; {hint}" in line
    )
