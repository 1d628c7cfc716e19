"""Gatecast and the examples where the workers of an engine find them, and the tables that both engines score."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
LONG = "word " * 4001


@pytest.fixture(scope="session", autouse=True)
def importable(gatecast_wheel: Path) -> Iterator[None]:
    """Put the wheel and the examples on the path of this process and of those that it starts."""
    paths = [str(gatecast_wheel), str(EXAMPLES)]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    sys.path[:0] = paths
    yield
    sys.path[:] = [path for path in sys.path if path not in paths]


@pytest.fixture(scope="session")
def model() -> Callable[[str], str]:
    """The path of the shipped version of a model."""
    return lambda name: str(max((ROOT / "models" / name).iterdir(), key=lambda path: int(path.name)))


@pytest.fixture(scope="session")
def texts() -> Any:
    """Texts, of which three cannot be judged."""
    import pandas as pd

    texts = ["A warm and funny film.", "Dull, I left.", None, "It exists", " ", LONG, "Great!"] * 30
    return pd.DataFrame({"id": range(len(texts)), "text": pd.array(texts, dtype="str")})


@pytest.fixture(scope="session")
def series() -> Any:
    """Series of several lengths in lists, of which one is empty and one has a missing reading."""
    import numpy as np
    import pandas as pd

    readings = [[float(step % 12 + number) for step in range(24 + number)] for number in range(20)]
    readings[3], readings[5][7] = [], np.nan
    return pd.DataFrame({"id": range(20), "readings": readings})


@pytest.fixture(scope="session")
def panel() -> Any:
    """Monthly series in rows that are not in order, of which one is too short."""
    import pandas as pd

    def rows(number: int) -> Any:
        months = pd.date_range("2015-01-01", periods=3 if number == 4 else 48, freq="MS")
        sold = [float(step % 12 + number * step) for step in range(len(months))]
        return pd.DataFrame({"shop": f"s{number:02}", "month": months, "sold": sold})

    return pd.concat([rows(number) for number in range(20)]).sample(frac=1, random_state=0, ignore_index=True)


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs an example as its users do."""

    def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=600)

    return run


@pytest.fixture(scope="session")
def assert_same() -> Callable[[Any, Any, list[str]], None]:
    """Compares what an engine gives with what this process gives, row by row, whatever types the engine has.

    Numbers may differ in the last digits: the rows that share a call of the network are others.
    """
    import numpy as np

    def plain(value: Any) -> Any:
        if isinstance(value, list | tuple | np.ndarray):
            return [plain(each) for each in value]
        return None if value is None or value is not value or str(value) in ("<NA>", "NaT") else value

    def assert_same(actual: Any, expected: Any, keys: list[str]) -> None:
        assert list(actual.columns) == list(expected.columns)
        actual, expected = (frame.sort_values(keys, ignore_index=True) for frame in (actual, expected))
        assert len(actual) == len(expected)
        for name in expected.columns:
            for found, wanted in zip(map(plain, actual[name]), map(plain, expected[name]), strict=True):
                is_number = isinstance(wanted, float) or (isinstance(wanted, list) and wanted and name != "timestamps")
                assert found == (pytest.approx(wanted, rel=1e-5, abs=1e-5, nan_ok=True) if is_number else wanted), name

    return assert_same
