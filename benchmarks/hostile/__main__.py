"""Everything that a hostile caller might send, against the live service, with a bystander whom it must not harm.

    python -m benchmarks.hostile                          # all attacks, under ten minutes
    python -m benchmarks.hostile --only texts,gzip-*      # by kind or by name
    python -m benchmarks.hostile --keepalive --stop       # honest callers: below the limit, and when it is stopped

The exit status is 1 if a goal is missed.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.files import RESULTS, write_json
from benchmarks.hostile import modes, report
from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks import KINDS
from benchmarks.hostile.measure import measure
from benchmarks.hostile.outcome import Outcome, is_only_late
from benchmarks.hostile.service import CORES, LiveService

BUSY_CORES = 0.25  # of other processes: an attack that was late beside them is measured again
REPEATS = 2
Chosen = tuple[str, Attack]


@dataclass(frozen=True)
class Options:
    """The command line."""

    only: tuple[str, ...]
    seconds: float
    list: bool
    keepalive: bool
    stop: bool
    out: Path


def choose(patterns: Sequence[str]) -> list[Chosen]:
    """The attacks with their kinds, by kind or name (`*` and `?` as in a shell); all without patterns.

    Raises ValueError for a pattern that fits none.
    """
    every = [(kind, attack) for kind, attacks in KINDS.items() for attack in attacks]
    for pattern in patterns:
        if not any(_fits(chosen, [pattern]) for chosen in every):
            raise ValueError(f"no attack and no kind has the name {pattern}; --list shows them")
    return [chosen for chosen in every if not patterns or _fits(chosen, patterns)]


def _fits(chosen: Chosen, patterns: Sequence[str]) -> bool:
    kind, attack = chosen
    return any(pattern == kind or fnmatchcase(attack.name, pattern) for pattern in patterns)


class Run:
    """Attacks one after the other. A service that was harmed is replaced before the next."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.outcomes: list[Outcome] = []
        self.processes: list[str] = []  # memory at the start and at the end of each service, in MB

    def attack_all(self, chosen: Sequence[Chosen]) -> None:
        by_service = sorted(chosen, key=lambda item: item[1].service)  # those with the defaults come first
        for _, group in groupby(by_service, key=lambda item: item[1].service):
            left = list(group)
            while left:
                self._attack_one_service(left)

    def _attack_one_service(self, left: list[Chosen]) -> None:
        """Attack one process until it is harmed, taking the attacks from the front of `left`."""
        with LiveService(left[0][1]) as service:
            start_mb = end_mb = service.memory_mb()
            is_sound = True
            while left and is_sound and service.is_alive():
                kind, attack = left.pop(0)
                outcome = self._measure(service, kind, attack)
                self.outcomes.append(outcome)
                print(report.line(outcome), flush=True)
                end_mb = outcome.after_mb
                is_sound = outcome.alive and outcome.stop is None and not outcome.has_grown
            self.processes.append(f"{start_mb:.0f} → {end_mb:.0f} MB")

    def _measure(self, service: LiveService, kind: str, attack: Attack) -> Outcome:
        outcome = measure(service, kind, attack, self.seconds)
        while outcome.repeats < REPEATS and is_only_late(outcome.missed) and outcome.disturbed > BUSY_CORES:
            outcome, earlier = measure(service, kind, attack, self.seconds), outcome
            outcome.repeats = earlier.repeats + 1
        return outcome


def attack(chosen: Sequence[Chosen], seconds: float) -> dict[str, Any]:
    """Run the attacks; returns the report."""
    print(report.HEAD)
    run = Run(seconds)
    run.attack_all(chosen)
    result = {
        "machine": machine.describe(),
        "seconds": seconds,
        "summary": report.summary(run.outcomes),
        "processes": run.processes,
        "attacks": [asdict(outcome) for outcome in run.outcomes],
    }
    print(report.describe(result, KINDS))
    return result


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description="hostile requests")
    parser.add_argument("--only", default="", help="names and kinds of attacks, with commas; * and ? as in a shell")
    parser.add_argument("--seconds", type=float, default=1.0, help="each attack is repeated for so long")
    parser.add_argument("--list", action="store_true", help="print the attacks and end")
    parser.add_argument("--keepalive", action="store_true", help="255 honest connections for 10 s, and no attacks")
    parser.add_argument("--stop", action="store_true", help="SIGTERM beside 64 pooled clients, and no attacks")
    parser.add_argument("--out", type=Path, default=RESULTS)
    values = vars(parser.parse_args(arguments))
    return Options(only=tuple(name for name in values.pop("only").split(",") if name), **values)


def main() -> None:
    options = parse_options()
    if options.list:
        for kind, attacks in KINDS.items():
            print(f"{kind} ({len(attacks)}): {', '.join(attack.name for attack in attacks)}")
        return
    os.sched_setaffinity(0, {int(core) for core in CORES.split(",")})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked = {"hostile-keepalive": modes.keep_alive} if options.keepalive else {}
    asked |= {"hostile-stop": modes.stop} if options.stop else {}
    missed = False
    for name, mode in asked.items():
        result = mode()
        print(name, result)
        write_json(options.out / f"{name}.json", {"machine": machine.describe()} | result)
        missed |= bool(result["missed"])
    if not asked:
        try:
            chosen = choose(options.only)
        except ValueError as error:
            sys.exit(str(error))
        result = attack(chosen, options.seconds)
        write_json(options.out / "hostile.json", result)
        missed = bool(result["summary"]["missed"])
    sys.exit(missed)


if __name__ == "__main__":
    main()
