"""The sockets that the service listens on: bound, or refused in words; and who can reach them."""

import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import Iterator

from ..settings import Settings

REASONS = {
    errno.EADDRINUSE: "the port is in use already",
    errno.EADDRNOTAVAIL: "no network interface of this machine has the address (GATECAST_HOST)",
    errno.EACCES: "this process may not use the port; those below 1024 need the capability CAP_NET_BIND_SERVICE",
    errno.EAFNOSUPPORT: "this machine has no IPv6",
    errno.EMFILE: "this process may not open more files; allow more (ulimit -n)",
}
NO_ADDRESS = "GATECAST_HOST must be an address of this machine, like 127.0.0.1, 0.0.0.0 or ::1, without a port"
log = logging.getLogger("gatecast")


class CannotListen(Exception):
    """The service cannot listen on an address; the message says why."""


@contextlib.contextmanager
def explained(settings: Settings, name: str) -> Iterator[None]:
    """Turn a failure to bind, or to listen, into CannotListen. `name` is the setting of the port."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror | UnicodeError):
            reason = NO_ADDRESS
        else:
            reason = REASONS.get(error.errno or 0) or error.strerror or str(error)
        address = f"{ascii(settings.host)[1:-1]}:{getattr(settings, name)}"
        raise CannotListen(f"cannot listen on {address} (GATECAST_{name.upper()}): {reason}") from error


def bind(settings: Settings, name: str, port: int | None = None, *, is_shared: bool = False) -> socket.socket:
    """Bind a socket to the host of the settings and the port that is the setting `name`. Raises CannotListen.

    `port`: another one than the setting's. `is_shared`: other sockets of this user may be bound to the same address, and
    the system divides the connections among those that listen.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with explained(settings, name):
        settings.host.encode("idna")  # as the socket will; it would raise TypeError
        bound = socket.socket(family)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if is_shared:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind((settings.host, getattr(settings, name) if port is None else port))
        except BaseException:
            bound.close()
            raise
    return bound


def is_loopback(bound: socket.socket) -> bool:
    """Whether only this machine can reach a socket."""
    address = ipaddress.ip_address(bound.getsockname()[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:127.0.0.1
    return bool((mapped or address).is_loopback)


def log_access(settings: Settings, bound: socket.socket) -> None:
    """Log whether callers need a key. That others than this machine need none is worth a warning."""
    if settings.api_keys_file is not None:
        log.info("callers need a key: GATECAST_API_KEYS_FILE is set")
    elif is_loopback(bound):
        log.info("callers need no key; only this machine can reach the service")
    else:
        log.warning(
            "callers need no key, and other machines can reach %s: set GATECAST_API_KEYS_FILE, or let nobody but "
            "your own programs reach the port",
            settings.host,
        )


def log_address(settings: Settings, bound: socket.socket) -> None:
    """Log where the service is."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    scheme = "http" if settings.tls_cert_file is None else "https"
    log.info("Uvicorn running on %s://%s:%d (Press CTRL+C to quit)", scheme, host, bound.getsockname()[1])


def log_operations(settings: Settings, bound: socket.socket, *, is_tls: bool) -> None:
    """Log where /metrics and /admin are, if they have a port of their own."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    log.info("operations on %s://%s:%d", "https" if is_tls else "http", host, bound.getsockname()[1])
