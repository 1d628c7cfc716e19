"""A copy of models/ in which one more version of a model comes and goes, as an operator would do it."""

import hashlib
import json
import shutil
from pathlib import Path

from service.artifacts import bundle


def copy_models(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


class NextVersion:
    """The version after the newest, byte for byte the same but for its number in the card."""

    def __init__(self, model: Path) -> None:
        self.newest = bundle.versions(model)[-1]
        self.number = bundle.next_version(model.parent, model.name)
        self.next = model / self.number
        self.apart = model / f".{self.number}"  # names with a dot are not looked at: a version appears and goes whole

    def toggle(self) -> str:
        return self._remove() if self.next.exists() else self._add()

    def _add(self) -> str:
        shutil.copytree(self.newest, self.apart)
        manifest = self.apart / "manifest.json"
        card = json.loads(manifest.read_text("utf-8")) | {"version": self.number}
        manifest.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
        self._restate(manifest)
        self.apart.rename(self.next)
        return "added"

    def _restate(self, file: Path) -> None:
        """Put the file's new digest into SHA256SUMS."""
        sums = self.apart / "SHA256SUMS"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines = sums.read_text("utf-8").splitlines()
        stated = [f"{digest}  {file.name}" if line.endswith(f"  {file.name}") else line for line in lines]
        sums.write_text("\n".join(stated) + "\n", "utf-8")

    def _remove(self) -> str:
        self.next.rename(self.apart)
        shutil.rmtree(self.apart)
        return "removed"
