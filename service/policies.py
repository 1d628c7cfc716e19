"""Which version of a model answers requests that name none: its policy, in `policy.json` or in GATECAST_VERSIONS.

newest: the newest version. pinned: one version. canary: one version, and another for a share of the requests. A leaf: it
reads texts, and knows no files and no models.
"""

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
VERSION = re.compile(r"[1-9][0-9]{0,8}")
SHARE = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", re.ASCII)  # float() reads 1_0, 1e1 and digits of other scripts too
NEWEST_WORD = "newest"
FORM = "must be like gru=2, gru=newest or sentiment=5+6:5% (version 5, and version 6 for 5 % of the requests)"
NO_SHARE = "has a share that is no number from 0 to 100 (percent)"
KEYS = {
    "newest": {"policy"},
    "pinned": {"policy", "version"},
    "canary": {"policy", "version", "canary", "percent"},
}
MAX_SHOWN = 60  # characters of a value in a message


class PolicyFault(ValueError):
    """A policy that cannot be used, and why, in words that follow the name of its file or setting."""


class Policy(NamedTuple):
    """The version that answers, None for the newest; and another that answers `percent` of the requests."""

    version: str | None = None
    canary: str | None = None
    percent: float = 0.0

    @property
    def kind(self) -> str:
        """The policy's name: newest, pinned or canary."""
        return "newest" if self.version is None else "pinned" if self.canary is None else "canary"

    def __str__(self) -> str:
        if self.version is None:
            return NEWEST_WORD
        return self.version if self.canary is None else f"{self.version}+{self.canary}:{self.percent:g}%"

    def to_json(self) -> str:
        """Return the content of policy.json."""
        content: dict[str, Any] = {"policy": self.kind}
        if self.version is not None:
            content["version"] = self.version
        if self.canary is not None:
            content |= {"canary": self.canary, "percent": self.percent}
        return json.dumps(content) + "\n"


NEWEST = Policy()


def read_policy(content: object) -> Policy:
    """Return the policy of a parsed policy.json. Raises PolicyFault."""
    if not isinstance(content, dict):
        raise PolicyFault('must be an object like {"policy": "pinned", "version": "2"}')
    if "policy" not in content:
        raise PolicyFault("lacks 'policy'; policies are newest, pinned and canary")
    kind = content["policy"]
    if not isinstance(kind, str) or kind not in KEYS:
        raise PolicyFault(f"has no known policy ({shown(kind)}); policies are newest, pinned and canary")
    if unlike := sorted(KEYS[kind] ^ content.keys(), key=str):
        verb = "lacks" if unlike[0] in KEYS[kind] else "has the unknown key"
        raise PolicyFault(f"{verb} {shown(unlike[0])}; the policy {kind} has {', '.join(sorted(KEYS[kind]))}")
    if kind == "newest":
        return NEWEST
    if kind == "pinned":
        return Policy(_number(content["version"]))
    return _canary(content["version"], content["canary"], content["percent"])


def read_setting(entries: Iterable[str]) -> dict[str, Policy]:
    """Return the policies of GATECAST_VERSIONS by the model's name. Raises PolicyFault with the number of the entry."""
    policies: dict[str, Policy] = {}
    for number, entry in enumerate(entries, 1):
        name, sign, parts = map(str.strip, entry.partition("="))
        if not sign:
            raise PolicyFault(f"entry {number}, {shown(entry)}, {FORM}")
        if not NAME.fullmatch(name):
            raise PolicyFault(f"entry {number}: {shown(name)} is not the name of a model")
        if name in policies:
            raise PolicyFault(f"entry {number}: '{name}' has a policy already; a model has one")
        try:
            policies[name] = _entry_policy(parts)
        except PolicyFault as fault:
            raise PolicyFault(f"entry {number}, {shown(entry)}, {fault}") from None
    return policies


def no_such_model(name: str, known: Iterable[str]) -> str:
    """Return what to say of a policy whose model is not there."""
    names = sorted(known)
    close = get_close_matches(name, names, 1, 0.6)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(names) or 'none'}"
    return f"GATECAST_VERSIONS names '{name}', and there is no such model; {hint}"


def _entry_policy(parts: str) -> Policy:
    """The policy of an entry like 2, newest or 5+6:5%. Raises PolicyFault."""
    version, plus, other = map(str.strip, parts.partition("+"))
    canary, colon, percent = map(str.strip, other.partition(":"))
    if not version or bool(plus) != bool(colon) or (plus and not percent.endswith("%")):
        raise PolicyFault(FORM)
    if version == NEWEST_WORD:
        if plus:
            raise PolicyFault("has a canary beside 'newest'; a canary needs the number of the version beside it")
        return NEWEST
    if not plus:
        return Policy(_number(version))
    share = percent[:-1].strip()
    if not SHARE.fullmatch(share):
        raise PolicyFault(NO_SHARE)
    return _canary(version, canary, float(share))


def _canary(version: Any, canary: Any, percent: Any) -> Policy:
    """A version, and another for a share of the requests. Raises PolicyFault."""
    pinned = Policy(_number(version))
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise PolicyFault(NO_SHARE)
    if _number(canary) == pinned.version:
        raise PolicyFault(f"has {shown(canary)} as the canary of itself; a canary is another version")
    return Policy(pinned.version, _number(canary), float(percent))


def _number(value: Any) -> str:
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or not VERSION.fullmatch(text):
        raise PolicyFault(f"has {shown(value)} where a version is expected (a whole number from 1)")
    return text


def shown(value: object) -> str:
    """A value in a message: short, in one line, in quotes."""
    return ascii(str(value)[:MAX_SHOWN])
