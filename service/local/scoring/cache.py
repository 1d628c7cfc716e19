"""The models that a process has loaded for scoring: each version once, and only a few."""

import os
import threading
from collections import OrderedDict
from pathlib import Path

from ..loading import load, version_path
from ..model import Model

MAX_MODELS = 4

_lock = threading.Lock()
_models: OrderedDict[tuple[Path, int], Model] = OrderedDict()


def model_at(path: str | os.PathLike[str], threads: int = 1) -> Model:
    """Return the model at a path, loaded once in this process. Raises LoadError.

    The path of a model means its newest version at the moment.
    """
    key = version_path(path), threads
    with _lock:
        found = _models.get(key)
        if found is None:
            found = _models[key] = load(key[0], threads=threads)
            while len(_models) > MAX_MODELS:
                _models.popitem(last=False)
        _models.move_to_end(key)
        return found


def _forget() -> None:
    """A forked process has none of its parent's threads, and begins with no model and an open lock."""
    global _lock
    _lock = threading.Lock()
    _models.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
