"""What an attack is, and what it knows of the service that it is aimed at."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias

CALLER_ADDRESS = "127.0.0.2"  # not the bystander's, so that limits by address can tell them apart
IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h: connect chooses the port, among all that no connection to the service has
PATIENCE_S = 15.0  # for a response; the service's own deadline is 10 s by default


@dataclass
class Target:
    """A live service, and what came of the attack so far.

    `counts` has responses by status, and by name what else became of a connection: `closed` by the service, `left open`
    where it should have been closed, `reset`, `silent` without an answer in time, `not connected`, `not HTTP`.
    `key` is a valid API key, "" where the service asks for none. `until` is when the attack is to end.
    """

    port: int
    key: str = ""
    until: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def left_s(self) -> float:
        """Seconds until the attack is to end."""
        return max(0.0, self.until - perf_counter())

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection from the attackers' address. Raises OSError."""
        connecting = socket.socket()
        try:
            connecting.setblocking(False)
            connecting.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            connecting.bind((CALLER_ADDRESS, 0))
            await asyncio.get_running_loop().sock_connect(connecting, ("127.0.0.1", self.port))
        except BaseException:
            connecting.close()
            raise
        return await asyncio.open_connection(sock=connecting)


Round: TypeAlias = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True)
class Attack:
    """Hostile requests of one sort. `prepare` makes their bytes before the clock starts, and returns what sends them once.

    `answers` are the statuses that the contract gives; None allows all but redirects and faults of the service. With
    `over_limit` it asks for more than one caller may have, and the service may refuse it with 429 and 503. `overload` is
    more honest work than the service can do: it may refuse forecasts of the bystander too. `keys`: the service asks for
    keys. With `stderr_unread` nobody reads what the service logs. `settings` are further ones of the service.
    """

    name: str
    prepare: Callable[[], Round]
    answers: frozenset[int] | None = None
    over_limit: bool = False
    overload: bool = False
    keys: bool = False
    stderr_unread: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> tuple[object, ...]:
        """Attacks with an equal value can be aimed at the same process."""
        return (self.stderr_unread, self.keys, *sorted(self.settings.items()))


async def run_rounds(round_: Round, target: Target, seconds: float) -> None:
    """Send the attack again and again for so many seconds, at least once."""
    target.until = perf_counter() + seconds
    while True:
        await round_(target)
        if target.left_s == 0:
            return
