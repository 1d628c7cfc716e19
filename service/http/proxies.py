"""Who the client is: the peer of the connection, or whom a trusted proxy says that it speaks for."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

MAX_FORWARDED_CHARACTERS = 1_000  # of X-Forwarded-For that are read, from its end


class Origin(NamedTuple):
    """Where a request came from: the client's address ("" if there is none), and "http" or "https"."""

    client: str
    scheme: str


class TrustedProxies:
    """Reads X-Forwarded-For and X-Forwarded-Proto of proxies whose address or network is listed, and of nobody else."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._trusted = ProxyHeadersMiddleware(None, list(proxies)).trusted_hosts if proxies else None  # type: ignore[arg-type]

    def origin(self, scope: Scope) -> Origin:
        """Return where a request came from."""
        peer = scope.get("client")
        address = peer[0] if peer else ""
        if self._trusted is None or address not in self._trusted:
            return Origin(address, scope["scheme"])
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        forwarded = ", ".join(value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")
        schemes = [value.decode("latin-1").strip() for name, value in headers if name == b"x-forwarded-proto"]
        scheme = schemes[-1] if schemes and schemes[-1] in ("http", "https") else scope["scheme"]
        if forwarded:
            host = self._trusted.get_trusted_client_address(forwarded[-MAX_FORWARDED_CHARACTERS:])[0]
            address = _address(host) or address
        return Origin(address, scheme)


def _address(host: str) -> str | None:
    """The address in its usual form, or None if it is not one."""
    try:
        return str(ip_address(host))
    except ValueError:
        return None
