"""docs/without-a-server.md: its Python runs as it stands, with the installed package."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "without-a-server.md"


def python_of(section: str) -> str:
    """All Python of a section of the page, one example after the other."""
    (text,) = re.findall(rf"^## {section}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def test_the_examples_in_python_run_as_they_stand(installed_wheel):
    """From the root of the repository, where the models are; a warning is an error."""
    code = python_of("Python") + "print(scored.columns.tolist())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(installed_wheel)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "2024-01-01" in done.stdout
    assert "['id', 'body', 'label', 'confidence', 'score', 'uncertain', 'mixed'," in done.stdout
