"""Whether a version can be written: its name and the models directory, checked before anything is fitted."""

import json
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from service.artifacts import bundle
from service.artifacts.card import Name
from training.data.tables import DataError

RESERVED = ("universal",)  # the forecaster of any series: a version of one series must not take its place
_NAME: TypeAdapter[str] = TypeAdapter(Name)


def check_target(models_dir: Path, name: str, task: Literal["forecast", "sentiment"] | None = None) -> None:
    """Raise DataError unless a version of this name can be written to the directory; nothing is created.

    With a `task`, a name that belongs to a model of the other task is refused, too.
    """
    _check_name(name)
    for path in (models_dir, models_dir / name):
        if path.exists() and not path.is_dir():
            raise DataError(f"{path} is not a directory, so no version can be written there")
    _check_writable(models_dir / name)
    other = _task_of(models_dir / name)
    if task is not None and other is not None and other != task:
        raise DataError(f"'{name}' is the name of a {other} model in {models_dir}; choose another with --name")


def _check_name(name: str) -> None:
    try:
        _NAME.validate_python(name)
    except ValidationError:
        raise DataError(
            f"'{name}' cannot be the name of a model: it begins with a letter from a to z, and has at most 64 lower-case "
            "letters, digits, hyphens and underscores, such as 'my_sales'"
        ) from None
    if name in RESERVED:
        raise DataError(f"'{name}' is the name of the forecaster of any series; choose another with --name")


def _check_writable(path: Path) -> None:
    """Raise DataError unless a file can be made in the nearest directory that exists."""
    nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise DataError(
            f"{nearest} cannot be written to ({error.strerror}); choose another directory with --models-dir"
        ) from None


def _task_of(model: Path) -> str | None:
    """Return the task of the newest version, as its card says; None where there is none to read."""
    try:
        return str(json.loads((bundle.versions(model)[-1] / "manifest.json").read_bytes())["task"])
    except (IndexError, OSError, ValueError, KeyError, TypeError):
        return None
