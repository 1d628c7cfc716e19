"""One attack against a live service, with the bystander's requests and the memory before, while and after."""

from time import perf_counter, sleep

from benchmarks import machine
from benchmarks.hostile.attack import Attack
from benchmarks.hostile.bystander import summarize
from benchmarks.hostile.children import send
from benchmarks.hostile.outcome import MEMORY_RATIO, Outcome, judge
from benchmarks.hostile.service import LiveService

TAIL_S = 0.3  # after the attack, in which the bystander may still be hit
SETTLE_S = 5.0  # for memory to be given back


def measure(service: LiveService, kind: str, attack: Attack, seconds: float) -> Outcome:
    """Attack the service for so many seconds. Raises RuntimeError if the attack itself fails."""
    outcome = Outcome(attack.name, kind)
    metrics_before = None if attack.stderr_unread else service.metrics_bytes()
    service.forget_peak()
    outcome.before_mb = service.memory_mb()
    cpu_before, begin = machine.cpu_times(), perf_counter()
    sent = send(attack.name, service.port, service.key, seconds)
    outcome.counts = dict(sorted(sent.counts.items()))
    outcome.seconds = round(sent.ended - sent.began, 2)
    outcome.bystander = summarize(service.bystander.between(sent.began, sent.ended + TAIL_S))
    own = [service.pid, service.bystander.process.pid or 0]
    outcome.disturbed = machine.disturbance(cpu_before, perf_counter() - begin, own)
    outcome.peak_mb = service.memory_mb("VmHWM")
    outcome.after_mb = _settled_memory(service, outcome.before_mb)
    outcome.alive = service.is_alive()
    if metrics_before is not None and (metrics_after := service.metrics_bytes()) is not None:
        outcome.metrics_growth = metrics_after - metrics_before
    if attack.stderr_unread:
        outcome.stop = service.stop()
    elif not outcome.alive:
        outcome.log_tail = service.process.log_tail()
    outcome.missed = judge(outcome, attack)
    return outcome


def _settled_memory(service: LiveService, before_mb: float) -> float:
    """Memory once it is back, or a few seconds later."""
    latest = perf_counter() + SETTLE_S
    while (now_mb := service.memory_mb()) > MEMORY_RATIO * before_mb and perf_counter() < latest:
        sleep(0.05)
    return now_mb
