"""The hosts that may be asked for."""

from collections.abc import Mapping

from ..errors import Fault, UnknownHost


class AllowedHosts:
    """The hosts that may be asked for: names, or `*.example.com` for all below it. Ports do not matter."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._names = frozenset(host.lower().encode() for host in hosts if not host.startswith("*."))
        self._endings = tuple(host[1:].lower().encode() for host in hosts if host.startswith("*."))

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise UnknownHost if the header Host names none of them."""
        host = headers.get(b"host", b"").lower()
        name = host[: host.find(b"]") + 1] if host.startswith(b"[") else host.partition(b":")[0]
        if name not in self._names and b"*" not in self._names and not name.endswith(self._endings):
            raise UnknownHost(
                "this host is not served here; check the URL", faults=[Fault("/headers/host", "is unknown")]
            )
