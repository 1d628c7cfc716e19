"""Minutes at 80 % of peak while a third of the callers hang up and models are swapped: nothing may be lost or grow.

    python -m benchmarks.soak --minutes 10

The service runs on a copy of models/. Every 20 s the next version of the model under load comes or goes, and
`POST /admin/reload` swaps it in or out; so every reload really changes who answers.
"""

import argparse
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.load import drive
from benchmarks.plan import Plan, apart, outcome
from benchmarks.processes import ROOT, Running, on_load_core, write_json
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.server import TASKS, Task
from benchmarks.versions import NextVersion, copy_models

MODEL: dict[Task, str] = {"forecast": "gru", "universal": "universal", "sentiment": "sentiment"}
HANGUP = 1 / 3
SAMPLE_S = 10
RELOAD_S = 20


@dataclass
class Watch:
    """What was seen from beside the load: memory every 10 s, and every reload with its answer."""

    memory: list[dict[str, float]] = field(default_factory=list)
    reloads: list[dict[str, Any]] = field(default_factory=list)

    def growth(self, after_s: float = 60) -> dict[str, float] | None:
        """MB from the first sample after the first minute to the last, and the line through them in MB/hour."""
        later = [(sample["s"], sample["mb"]) for sample in self.memory if sample["s"] >= after_s]
        if len(later) < 2:
            return None
        at, mb = np.array(later).T
        slope = float(np.polyfit(at, mb, 1)[0]) * 3600
        return {
            "from_mb": later[0][1],
            "to_mb": later[-1][1],
            "mb": round(later[-1][1] - later[0][1], 1),
            "mb_per_hour": round(slope, 1),
        }


def watch(running: Running, following: NextVersion, key: str, seconds: float) -> Watch:
    """Sample and reload on time until the load is over."""
    seen = Watch()
    begun = time.perf_counter()
    tick = 0
    while (now := time.perf_counter() - begun) < seconds:
        seen.memory.append({"s": round(now, 1), "mb": round(running.rss_mb(), 1)})
        if tick % (RELOAD_S // SAMPLE_S) == 1:
            seen.reloads.append({"s": round(now, 1)} | reload(running, following, key))
        tick += 1
        time.sleep(max(0.0, min(tick * SAMPLE_S, seconds) - (time.perf_counter() - begun)))
    seen.memory.append({"s": round(time.perf_counter() - begun, 1), "mb": round(running.rss_mb(), 1)})
    return seen


def reload(running: Running, following: NextVersion, key: str) -> dict[str, Any]:
    """Put the next version there, or take it away, and have the service look."""
    change = following.toggle()
    begun = time.perf_counter()
    try:
        status, answer = running.ask("POST", "/admin/reload", b"", {"X-API-Key": key})
    except OSError as error:
        status, answer = 0, str(error).encode()
    took = round(time.perf_counter() - begun, 2)
    return {"change": change, "status": status, "took_s": took, "answer": answer.decode("utf-8", "replace")[:300]}


def soak(engine: str, task: Task, minutes: float, share: float, models: Path) -> dict[str, Any]:
    server, key, seconds = gatecast(engine), secrets.token_hex(16), minutes * 60
    call = server.calls[task]
    env = {"GATECAST_MODELS_DIR": str(models), "GATECAST_ADMIN_KEY": key}
    with Running(server, env) as running:
        drive(running.port, call.path, call.body, 16, 1)
        peak = drive(running.port, call.path, call.body, 64, min(8, seconds)).rate
        running.settle()
        plan = Plan(running.port, call.path, call.body, share * peak, seconds, 256, hangup=HANGUP)
        used = machine.used()
        process = apart(plan)
        seen = watch(running, NextVersion(models / MODEL[task]), key, seconds)
        disturbed = machine.disturbance(used, seconds, [*running.pids(), process.pid])
        load = outcome(process, 0)
        alive = running.post(call.path, call.body)[0] == 200
    return {"peak": peak, "load": load, "disturbed": disturbed, "alive": alive, "growth": seen.growth(), **vars(seen)}


def main() -> None:
    parser = argparse.ArgumentParser(description="the service under steady load, hang-ups and reloads")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--task", choices=TASKS, default="forecast")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--share", type=float, default=0.8, help="of peak that is offered")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    asked = parser.parse_args()
    on_load_core()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        models = copy_models(ROOT / "models", Path(directory) / "models")
        found = soak(asked.engine, asked.task, asked.minutes, asked.share, models)
    write_json(asked.out / f"soak-{asked.task}.json", {"machine": machine.described(), "engine": asked.engine} | found)
    load, failed = found["load"], [r for r in found["reloads"] if r["status"] != 200]
    print(f"peak {found['peak']:,.0f}/s; offered {load['offered_rate']:,.0f}/s, hung up {load['hung_up']}")
    print(f"answered {load['answered']}, lost {load['lost']}, unsent {load['unsent']}; 200s in ms {load['latency']}")
    print(
        f"reloads {len(found['reloads'])}, failed {len(failed)} {failed[:1]}; alive at the end: {found['alive']}; others took {found['disturbed']} cores"
    )
    print(f"MB {[sample['mb'] for sample in found['memory']]}; growth after the first minute {found['growth']}")
    others = {status for status in load["answered"] if status != "200"}
    sys.exit(1 if load["lost"] or load["unsent"] or others or failed or not found["alive"] else 0)


if __name__ == "__main__":
    main()
