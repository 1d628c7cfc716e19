"""A copy of models/ in which a second version of a model comes and goes, as an operator would do it."""

import hashlib
import json
import shutil
from pathlib import Path


def copy_models(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


class SecondVersion:
    """`<model>/2`, byte for byte version 1 but for its number in the card."""

    def __init__(self, model: Path) -> None:
        self.first = model / "1"
        self.second = model / "2"
        self.apart = model / ".2"  # names with a dot are not looked at: a version appears and goes whole

    def toggle(self) -> str:
        return self._remove() if self.second.exists() else self._add()

    def _add(self) -> str:
        shutil.copytree(self.first, self.apart)
        manifest = self.apart / "manifest.json"
        card = json.loads(manifest.read_text("utf-8")) | {"version": "2"}
        manifest.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
        self._restate(manifest)
        self.apart.rename(self.second)
        return "added"

    def _restate(self, file: Path) -> None:
        """Put the file's new digest into SHA256SUMS."""
        sums = self.apart / "SHA256SUMS"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines = sums.read_text("utf-8").splitlines()
        stated = [f"{digest}  {file.name}" if line.endswith(f"  {file.name}") else line for line in lines]
        sums.write_text("\n".join(stated) + "\n", "utf-8")

    def _remove(self) -> str:
        self.second.rename(self.apart)
        shutil.rmtree(self.apart)
        return "removed"
