"""Python packages of an image as components, by cyclonedx-py, with what the image and the lock file know of their bytes."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

Component = dict[str, Any]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def environment(directory: Path) -> Path:
    """Make an empty environment and return where its packages' metadata goes."""
    venv.create(directory, with_pip=False, symlinks=os.name != "nt")
    (found,) = directory.glob("lib/python3*/site-packages")
    return found


def bill(directory: Path) -> dict[str, Any]:
    """Return the bill of an environment. Nothing of its packages is imported: they are metadata alone."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", str(directory / "bin" / "python")]
    options = ["--sv", "1.6", "--of", "JSON", "--output-reproducible", "--no-validate", "--output-file", "-"]
    done = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def complete(components: list[Component], records: dict[str, str], locked: dict[str, list[str]]) -> None:
    """Add the digest of each package's RECORD, and those of the files that the lock let pip install."""
    by_name = {normalized(name): digest for name, digest in records.items()}
    for component in components:
        name = normalized(component["name"])
        if digest := by_name.get(name):
            record = {"name": "gatecast:record-sha256", "value": digest}
            component["properties"] = [*component.get("properties", []), record]
        if hashes := locked.get(f"{name}=={component.get('version')}"):
            reference = {
                "type": "distribution",
                "url": f"https://pypi.org/project/{name}/{component['version']}/",
                "comment": "the lock file admits files with one of these digests",
                "hashes": [{"alg": "SHA-256", "content": each} for each in hashes],
            }
            component["externalReferences"] = [*component.get("externalReferences", []), reference]


def read_lock(file: Path) -> dict[str, list[str]]:
    """Return the digests of a requirements file by `name==version`."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in file.read_text().splitlines():
        if pin := PIN.match(line):
            current = found.setdefault(f"{normalized(pin[1])}=={pin[2]}", [])
        current += HASH.findall(line)
    return found


def normalized(name: str) -> str:
    """Return the name of a package as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
