"""A log of every evaluation on a test set: how often each method was measured on it, and whether two runs agree.

A test set that is evaluated until the figures please is no test set. Entries are added, never changed or removed.
"""

import fcntl
import json
import math
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

TOLERANCE = 1e-6  # relative; figures that differ by less are the same


class LogEntry(BaseModel):
    """One method's figures on one test set, at one time (ISO 8601)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str
    settings: dict[str, str | int | float]
    figures: dict[str, float]


TestLog = dict[str, list[LogEntry]]
TEST_LOG = TypeAdapter(TestLog)


class TestLogError(Exception):
    """The log cannot be read; nothing was written to it."""


def key(sha256: str, split: str, method: str) -> str:
    """Return the key of an entry: the data's SHA-256, the test set such as '250:397', and the method or recipe."""
    return f"{sha256} {split} {method}"


def read(path: Path) -> TestLog:
    """Read the log; it is empty where there is no file. Raises TestLogError where the file is damaged."""
    try:
        return TEST_LOG.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValidationError, OSError) as error:
        raise TestLogError(
            f"{path} cannot be read as a log of test-set evaluations: move it away, or repair it"
        ) from error


def record(path: Path, entries: Mapping[str, LogEntry]) -> TestLog:
    """Add an entry to each key, and return the whole log. Raises TestLogError where the file is damaged.

    The file is replaced in one step, under a lock, so that two runs can record at the same time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log = read(path)
        for name, entry in entries.items():
            log.setdefault(name, []).append(entry)
        _replace(path, json.dumps(TEST_LOG.dump_python(log, mode="json"), indent=1) + "\n")
    return log


def disagreements(entries: list[LogEntry]) -> dict[str, list[float]]:
    """Return the figures that differ between entries with the last entry's settings.

    They are name → distinct values, oldest first.
    """
    comparable = [entry for entry in entries if entry.settings == entries[-1].settings]
    differing = {}
    for name in comparable[-1].figures if comparable else ():
        values: list[float] = []
        for entry in comparable:
            value = entry.figures.get(name, math.nan)
            if not any(_is_same(value, other) for other in values):
                values.append(value)
        if len(values) > 1:
            differing[name] = values
    return differing


def _is_same(value: float, other: float) -> bool:
    are_close = math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=1e-12)
    return are_close or (math.isnan(value) and math.isnan(other))


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def now() -> str:
    """Return the time of an entry: UTC, to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
