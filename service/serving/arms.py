"""Which version of a model answers requests that name none, of those that are loaded: its policy, resolved."""

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from ..policies import Policy, PolicyFault


class Arms(NamedTuple):
    """The version that answers requests that name none, and `canary`, which answers `percent` of them instead."""

    stable: int
    canary: int | None = None
    percent: float = 0.0

    def __str__(self) -> str:
        if self.canary is None:
            return f"version {self.stable} answers"
        return f"version {self.stable} answers, and version {self.canary} {self.percent:g} % of the requests"

    def part_of(self, version: int) -> tuple[str, float]:
        """Return the part of a version, "" for none, and the percentage of a canary."""
        if version == self.canary:
            return "canary", self.percent
        return ("stable" if version == self.stable else ""), 0.0

    def share_of(self, version: int) -> float:
        """Return the share of the requests that a version answers, from 0 to 1."""
        part, percent = self.part_of(version)
        if part == "stable":
            return 1.0 if self.canary is None else (100 - self.percent) / 100
        return percent / 100


def arms_of(policy: Policy, versions: Collection[int]) -> tuple[Arms, str]:
    """Return who answers by a policy, of the versions that are loaded (one at least), and a warning or "".

    A canary that is not loaded gets no requests. Raises PolicyFault if the version that is to answer is not loaded.
    """
    if policy.version is None:
        return Arms(max(versions)), ""
    known = ", ".join(f"'{version}'" for version in sorted(versions)) or "none"
    stable = int(policy.version)
    if stable not in versions:
        raise PolicyFault(f"wants version {stable} to answer, which is not loaded; loaded are {known}")
    if policy.canary is None:
        return Arms(stable), ""
    canary = int(policy.canary)
    if canary not in versions:
        warning = f"has version {canary} as the canary, which is not loaded; version {stable} answers all requests"
        return Arms(stable), warning
    return Arms(stable, canary, policy.percent), ""


def is_chosen(name: str, request_id: str, percent: float) -> bool:
    """Whether a request is among the percentage of a canary. Whoever is among 5 % is among 10 % too.

    By the first 8 bytes of BLAKE2b over the model's name, NUL, and the id: the same in all processes, and at all times.
    """
    digest = hashlib.blake2b(f"{name}\0{request_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) * 100 < percent * 2**64
