"""The hosts that may be asked for."""


class AllowedHosts:
    """The hosts that may be asked for: names, or `*.example.com` for all below it. Ports do not matter."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._names = frozenset(host.lower().encode() for host in hosts if not host.startswith("*."))
        self._endings = tuple(host[1:].lower().encode() for host in hosts if host.startswith("*."))

    def allow(self, host: bytes) -> bool:
        """Whether a header Host names one of them."""
        host = host.lower()
        name = host[: host.find(b"]") + 1] if host.startswith(b"[") else host.partition(b":")[0]
        return name in self._names or b"*" in self._names or name.endswith(self._endings)
