"""A copy of models/ in which one more version of a model appears and disappears, as an operator would do it."""

import hashlib
import json
import shutil
from pathlib import Path

from service.artifacts import bundle


class NextVersion:
    """The version after the newest one: the same files, but for its number in manifest.json."""

    def __init__(self, model: Path) -> None:
        self.newest = bundle.versions(model)[-1]
        self.number = bundle.next_version(model.parent, model.name)
        self.path = model / self.number
        self.hidden_path = model / f".{self.number}"  # the service skips such names: it sees whole versions only

    def toggle(self) -> str:
        """Add the version, or remove it if it is there; returns "added" or "removed"."""
        return self._remove() if self.path.exists() else self._add()

    def _add(self) -> str:
        shutil.copytree(self.newest, self.hidden_path)
        manifest = self.hidden_path / "manifest.json"
        card = json.loads(manifest.read_text("utf-8")) | {"version": self.number}
        manifest.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
        self._update_checksum(manifest)
        self.hidden_path.rename(self.path)
        return "added"

    def _update_checksum(self, file: Path) -> None:
        """Write the file's new digest into SHA256SUMS."""
        sums = self.hidden_path / "SHA256SUMS"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines = sums.read_text("utf-8").splitlines()
        updated = [f"{digest}  {file.name}" if line.endswith(f"  {file.name}") else line for line in lines]
        sums.write_text("\n".join(updated) + "\n", "utf-8")

    def _remove(self) -> str:
        self.path.rename(self.hidden_path)
        shutil.rmtree(self.hidden_path)
        return "removed"
