"""The rooms and their one-way arrows, as written in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from bpcli.config import Config
from bpcli.datasets import BUILT_IN
from bpcli.network.activations import ACTIVATIONS, OUTPUTS
from bpcli.network.initialisation import SCHEMES
from bpcli.network.losses import LOSSES

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_hold():
    """Import-linter finds no arrow that runs against the contracts."""
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def choices(section, key):
    """What the JSON schema of the configuration allows for a key."""
    schema = Config.model_json_schema()
    field = schema["$defs"][section]["properties"][key]
    if "discriminator" in field:
        return set(field["discriminator"]["mapping"])
    return set(field["enum"])


def test_the_configuration_offers_exactly_what_the_network_has():
    """The configuration knows no numerics, so its lists of names are written twice: they must agree."""
    assert choices("ModelConfig", "activation") == set(ACTIVATIONS)
    assert choices("ModelConfig", "output") == set(OUTPUTS)
    assert choices("ModelConfig", "init") == set(SCHEMES)
    assert choices("TrainingConfig", "loss") == {loss for _, loss in LOSSES}


def test_the_configuration_names_exactly_the_built_in_data():
    """The same for the names of the built-in sets."""
    from bpcli.config.fields import BUILT_IN as NAMED

    assert set(NAMED) == set(BUILT_IN)
