"""A path → a model that is checked: its files by their checksums, and its network by its golden answers."""

import difflib
import os
from pathlib import Path

from ..artifacts import bundle
from ..artifacts.files import BundleError, refusing
from ..artifacts.golden import verify
from ..forecast.forecaster import Forecaster
from ..predictors import load_predictor
from ..sentiment.classifier import SentimentClassifier
from .errors import LoadError
from .model import Model
from .series.text_dates import shown

MAX_THREADS = 256
MAX_NAMED = 10  # models that a message lists
MANIFEST = "manifest.json"


def load(path: str | os.PathLike[str], *, threads: int = 1) -> Model:
    """Return the model in a directory, ready to be asked.

    Its files are compared with their checksums, and its golden requests are answered, as the service does at a start. This
    takes about a tenth of a second. ONNX Runtime runs the network; TensorFlow is not needed.

    path: of a model, `models/universal`, whose newest version is loaded; or of a version, `models/universal/2`.
    threads: of one call of the network. Several threads of yours may use one model at the same time.

    Raises LoadError, which names the file and what helps.
    """
    if not isinstance(threads, int) or isinstance(threads, bool) or not 1 <= threads <= MAX_THREADS:
        raise LoadError(f"`threads` must be a whole number from 1 to {MAX_THREADS}")
    version = version_path(path)
    try:
        return Model(_verified(version, threads), version, threads)
    except BundleError as error:
        raise LoadError(str(error)) from error


def version_path(path: str | os.PathLike[str]) -> Path:
    """Return the directory of the version that a path means: itself, or the newest version in it. Raises LoadError."""
    try:
        given = Path(path)
        directory = Path(os.path.realpath(given))
        if (directory / MANIFEST).is_file():
            return directory
        found = bundle.versions(directory)
        if found:
            return found[-1]
        raise LoadError(_unfound(given, directory))
    except (TypeError, ValueError) as error:
        raise LoadError("a model is named by the path of its directory, such as 'models/universal'") from error
    except OSError as error:  # of a path that is too long, or may not be read
        raise LoadError(f"{shown(os.fspath(path))} cannot be read: {error.strerror}") from error


def _verified(version: Path, threads: int) -> Forecaster | SentimentClassifier:
    with refusing(version):
        loaded = bundle.load(version, threads, "onnx")
        predictor = load_predictor(loaded)
        verify(predictor, loaded.golden, str(version / "golden.json"))
        return predictor


def _unfound(given: Path, directory: Path) -> str:
    """Why there is no model, and which ones are near."""
    if directory.is_dir():
        names = _models(directory)
        if names:
            return f"{given} holds models, and one of them is loaded: {given / names[0]}; there are {_listed(names)}"
        return f"{given} holds no model version: a directory whose name is its number, with {MANIFEST}"
    what = "is no directory" if directory.exists() else "does not exist"
    numbers = [path.name for path in bundle.versions(directory.parent)]
    if numbers:
        return f"{given} {what}; {given.parent} has version {_listed(numbers)}"
    names = _models(directory.parent)
    close = difflib.get_close_matches(directory.name, names, 1)
    if close:
        return f"{given} {what}; did you mean {given.parent / close[0]}?"
    there = f"; {given.parent} has {_listed(names)}" if names else ""
    return f"{given} {what}{there}; a model is named by its directory, such as models/universal"


def _models(directory: Path) -> list[str]:
    try:
        return sorted(path.name for path in directory.iterdir() if path.is_dir() and bundle.versions(path))
    except OSError:
        return []


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
