"""The keys of callers: who may call what. The file holds the SHA-256 of each key, never the key.

`python -m service.keys NAME` makes a key and adds it to the file (`__main__.py`).

    {"keys": [{"name": "shop", "sha256": "<64 hexadecimal digits>", "scopes": ["forecast", "models"],
               "rate_requests": 5, "rate_items": 100, "expires": "2027-01-01T00:00:00Z"}]}

Rates (a second, on average) and `expires` are optional. A file without keys lets nobody in, so that revoking the last
key shuts the service.
"""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_serializer
from pydantic_core import from_json

Scope = Literal["forecast", "sentiment", "models", "metrics", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ADMIN = "admin"  # name of the key that the settings give
MAX_SECRET_BYTES = 512  # a longer one is unknown without being hashed
MIN_ADMIN_CHARACTERS = 16
MAX_FILE_BYTES = 1 << 20
MAX_KEYS = 10_000
NAME = re.compile(r"[a-z0-9._-]{1,64}")
RULES = {
    "name": "1 to 64 of the characters a-z, 0-9, '.', '_' and '-'",
    "sha256": "the SHA-256 of the key in 64 hexadecimal digits, as a string",
    "scopes": f"a list of one or more of {', '.join(SCOPES)}",
    "rate_requests": "requests a second, a number above 0 and at most 1,000,000",
    "rate_items": "series or texts a second, a number above 0 and at most 1,000,000",
    "expires": 'a time with its zone, such as "2027-01-01T00:00:00Z"',
}

Rate = Annotated[float, Field(ge=1e-6, le=1e6, allow_inf_nan=False)]


class KeysError(Exception):
    """Keys that cannot be used. The message names the file, the entry and the fault, and no secret."""


class Key(BaseModel):
    """A key, as the file has it. `rate_…` are a second, on average; None leaves them to the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(pattern=f"^{NAME.pattern}$")
    sha256: Annotated[str, StringConstraints(pattern="^[0-9A-Fa-f]{64}$", to_lower=True)] = Field(repr=False)
    scopes: frozenset[Scope] = Field(min_length=1)
    rate_requests: Rate | None = None
    rate_items: Rate | None = None
    expires: AwareDatetime | None = None

    def is_expired(self, now: float) -> bool:
        """Whether the key is no longer valid. `now` is in seconds since 1970."""
        return self.expires is not None and self.expires.timestamp() <= now

    @field_serializer("scopes")
    def _in_order(self, scopes: frozenset[Scope]) -> list[Scope]:
        return [scope for scope in SCOPES if scope in scopes]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    keys: list[Key] = Field(max_length=MAX_KEYS)


class Keys:
    """The keys at one moment; it never changes."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._by_hash = {key.sha256: key for key in keys}
        self.scopes = frozenset(scope for key in self._by_hash.values() for scope in key.scopes)  # that any key has

    @classmethod
    def read(cls, path: Path) -> "Keys":
        """Read a file of keys. Raises KeysError."""
        return cls(read_file(path))

    def __len__(self) -> int:
        return len(self._by_hash)

    def with_admin(self, secret: bytes) -> "Keys":
        """Return these keys and one for the scope admin. If the secret is among them, its key gets the scope."""
        hashed = sha256(secret).hexdigest()
        known = self._by_hash.get(hashed)
        if known is None:
            admin = Key(name=ADMIN, sha256=hashed, scopes=frozenset(["admin"]))
        else:
            admin = known.model_copy(update={"scopes": known.scopes | {"admin"}})
        return Keys([*self._by_hash.values(), admin])

    def find(self, secret: bytes) -> Key | None:
        """Return the key of this secret, expired or not.

        The time that it takes tells nothing of the secrets: only hashes are compared, whose bytes nobody can choose, the
        dictionary compares two of them only where their 64-bit SipHash under a key of this process is equal, and
        `compare_digest` always takes the same time.
        """
        if len(secret) > MAX_SECRET_BYTES:
            return None
        hashed = sha256(secret).hexdigest()
        key = self._by_hash.get(hashed)
        return key if key is not None and compare_digest(key.sha256, hashed) else None


def read_secret(path: Path) -> bytes:
    """Read a secret from a file of its own; white space around it does not count. Raises KeysError."""
    return check_secret(_read(path), str(path))


def check_secret(secret: bytes, source: str) -> bytes:
    """Return a person's secret as a header can carry it, or raise KeysError that names its source."""
    secret = secret.strip()
    if not MIN_ADMIN_CHARACTERS <= len(secret) <= MAX_SECRET_BYTES:
        raise KeysError(f"{source}: the key must have {MIN_ADMIN_CHARACTERS} to {MAX_SECRET_BYTES} bytes")
    if any(byte < 0x20 or byte == 0x7F for byte in secret):
        raise KeysError(f"{source}: the key must be one line without control characters: no header can carry them")
    return secret


def read_file(path: Path) -> list[Key]:
    """Read and check the entries of a file of keys. Raises KeysError."""
    raw = _read(path)
    try:
        keys = _File.model_validate_json(raw).keys
        json.loads(raw, object_pairs_hook=_refuse_repeated)
    except ValidationError as error:
        raise KeysError(f"{path}: {_explain(error, raw)}") from None
    except ValueError as error:
        raise KeysError(f"{path}: {error}") from None
    for field in ("name", "sha256"):
        first: dict[str, int] = {}
        for index, key in enumerate(keys):
            other = first.setdefault(getattr(key, field), index)
            if other != index:
                raise KeysError(
                    f"{path}: keys[{index}] ('{key.name}') has the {field} of keys[{other}] ('{keys[other].name}'); "
                    "each must have its own"
                )
    return keys


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise KeysError(f"{path}: is not a file")
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeysError(f"{path}: cannot be read: {error.strerror}") from None
    if len(raw) > MAX_FILE_BYTES:
        raise KeysError(f"{path}: is larger than {MAX_FILE_BYTES} bytes")
    return raw


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"'{name}' stands twice in one object")
    return dict(pairs)


def _explain(error: ValidationError, raw: bytes) -> str:
    """The first fault in words of the file's own: which entry, which field, what would be right."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    kind, location, said = faults[0]["type"], faults[0]["loc"], faults[0]["msg"]
    more = f"; faults beside it: {len(faults) - 1}" if len(faults) > 1 else ""
    if kind == "json_invalid":
        return f"is not JSON: {said.removeprefix('Invalid JSON: ')}"
    if len(location) < 2 or not isinstance(location[1], int):
        return f'must be {{"keys": [...]}} with at most {MAX_KEYS:,} keys and nothing beside them{more}'
    entry = f"keys[{location[1]}]{_name_of(location[1], raw)}"
    field = str(location[2]) if len(location) > 2 else ""
    if kind == "missing":
        return f"{entry} has no {field}, which is {RULES[field]}{more}"
    if field in RULES:
        return f"{entry}: {field} must be {RULES[field]}{more}"
    named = f"has the unknown field '{field}'" if NAME.fullmatch(field) and len(field) < 32 else "is not valid"
    return f"{entry} {named}; an entry is an object with the fields {', '.join(RULES)}{more}"


def _name_of(index: int, raw: bytes) -> str:
    """The name of an entry in brackets, if it has a valid one."""
    name = None
    with suppress(LookupError, TypeError):
        name = from_json(raw)["keys"][index]["name"]
    return f" ('{name}')" if isinstance(name, str) and NAME.fullmatch(name) else ""
