"""Minutes at 80 % of the peak rate, while a third of the callers hang up and model versions change.

    python -m benchmarks.soak --minutes 10

No request may be lost, and memory may not grow. The service runs on a copy of models/. Every 20 s the next version of
the model under load is added or removed, and `POST /admin/reload` makes the service load or retire it. So every reload
changes the version that answers.
"""

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.files import RESULTS, ROOT, write_json
from benchmarks.load import run_wrk
from benchmarks.plan import LoadPlan, start_generator, wait_for_report
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.server import TASKS, Task
from benchmarks.versions import NextVersion

MODEL: dict[Task, str] = {"forecast": "gru", "universal": "universal", "sentiment": "sentiment"}
HANGUP = 1 / 3
SAMPLE_S = 10
RELOAD_S = 20


@dataclass(frozen=True)
class Options:
    """The command line. `share` is the load as a share of the peak rate."""

    engine: str
    task: Task
    minutes: float
    share: float
    out: Path


@dataclass
class Observations:
    """Memory every 10 s, and every reload with its response."""

    memory: list[dict[str, float]] = field(default_factory=list)
    reloads: list[dict[str, Any]] = field(default_factory=list)

    def growth(self, after_s: float = 60) -> dict[str, float] | None:
        """MB from the first sample after the first minute to the last one, and the fitted slope in MB per hour."""
        samples = [(sample["s"], sample["mb"]) for sample in self.memory if sample["s"] >= after_s]
        if len(samples) < 2:
            return None
        seconds, mb = np.array(samples).T
        slope = float(np.polyfit(seconds, mb, 1)[0]) * 3600
        first, last = samples[0][1], samples[-1][1]
        return {"from_mb": first, "to_mb": last, "mb": round(last - first, 1), "mb_per_hour": round(slope, 1)}


def observe(process: ServerProcess, next_version: NextVersion, key: str, seconds: float) -> Observations:
    """Sample the memory and reload models on time, for so many seconds."""
    observations = Observations()
    start = time.perf_counter()
    tick = 0
    while (elapsed := time.perf_counter() - start) < seconds:
        observations.memory.append(_memory_sample(process, elapsed))
        if tick % (RELOAD_S // SAMPLE_S) == 1:
            observations.reloads.append({"s": round(elapsed, 1)} | _reload(process, next_version, key))
        tick += 1
        time.sleep(max(0.0, min(tick * SAMPLE_S, seconds) - (time.perf_counter() - start)))
    observations.memory.append(_memory_sample(process, time.perf_counter() - start))
    return observations


def _memory_sample(process: ServerProcess, elapsed: float) -> dict[str, float]:
    return {"s": round(elapsed, 1), "mb": round(process.rss_mb(), 1)}


def _reload(process: ServerProcess, next_version: NextVersion, key: str) -> dict[str, Any]:
    """Add or remove the next version, and make the service reload its models."""
    change = next_version.toggle()
    start = time.perf_counter()
    try:
        status, body = process.request("POST", "/admin/reload", b"", {"X-API-Key": key})
    except OSError as error:
        status, body = 0, str(error).encode()
    elapsed = round(time.perf_counter() - start, 2)
    return {"change": change, "status": status, "took_s": elapsed, "answer": body.decode("utf-8", "replace")[:300]}


def soak(options: Options, models: Path) -> dict[str, Any]:
    """Run the whole test on the models directory `models`, which it changes."""
    server, key, seconds = gatecast(options.engine), secrets.token_hex(16), options.minutes * 60
    call = server.calls[options.task]
    env = {"GATECAST_MODELS_DIR": str(models), "GATECAST_ADMIN_KEY": key}
    with ServerProcess(server, env) as process:
        run_wrk(process.port, call.path, call.body, 16, 1)
        peak = run_wrk(process.port, call.path, call.body, 64, min(8, seconds)).rate
        process.wait_until_idle()
        plan = LoadPlan(process.port, call.path, call.body, options.share * peak, seconds, 256, hangup=HANGUP)
        cpu_before = machine.cpu_times()
        generator = start_generator(plan)
        observations = observe(process, NextVersion(models / MODEL[options.task]), key, seconds)
        disturbed = machine.disturbance(cpu_before, seconds, [*process.pids(), generator.pid])
        load = wait_for_report(generator, 0)
        alive = process.post(call.path, call.body)[0] == 200
    result = {"peak": peak, "load": load, "disturbed": disturbed, "alive": alive, "growth": observations.growth()}
    return result | asdict(observations)


def failed_reloads(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [reload for reload in result["reloads"] if reload["status"] != 200]


def is_passed(result: dict[str, Any]) -> bool:
    """No request lost or unsent, no response but 200, no reload failed, and the service still answers."""
    load = result["load"]
    others = set(load["answered"]) - {"200"}
    return not (load["lost"] or load["unsent"] or others or failed_reloads(result)) and bool(result["alive"])


def describe(result: dict[str, Any]) -> str:
    """The main figures, for people."""
    load, failed = result["load"], failed_reloads(result)
    return "\n".join(
        (
            f"peak {result['peak']:,.0f}/s; offered {load['offered_rate']:,.0f}/s, hung up {load['hung_up']}",
            f"answered {load['answered']}, lost {load['lost']}, unsent {load['unsent']}; 200s in ms {load['latency']}",
            f"reloads {len(result['reloads'])}, failed {len(failed)} {failed[:1]}; alive at the end: {result['alive']}; "
            f"other processes used {result['disturbed']} cores",
            f"MB {[sample['mb'] for sample in result['memory']]}; growth after the first minute {result['growth']}",
        )
    )


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="the service under steady load, hang-ups and reloads")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--task", choices=TASKS, default="forecast")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--share", type=float, default=0.8, help="load, as a share of the peak rate")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return Options(**vars(parser.parse_args(arguments)))


def main() -> None:
    options = parse_options()
    machine.use_load_core()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        models = Path(shutil.copytree(ROOT / "models", Path(directory) / "models"))
        result = soak(options, models)
    report = {"machine": machine.describe(), "engine": options.engine} | result
    write_json(options.out / f"soak-{options.task}.json", report)
    print(describe(result))
    sys.exit(0 if is_passed(result) else 1)


if __name__ == "__main__":
    main()
