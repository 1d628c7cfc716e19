"""Facts of the service that the chart has to agree with, read from its files: its packages are not installed here."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.deploy.chart.charts import ROOT


@cache
def settings() -> dict[str, dict[str, Any]]:
    """The name of every setting, and what its Field says of bounds (ge, gt, le)."""
    tree = ast.parse((ROOT / "service/settings.py").read_text())
    (model,) = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == "Settings"]
    return {each.target.id: _bounds(each.value) for each in map(_as_any, model.body) if _is_field(each)}


def variables() -> set[str]:
    return {f"GATECAST_{name.upper()}" for name in settings()}


def paths() -> set[str]:
    """The paths of the routes for operations."""
    return set(re.findall(r'@router\.get\("([^"]+)"', (ROOT / "service/http/routes/operations.py").read_text()))


def user() -> tuple[int, int]:
    """User and group of the image."""
    found = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    (only,) = set(found)
    return int(only[0]), int(only[1])


def closing_seconds() -> float:
    """How long the service takes to close, after the requests in flight had their time."""
    texts = (path.read_text() for path in Path(ROOT / "service").rglob("*.py"))
    return max(
        float(each) for text in texts for each in re.findall(r"^WATCHDOG_SECONDS = ([\d.]+)", text, re.MULTILINE)
    )


def _as_any(each: ast.stmt) -> Any:
    return each


def _is_field(each: Any) -> bool:
    return isinstance(each, ast.AnnAssign) and isinstance(each.value, ast.Call)


def _bounds(call: Any) -> dict[str, Any]:
    wanted = [each for each in call.keywords if each.arg in ("ge", "gt", "le")]
    return {each.arg: eval(compile(ast.Expression(each.value), "settings", "eval"), {}) for each in wanted}
