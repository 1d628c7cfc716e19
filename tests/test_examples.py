"""The examples run with the installed package, as their readers run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_with_the_installed_package(notebook, installed_wheel):
    """Every code cell, in order, in a fresh process; a warning is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "tests" / "notebooks.py", notebook],
        cwd=EXAMPLES,
        env={**os.environ, "PYTHONPATH": str(installed_wheel), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_outputs(notebook):
    """A reader who runs nothing sees tables and pictures; the cells have run in order."""
    content = json.loads(notebook.read_text())
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert (content["nbformat"], [cell["execution_count"] for cell in cells]) == (4, list(range(1, len(cells) + 1)))
    kinds = [kind for cell in cells for output in cell["outputs"] for kind in output.get("data", {"text": ""})]
    assert {"image/png", "text/html", "text"} <= set(kinds)
    assert notebook.stat().st_size < 200_000


def test_the_page_names_every_example():
    """examples/README.md has a line for each file beside it."""
    page = (EXAMPLES / "README.md").read_text()
    assert [path.name for path in EXAMPLES.iterdir() if path.is_file() and f"({path.name})" not in page] == [
        "README.md"
    ]
