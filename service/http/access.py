"""Who may do what: which routes need a key, whose key it is, and how much its holder may ask for.

Without a file of keys the service is open but for /admin, which needs the admin key of the settings. With one, every
route but `OPEN` needs a key that has its scope.

Wrong keys are throttled by the caller's network (`TRIES`). A network that has used up its tries gets 429, right key or
not, so that guessing on tells it nothing. Keys that were accepted from it before go on being accepted: nobody can lock
them out, not even from behind the same proxy. For their sake a throttled key is hashed too, which takes a microsecond.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..errors import Forbidden, TooManyRequests, Unauthorised
from ..keys import Key, Keys, KeysError, Scope, check_secret, read_secret
from ..settings import Settings
from .callers import Callers
from .probes import HEALTH_CHECKS
from .rate_limits import (
    UNLIMITED,
    Limits,
    RateLimits,
    limits_of,
    network_of,
    whole_seconds,
)
from .token_buckets import Limit

log = logging.getLogger("gatecast.access")

OPEN = frozenset(["/", "/version", "/docs", "/redoc", "/openapi.json", *HEALTH_CHECKS])
OPEN_PREFIXES = ("/playground/", "/static/")  # the scripts and styles of /, /docs and /redoc
SCOPE_OF: dict[str, Scope] = {  # by the first part of the path
    "forecast": "forecast",
    "anomalies": "forecast",
    "nixtla": "forecast",
    "predict": "sentiment",
    "sentiment": "sentiment",
    "models": "models",
    "metrics": "metrics",
    "admin": "admin",
}
TRIES = Limit.of(1, 10)  # wrong keys of a network: ten at once, one a second on average
LINES = Limit.of(1, 1)  # of the log for a network: one a second
ALL_LINES = Limit.of(10, 1)  # of the log: who has many addresses does not fill it
EVERYBODY = "everybody"
CHALLENGE = 'Bearer realm="gatecast"'
HOW = "send it as 'Authorization: Bearer <key>' or 'X-API-Key: <key>'"


class Caller(NamedTuple):
    """Who asks. `id` is whose tokens are counted; `key` is the name of the key, "" without one.

    `scopes` are those of the key; None without one, which may do all that needs none.
    """

    id: str
    key: str
    limits: Limits
    counts: RateLimits
    scopes: frozenset[Scope] | None = None

    def require(self, scope: Scope) -> None:
        """Raise Forbidden if the key lacks the scope, for a path whose scope is known when its body is read."""
        if self.scopes is not None:
            authorise(self.key, self.scopes, scope)


class Access:
    """Decides about every request before its body is read. The keys can be replaced while it runs.

    `clock` never goes back and is the same for all workers of the host, `wall` is in seconds since 1970. `failed_tries` and `throttled` are counted since the start.
    """

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        callers: Callers | None = None,
    ) -> None:
        self.failed_tries = 0
        self.throttled = 0
        self._count_failed: Callable[[], object] = int
        self._count_throttled: Callable[[], object] = int
        self._settings = settings
        self._keys = keys
        self._prepared: Keys | KeysError | None = None
        self._clock = clock
        self._wall = wall
        self._needs_keys = settings.api_keys_file is not None
        self._limits = limits_of(settings.rate_requests, settings.rate_items, settings.rate_burst_s)
        callers = callers or Callers()
        self._by_network, self._by_key = callers.by_network, callers.by_key
        self._tries, self._lines = callers.tries, callers.lines
        self._accepted = callers.accepted  # networks, and names of keys they used
        self._anyone = Caller("", "", UNLIMITED, self._by_network)

    @property
    def is_open(self) -> bool:
        """Whether anybody who reaches the service may use its models."""
        return not self._needs_keys

    def replace(self, keys: Keys) -> None:
        """Use other keys from now on."""
        self._keys = keys

    def prepare(self) -> None:
        """Read the keys again, for `commit`. Reads files."""
        try:
            self._prepared = read_keys(self._settings)
        except KeysError as error:
            self._prepared = error

    def commit(self) -> str | None:
        """Use the keys that were read. If they cannot be used, the old ones stay, and the reason is returned."""
        prepared, self._prepared = self._prepared, None
        if isinstance(prepared, Keys):
            self.replace(prepared)
        return f"{prepared}; the keys from before stay in use" if isinstance(prepared, KeysError) else None

    def admit(self, path: str, headers: Mapping[bytes, bytes], client: str, items: int = 1) -> Caller:
        """Let a request in and count it, with one item unless it predicts nothing. `client` is an IP address.

        Raises Unauthorised, Forbidden or TooManyRequests.
        """
        if is_open(path):
            return self._anyone
        scope = SCOPE_OF.get(first_part(path))
        if self._needs_keys or scope == "admin":
            caller = self._holder(scope, headers, client)
        elif self._limits is UNLIMITED:
            return self._anyone
        else:
            caller = Caller(network_of(client), "", self._limits, self._by_network)
        if caller.limits is not UNLIMITED:
            caller.counts.take(caller.id, caller.limits, self._clock(), items=items)
        return caller

    def charge(self, caller: Caller, items: int) -> None:
        """Count the items of a batch, but for the one that was counted by `admit`.

        Raises TooManyRequests, or InvalidRequest for more than the caller may ever send at once.
        """
        if caller.limits is not UNLIMITED:
            caller.counts.take_rest(caller.id, caller.limits, self._clock(), items)

    def give_back(self, caller: Caller, items: int) -> None:
        """Uncount the items of a request that the service refused for reasons of its own (503)."""
        if caller.limits is not UNLIMITED:
            caller.counts.give_back(caller.id, caller.limits, self._clock(), items=items)

    def limit_headers(self, caller: Caller) -> dict[str, str]:
        """The headers that tell a caller what is left of its limits. TooManyRequests has them already."""
        if caller.limits is UNLIMITED:
            return {}
        return caller.counts.headers(caller.id, caller.limits, self._clock())

    def count_by(self, failed: Callable[[], object], throttled: Callable[[], object]) -> None:
        """Have these called for each wrong key, and for each that is not looked at."""
        self._count_failed, self._count_throttled = failed, throttled

    def authenticate(self, headers: Mapping[bytes, bytes], client: str) -> Key:
        """Return the key that was sent. Raises Unauthorised, or TooManyRequests after too many wrong ones."""
        secret = sent_secret(headers)
        network = network_of(client)
        now = self._clock()
        wait = self._tries.wait(network, 1, TRIES, now)
        key = self._keys.find(secret)
        is_expired = key is not None and key.expires is not None and key.is_expired(self._wall())
        is_accepted = key is not None and self._accepted.has(network, key.name)
        if wait and (is_expired or not is_accepted):
            raise self._throttle(wait)
        if key is None:
            self._fail(network, now, "unknown")
            raise _unauthorised(f"that key is not known; {HOW}, whole and as it was printed", "invalid_token")
        if is_expired:
            self._fail(network, now, f"'{key.name}' has expired")
            raise _unauthorised(f"the key '{key.name}' has expired; ask the operator for a new one", "invalid_token")
        if not is_accepted:
            self._accepted.add(network, key.name, now)
        return key

    def _holder(self, scope: Scope | None, headers: Mapping[bytes, bytes], client: str) -> Caller:
        """The caller by its key, if it may use the scope; None is a path that any key may ask for."""
        if scope == "admin" and "admin" not in self._keys.scopes:
            raise Forbidden(
                "the admin routes are shut: this service has neither GATECAST_ADMIN_KEY nor a key with the scope 'admin'"
            )
        key = self.authenticate(headers, client)
        if scope is not None:
            authorise(key.name, key.scopes, scope)
        settings = self._settings
        limits = self._limits
        if key.rate_requests is not None or key.rate_items is not None:
            limits = limits_of(
                key.rate_requests or settings.rate_requests,
                key.rate_items or settings.rate_items,
                settings.rate_burst_s,
            )
        return Caller(key.name, key.name, limits, self._by_key, key.scopes)

    def _throttle(self, wait: float) -> TooManyRequests:
        """Count a key that is not looked at, and return what its sender is told."""
        self.throttled += 1
        self._count_throttled()
        return _throttled(wait)

    def _fail(self, network: str, now: float, reason: str) -> None:
        """Count a wrong key, and log it, at most once a second for each network.

        Raises TooManyRequests if another worker has let the last try in meanwhile.
        """
        if wait := self._tries.take(network, 1, TRIES, now):
            raise self._throttle(wait)
        self.failed_tries += 1
        self._count_failed()
        if not (self._lines.take(network, 1, LINES, now) or self._lines.take(EVERYBODY, 1, ALL_LINES, now)):
            log.warning(
                "wrong API key from %s: %s; %d such requests and %d more throttled since the start",
                network,
                reason,
                self.failed_tries,
                self.throttled,
            )


def first_part(path: str) -> str:
    """The first part of a path, which tells the scope of its keys and the form of its errors: /v2/models → v2."""
    return path[1:].partition("/")[0]


def is_open(path: str) -> bool:
    """Whether a path needs no key, where there are keys."""
    return path in OPEN or path.startswith(OPEN_PREFIXES)


def read_keys(settings: Settings) -> Keys:
    """Read the keys that the settings name: those of the file, and the admin key. Raises KeysError."""
    keys = Keys() if settings.api_keys_file is None else Keys.read(settings.api_keys_file)
    if settings.admin_key is not None and settings.admin_key_file is not None:
        raise KeysError("GATECAST_ADMIN_KEY and GATECAST_ADMIN_KEY_FILE are both set; one of them is enough")
    if settings.admin_key is not None:
        return keys.with_admin(check_secret(settings.admin_key.get_secret_value().encode(), "GATECAST_ADMIN_KEY"))
    if settings.admin_key_file is not None:
        return keys.with_admin(read_secret(settings.admin_key_file))
    return keys


def sent_secret(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the key in a request's headers, whose names are in lower case. Raises Unauthorised if there is none."""
    api_key = headers.get(b"x-api-key")
    authorization = headers.get(b"authorization")
    bearer = None
    if authorization is not None and authorization[:7].lower() in (b"bearer ", b"bearer"):
        bearer = authorization[7:].strip()
    if bearer is None:
        if api_key is None:
            raise _unauthorised(f"this needs an API key; {HOW}")
        return api_key.strip()
    if api_key is not None and api_key.strip() != bearer:
        raise _unauthorised("Authorization and X-API-Key hold different keys; send one of them", "invalid_request")
    return bearer


def authorise(name: str, scopes: frozenset[Scope], scope: Scope) -> None:
    """Raise Forbidden if the key of a name lacks the scope."""
    if scope not in scopes:
        raise Forbidden(
            f"this needs a key with the scope '{scope}'; the key '{name}' has {', '.join(sorted(scopes))}",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
        )


def _unauthorised(detail: str, error: str | None = None) -> Unauthorised:
    """A 401 with its challenge (RFC 6750, 3)."""
    challenge = CHALLENGE if error is None else f'{CHALLENGE}, error="{error}"'
    return Unauthorised(detail, headers={"WWW-Authenticate": challenge})


def _throttled(wait: float) -> TooManyRequests:
    seconds = whole_seconds(wait)
    return TooManyRequests(
        f"too many wrong API keys came from this address ({TRIES}); send the right one in {seconds} s",
        headers={"Retry-After": str(seconds)},
        refusal="wrong_keys",
    )
