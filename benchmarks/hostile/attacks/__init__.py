"""Every attack, by kind."""

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks import (
    anomalies,
    batches,
    documents,
    encodings,
    forecasts,
    frames,
    framing,
    headers,
    honest,
    identity,
    operations,
    paths,
    slow,
    texts,
)

KINDS: dict[str, tuple[Attack, ...]] = {
    "headers": headers.ATTACKS,
    "framing": framing.ATTACKS,
    "slow": slow.ATTACKS,
    "texts": texts.ATTACKS,
    "documents": documents.ATTACKS,
    "forecasts": forecasts.ATTACKS,
    "anomalies": anomalies.ATTACKS,
    "batches": batches.ATTACKS,
    "frames": frames.ATTACKS,
    "encodings": encodings.ATTACKS,
    "paths": paths.ATTACKS,
    "identity": identity.ATTACKS,
    "operations": operations.ATTACKS,
}
ATTACKS: dict[str, Attack] = {attack.name: attack for attacks in KINDS.values() for attack in attacks}


def find(name: str) -> Attack:
    """The attack of this name, or the honest callers. Raises KeyError."""
    return (ATTACKS | {attack.name: attack for attack in honest.HONEST})[name]
