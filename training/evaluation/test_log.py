"""A diary of every look at a test part: who looked how often, and whether two looks agree.

A test part that is looked at until it pleases is no test part. Looks are added, never changed or removed.
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

SAME = 1e-6  # relative; figures nearer than that are the same


class LogEntry(BaseModel):
    """One method's figures on one test part, at one time (ISO 8601)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str
    settings: dict[str, str | int | float]
    figures: dict[str, float]


TestLog = dict[str, list[LogEntry]]
TEST_LOG = TypeAdapter(TestLog)


class TestLogError(Exception):
    """The diary cannot be read; nothing was written to it."""


def key(sha256: str, split: str, method: str) -> str:
    """What a look is filed under: the data's bytes, the test part ('250:397'), and the method or recipe."""
    return f"{sha256} {split} {method}"


def read(path: Path) -> TestLog:
    """The diary; empty where there is none. Raises LooksError for one that is damaged."""
    try:
        return TEST_LOG.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValidationError, OSError) as error:
        raise TestLogError(f"{path} cannot be read as a diary of looks: move it away, or mend it") from error


def record(path: Path, looks: Mapping[str, LogEntry]) -> TestLog:
    """Add one look to each key and return the whole diary; the file is replaced in one move, under a lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        diary = read(path)
        for name, look in looks.items():
            diary.setdefault(name, []).append(look)
        _replace(path, json.dumps(TEST_LOG.dump_python(diary, mode="json"), indent=1) + "\n")
    return diary


def differing(looks: list[LogEntry]) -> dict[str, list[float]]:
    """Figures that are not the same in all looks with the last one's settings: name → distinct values, oldest first."""
    alike = [look for look in looks if look.settings == looks[-1].settings]
    found = {}
    for name in alike[-1].figures if alike else ():
        values: list[float] = []
        for look in alike:
            value = look.figures.get(name, math.nan)
            if not any(_same(value, other) for other in values):
                values.append(value)
        if len(values) > 1:
            found[name] = values
    return found


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=SAME, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


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
    return datetime.now(UTC).isoformat(timespec="seconds")
