"""Attacks in processes of their own. They yield to all others, as they stand for other machines."""

import asyncio
import json
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from time import perf_counter
from typing import NamedTuple

import uvloop

from benchmarks.hostile.attack import Target, run_rounds
from benchmarks.hostile.attacks import find

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["benchmarks.hostile.children", "benchmarks.hostile.bystander"])
NICE = 19
PREPARATION_S = 30.0
CUT_OFF_S = 20.0  # after its time an attack ends, whatever is on its way; longer than PATIENCE_S


class Sent(NamedTuple):
    """What became of an attack: its time, on the clock of `perf_counter`, and Target.counts."""

    began: float
    ended: float
    counts: dict[str, int]


def send(name: str, port: int, key: str, seconds: float) -> Sent:
    """Send the attack of this name for so many seconds. Raises RuntimeError if its process fails."""
    receiving, sending = START.Pipe(duplex=False)
    process = START.Process(target=_send, args=(name, port, key, seconds, sending), daemon=True)
    process.start()
    sending.close()
    try:
        if not receiving.poll(PREPARATION_S + seconds + CUT_OFF_S):
            raise RuntimeError(f"the attack {name} does not end")
        return Sent(**json.loads(receiving.recv_bytes()))
    except EOFError:
        raise RuntimeError(f"the attack {name} failed; its traceback is above") from None
    finally:
        process.kill()
        process.join()
        receiving.close()


def _send(name: str, port: int, key: str, seconds: float, sending: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    round_ = find(name).prepare()
    target = Target(port, key)

    async def run() -> tuple[float, float]:
        began = perf_counter()
        try:
            async with asyncio.timeout(seconds + CUT_OFF_S):
                await run_rounds(round_, target, seconds)
        except TimeoutError:
            target.counts["cut off"] += 1
        return began, perf_counter()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        began, ended = runner.run(run())
    sending.send_bytes(json.dumps(Sent(began, ended, dict(target.counts))._asdict()).encode())
