"""Where the repository is, and how results are written to disk."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks/results")


def write_json(path: Path, content: object) -> None:
    """Write `content` as JSON; missing directories are created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
