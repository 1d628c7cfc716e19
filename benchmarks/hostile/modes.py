"""Two promises to honest callers: no refusal below the limit, and nothing lost when the service is stopped."""

import threading
from time import perf_counter
from typing import Any

from benchmarks.hostile.attacks.honest import CLIENTS, CONNECTIONS, KEPT_ALIVE, STOPPED
from benchmarks.hostile.children import send
from benchmarks.hostile.service import LiveService

KEPT_ALIVE_S = 10.0
STOP_AFTER_S = 2.0
STOPPING_S = 30.0  # the clients go when no connection is accepted any more, long before


def keep_alive() -> dict[str, Any]:
    """Connections one below the default limit, each with a request under way at all times."""
    with LiveService(KEPT_ALIVE, with_bystander=False) as service:
        sent = send(KEPT_ALIVE.name, service.port, service.key, KEPT_ALIVE_S)
    answered = sent.counts.get("200", 0)
    return {
        "connections": CONNECTIONS,
        "seconds": round(sent.ended - sent.began, 2),
        "rate": round(answered / (sent.ended - sent.began), 1),
        "counts": sent.counts,
        "missed": [f"{count} × {what}" for what, count in sent.counts.items() if what != "200"] or _if_none(answered),
    }


def stop() -> dict[str, Any]:
    """SIGTERM while pooled clients ask; the default grace time."""
    with LiveService(STOPPED, with_bystander=False, grace=True) as service:
        terminated: list[float] = []

        def terminate() -> None:
            service.process.process.terminate()
            terminated.append(perf_counter())

        terminating = threading.Timer(STOP_AFTER_S, terminate)
        terminating.start()
        sent = send(STOPPED.name, service.port, service.key, STOPPING_S)
        terminating.join()
        _, exit_status = service.stop()
    missed = [f"{count} × {what}" for what, count in sent.counts.items() if what not in ("200", "not connected")]
    if exit_status == -9:
        missed.append("the service did not end")
    return {
        "clients": CLIENTS,
        "seconds_from_sigterm": round(sent.ended - terminated[0], 2),
        "counts": sent.counts,
        "exit_status": exit_status,
        "missed": missed or _if_none(sent.counts.get("200", 0)),
    }


def _if_none(answered: int) -> list[str]:
    return [] if answered else ["no answer at all"]
