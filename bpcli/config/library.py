"""The shipped configurations, and the file that a name or a path on the command line stands for."""

import os
from dataclasses import dataclass
from pathlib import Path

from bpcli.common.errors import UsageError
from bpcli.common.text import did_you_mean, listed
from bpcli.yamltext.scalars import show

# In the wheel they are inside the package; in a checkout they are beside it.
_FOLDERS = (Path(__file__).parents[1] / "configs", Path(__file__).parents[2] / "configs")


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipped configuration, which can be used by its name."""

    name: str
    description: str
    path: Path


def shipped() -> list[Shipped]:
    """Return the shipped configurations sorted by name, each described by the comment in its first line."""
    folder = next(filter(Path.is_dir, _FOLDERS), _FOLDERS[0])
    found = [Shipped(path.stem, _first_comment(path), path) for path in folder.glob("*.yaml")]
    return sorted(found, key=lambda each: each.name)


def find_config(config: str) -> tuple[str, Path]:
    """Return the name and the file of a configuration given by name or by path.

    A shipped name takes precedence over a file of the same name, unless the text looks like a path: it contains
    a separator or has a suffix such as .yaml.

    Raises:
        UsageError: It is neither the name of a shipped configuration nor an existing file.
    """
    path = Path(config)
    known = {entry.name: entry.path for entry in shipped()}
    looks_like_a_path = path.suffix != "" or any(c in config for c in (os.sep, os.altsep) if c)
    if config in known and not looks_like_a_path:
        return config, known[config]
    if _exists(path):
        return path.stem, path
    what = "file" if looks_like_a_path else "configuration"
    hint = f"; {meant}" if (meant := did_you_mean(path.stem, known)) else "."
    raise UsageError(
        f"there is no {what} {show(config)}{hint} The shipped configurations are {listed(known or ['none'])}; "
        "`bpcli config list` describes them. You can also give the path of a .yaml file"
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return True  # reading it reports what is wrong
    except (OSError, ValueError):
        return False  # too long for a path, or with a character that none can contain


def _first_comment(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        first = next(lines, "")
    return first.removeprefix("#").strip() if first.startswith("#") else ""
