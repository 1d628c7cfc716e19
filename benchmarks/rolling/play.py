"""The play: what happens to the replicas while callers call, and what the callers saw of it, phase by phase."""

import compileall
import secrets
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.files import ROOT
from benchmarks.rolling.callers import Outcome
from benchmarks.rolling.replicas import SLOTS, Balancer, Place, Replica
from benchmarks.versions import NextVersion

PAUSE_S = 3.0
MARK = "1.0.0+image."


class Play:
    """Three replicas on four slots. `phases` has the time at which each began."""

    def __init__(
        self,
        place: Place,
        balancer: Balancer,
        models: Path,
        settings: dict[str, str],
        sign: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.place, self.balancer, self.sign = place, balancer, sign
        self.key = secrets.token_hex(16)
        self.settings = settings | {"GATECAST_MODELS_DIR": str(models), "GATECAST_ADMIN_KEY": self.key}
        self.next_version = NextVersion(models / "gru")
        self.checkout, self.images = ROOT, 0
        self.replicas = {slot: self._start(slot) for slot in SLOTS[:3]}
        self.exits: list[int] = []
        self.versions: list[str] = []  # of the code, as the replicas say after the last roll-out
        self.phases: list[tuple[str, float]] = []

    def wait(self) -> None:
        """Wait until the balancer sends requests to all replicas."""
        for slot in self.replicas:
            self._await_up(slot)

    def acts(self) -> dict[str, Callable[[], None]]:
        """Return what is done, by the name of the phase."""
        return {
            "steady": lambda: time.sleep(PAUSE_S),
            "model published": self._publish,
            "replicas replaced": self._replace_all,
            "model withdrawn": self._withdraw,
            "image replaced": self._roll_out,
        }

    def run(self, is_over: Callable[[], bool]) -> None:
        """Do everything again and again, once at least, until the callers are about to end."""
        while not self.phases or not is_over():
            for name, act in self.acts().items():
                if len(self.phases) >= len(self.acts()) and is_over():
                    break
                self.phases.append((name, time.perf_counter()))
                act()
        self.phases.append(("steady", time.perf_counter()))

    def stop(self) -> None:
        for replica in self.replicas.values():
            replica.stop()

    def _publish(self) -> None:
        """Add a version to the directory that all replicas watch, and wait until it answers everywhere."""
        self.next_version.toggle()
        for replica in self.replicas.values():
            answers = partial(self._is_answering, replica, self.next_version.number)
            self.balancer.wait_until(answers, f"version {self.next_version.number} answering on {replica.slot}")
        time.sleep(PAUSE_S)

    def _is_answering(self, replica: Replica, version: str) -> bool:
        return replica.version_of("gru") == version

    def _withdraw(self) -> None:
        """Remove the version, and make all replicas reload, as a watch would wait long before it believes that."""
        self.next_version.toggle()
        for replica in self.replicas.values():
            replica.ask("POST", "/admin/reload", {"X-API-Key": self.key, "Content-Length": "0"})
        time.sleep(PAUSE_S)

    def _replace_all(self) -> None:
        """One replica after another: stopped, then started on its slot (maxUnavailable: 1)."""
        for slot in sorted(self.replicas):
            self.exits.append(self.replicas[slot].stop(self.sign))
            self.replicas[slot] = self._start(slot)
            self._await_up(slot)

    def _roll_out(self) -> None:
        """Another version of the code: a replica of it is started on the free slot, then an old one is stopped (maxSurge: 1)."""
        self.checkout = self._new_image()
        for old in sorted(self.replicas):
            (free,) = set(SLOTS) - self.replicas.keys()
            self.replicas[free] = self._start(free)
            self._await_up(free)
            self.exits.append(self.replicas.pop(old).stop(self.sign))
        self.versions = sorted({str(replica.ask("GET", "/version")["version"]) for replica in self.replicas.values()})

    def _new_image(self) -> Path:
        """A copy of the service that says another version of itself."""
        self.images += 1
        directory = self.place.directory / f"image-{self.images}"
        shutil.copytree(ROOT / "service", directory / "service", ignore=shutil.ignore_patterns("__pycache__"))
        file = directory / "service" / "__init__.py"
        lines = file.read_text().splitlines(keepends=True)
        changed = [
            f'__version__ = "{MARK}{self.images}"\n' if line.startswith("__version__") else line for line in lines
        ]
        file.write_text("".join(changed))
        compileall.compile_dir(directory, quiet=2)  # as an image has it
        return directory

    def _start(self, slot: str) -> Replica:
        return Replica(self.place, slot, self.checkout, self.settings)

    def _await_up(self, slot: str) -> None:
        self.balancer.wait_until(self.replicas[slot].is_ready, f"replica {slot} was not ready: that")
        self.balancer.wait_until(lambda: self.balancer.is_up(slot), f"replica {slot} was not up: that")


def by_phase(log: npt.NDArray[np.float64], phases: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Return a row for each name of a phase, in order, of the requests that were due in it, and one of all."""
    starts = np.array([start for _, start in phases])
    places = np.maximum(np.searchsorted(starts, log[:, 0], side="right") - 1, 0)
    names = np.array([name for name, _ in phases])[places]
    rows = [_row(name, log[names == name]) for name in dict.fromkeys(name for name, _ in phases)]
    return [*rows, _row("all", log)]


def _row(name: str, log: npt.NDArray[np.float64]) -> dict[str, Any]:
    outcomes = log[:, 2].astype(int)
    good = log[outcomes == 200, 1] * 1e3
    p50, p99, worst = np.percentile(good, (50, 99, 100)) if len(good) else (0.0, 0.0, 0.0)
    refused = int(np.isin(outcomes, (429, 503)).sum())
    answered, hung_up = len(good), int((outcomes == Outcome.HUNG_UP).sum())
    return {
        "phase": name,
        "sent": len(log),
        "answered": answered,
        "hung_up": hung_up,
        "refused": refused,
        "lost": int((outcomes == Outcome.LOST).sum()),
        "other": {
            str(s): int((outcomes == s).sum()) for s in sorted(set(outcomes.tolist()) - {*Outcome, 200, 429, 503})
        },
        "p50_ms": round(float(p50), 1),
        "p99_ms": round(float(p99), 1),
        "max_ms": round(float(worst), 1),
    }
