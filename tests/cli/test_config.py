"""``bpcli config``: what is shipped, what it resolves to, what is wrong with a file, and a file to start from."""

import json

import yaml


def test_list_names_every_shipped_configuration(bpcli):
    """Name and description, as a table and as JSON."""
    found = bpcli("config", "list")
    document = json.loads(bpcli("config", "list", "--json").out)
    names = [each["name"] for each in document["configurations"]]
    assert {"digits", "xor", "iris", "logistic", "symmetry"} <= set(names)
    assert all(name in found.out for name in names)
    assert all(each["description"] for each in document["configurations"])


def test_show_says_where_each_value_comes_from(bpcli, monkeypatch):
    """Default, file, environment and options side by side."""
    monkeypatch.setenv("BPCLI_TRAINING__BATCH_SIZE", "2")
    found = bpcli("config", "show", "xor", "--set", "training.epochs=7", "--seed", 3)
    lines = {line.split(":")[0].strip(): line for line in found.out.splitlines()}
    assert "# xor.yaml:" in lines["hidden"]
    assert "# default" in lines["activation"]
    assert "# --set" in lines["epochs"]
    assert "# --seed" in lines["seed"]
    assert "# BPCLI_TRAINING__BATCH_SIZE" in lines["batch_size"]


def test_what_show_prints_is_a_configuration(bpcli, tmp_path):
    """Saved to a file, it resolves to the same values."""
    (tmp_path / "copy.yaml").write_text(bpcli("config", "show", "iris").out)
    first, second = (
        json.loads(bpcli("config", "show", name, "--json").out) for name in ("iris", "copy.yaml")
    )
    assert first["config"] == second["config"]


def test_check_finds_nothing_wrong_with_what_is_shipped(bpcli):
    """Every shipped configuration is valid."""
    for each in json.loads(bpcli("config", "list", "--json").out)["configurations"]:
        found = bpcli("config", "check", each["name"])
        assert found.code == 0
        assert "valid" in found.out


def test_check_reports_problems_as_json_too(bpcli, tmp_path):
    """File, line, column, key and message of each, with exit 2."""
    (tmp_path / "bad.yaml").write_text("sed: 1\nmodel:\n  hidden: wide\n")
    assert bpcli("config", "check", "bad.yaml").code == 2
    found = bpcli("config", "check", "bad.yaml", "--json")
    document = json.loads(found.out)
    assert found.code == 2
    assert document["valid"] is False
    assert [(p["line"], p["column"], p["key"]) for p in document["problems"]] == [
        (1, 1, "sed"),
        (3, 11, "model.hidden"),
    ]


def test_new_begins_a_file_that_checks(bpcli, tmp_path):
    """The starter file is valid, is not overwritten, and goes to stdout without a name."""
    assert bpcli("config", "new", "mine.yaml").code == 0
    assert bpcli("config", "check", "mine.yaml").code == 0
    assert "--force" in bpcli("config", "new", "mine.yaml").err
    assert bpcli("config", "new").out == (tmp_path / "mine.yaml").read_text()


def test_schema_is_a_json_schema(bpcli):
    """It lists the top-level keys of a configuration."""
    document = json.loads(bpcli("config", "schema").out)
    assert set(document["properties"]) == {"seed", "data", "model", "training", "sweep"}


def test_shown_yaml_is_plain_yaml(bpcli):
    """Another YAML reader sees the same mapping."""
    assert yaml.safe_load(bpcli("config", "show", "xor").out)["model"]["hidden"] == [4]


def test_check_reads_the_data(bpcli, tmp_path):
    """A configuration whose data cannot be read is not valid; one whose data can be read says what they are."""
    (tmp_path / "t.yaml").write_text("data: {source: t.csv, validation: 0.2}\n", encoding="utf-8")
    missing = bpcli("config", "check", "t.yaml")
    assert (missing.code, "no such file" in missing.err) == (2, True)
    rows = [f"{i},{i % 3},{'ab'[i % 2]}" for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["n,m,y", *rows]), encoding="utf-8")
    found = bpcli("config", "check", "t.yaml", columns=200)
    assert found.code == 0
    assert "16 rows to train on, 4 held out" in found.out
    (tmp_path / "t.csv").write_text("\n".join(["n,m,y", *rows, "1,2"]), encoding="utf-8")
    found = bpcli("config", "check", "t.yaml", "--json")
    (problem,) = json.loads(found.out)["problems"]
    assert (found.code, problem["key"], "t.csv:22: " in problem["message"]) == (2, "data", True)
