"""The table in the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.hostile.outcome import MEMORY_RATIO, P99_MS, PEAK_MB, WORST_MS, Outcome

HEAD = (
    f"{'attack':38} {'s':>5}  {'/livez p50/p99/worst':>22} {'/forecast p50/p99/worst':>24} {'503':>4} "
    f"{'MB before/peak/after':>22}  answers → missed"
)


def line(outcome: Outcome) -> str:
    """One attack: the bystander's times in ms, its refusals, memory, what the attack got, and the goals it missed."""
    times = [_times(outcome.bystander.get(path)) for path in ("/livez", "/forecast")]
    memory = f"{outcome.before_mb:.0f}/{outcome.peak_mb:.0f}/{outcome.after_mb:.0f}"
    answers = ", ".join(f"{what} × {count:,}" for what, count in outcome.counts.items())
    missed = f" → {'; '.join(outcome.missed)}" if outcome.missed else ""
    return (
        f"{outcome.name:38} {outcome.seconds:5.1f}  {times[0]:>22} {times[1]:>24} {outcome.refusals:4} {memory:>22}  "
        f"{answers}{missed}"
    )


def _times(seen: dict[str, Any] | None) -> str:
    return "–" if not seen or not seen["requests"] else f"{seen['p50']:.1f}/{seen['p99']:.1f}/{seen['worst']:.0f}"


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of the whole run. Memory ratios compare each attack's end with its own start."""
    seen = [seen for outcome in outcomes for seen in outcome.bystander.values() if seen["requests"]]
    return {
        "attacks": len(outcomes),
        "missed": [outcome.name for outcome in outcomes if outcome.missed],
        "highest_p99_ms": max((s["p99"] for s in seen), default=None),
        "worst_ms": max((s["worst"] for s in seen), default=None),
        "bystander_requests": sum(s["requests"] for s in seen),
        "bystander_refusals": sum(outcome.refusals for outcome in outcomes),
        "highest_peak_mb": max((outcome.peak_mb for outcome in outcomes), default=None),
        "highest_memory_ratio": max(
            (round(o.after_mb / o.before_mb, 3) for o in outcomes if o.before_mb), default=None
        ),
        "deaths": sum(not outcome.alive for outcome in outcomes),
    }


def describe(result: dict[str, Any], kinds: Iterable[str]) -> str:
    """The summary for people, and how many attacks of each kind missed a goal."""
    figures = result["summary"]
    by_kind = [
        f"{kind} {sum(bool(o['missed']) for o in attacks)} of {len(attacks)}"
        for kind in kinds
        if (attacks := [o for o in result["attacks"] if o["kind"] == kind])
    ]
    return "\n".join(
        (
            f"{figures['attacks']} attacks, {len(figures['missed'])} missed a goal (p99 ≤ {P99_MS:.0f} ms, worst ≤ "
            f"{WORST_MS:.0f} ms, memory × {MEMORY_RATIO:g}, peak ≤ {PEAK_MB:,.0f} MB, answers): {', '.join(by_kind)}",
            f"bystander: highest p99 {figures['highest_p99_ms']} ms, worst {figures['worst_ms']} ms, "
            f"{figures['bystander_refusals']} of {figures['bystander_requests']} requests refused",
            f"memory: highest peak {figures['highest_peak_mb']} MB, highest after/before "
            f"{figures['highest_memory_ratio']}; over all attacks on one process {result['processes']}",
        )
    )
