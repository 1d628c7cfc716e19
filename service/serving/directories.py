"""Which versions are on disk: every models/<name>/<version>/, and what is beside them and ignored."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from ..artifacts.card import Name, Version
from ..artifacts.files import BundleError, one_line, refusing

# beside the models, training writes the first; beside the versions of one, its policy lies
KNOWN_FILES = ("README.md", "policy.json")
MAX_IGNORED = 100  # lines in the log


class Found(NamedTuple):
    """The directories of versions, a line for each name that is ignored, and models that cannot be looked into, and why."""

    versions: list[Path]
    ignored: list[str]
    unreadable: dict[str, str]


_NAME, _VERSION = TypeAdapter[str](Name), TypeAdapter[str](Version)


def find_versions(models_dir: Path) -> Found:
    """Return every models/<name>/<version>/.

    Other names are ignored: backups, files of the operating system, a version that is being written (its name begins with
    a dot). Raises BundleError if the directory cannot be read or has no model.
    """
    found = Found([], [], {})
    with refusing(models_dir):
        if not models_dir.is_dir():
            raise BundleError(f"{models_dir} is not a directory; GATECAST_MODELS_DIR names the models")
    for model in _directories(
        models_dir, _NAME, "a model name (lower-case letters, digits, _ and -, the first one a letter)", found.ignored
    ):
        try:
            versions = _directories(model, _VERSION, "a version (a whole number from 1)", found.ignored)
        except BundleError as error:
            found.unreadable[model.name] = str(error)
            continue
        if not versions:
            found.ignored.append(f"{one_line(str(model))} holds no version")
        found.versions.extend(versions)
    if not found.versions and not found.unreadable:
        raise BundleError(
            f"{models_dir} holds no model version, as <name>/<version>/; train one with `make train-forecast` or `make train-sentiment`",
            *found.ignored[:MAX_IGNORED],
        )
    if len(found.ignored) > MAX_IGNORED:
        found.ignored[MAX_IGNORED:] = [f"{len(found.ignored) - MAX_IGNORED} more names"]
    return found


def _directories(parent: Path, rule: TypeAdapter[str], meaning: str, ignored: list[str]) -> list[Path]:
    """The directories in `parent` whose names follow a rule; of the rest, what is wrong with it goes to `ignored`."""
    paths = []
    with refusing(parent):
        for name in sorted(os.listdir(parent)):
            path = parent / name
            try:
                rule.validate_python(name)
            except ValidationError:
                if name not in KNOWN_FILES and not name.startswith(".policy.json-"):
                    ignored.append(one_line(f"{path}: its name is not {meaning}"))
                continue
            if _is_directory(path):
                paths.append(path)
            else:
                ignored.append(one_line(f"{path} is not a directory"))
    return paths


def _is_directory(path: Path) -> bool:
    """Whether it is a directory, or a link to one. What may not be looked at passes for one, and is refused later."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except PermissionError:
        return True
    except OSError:  # a link to nothing or to itself, or it is gone by now
        return False
