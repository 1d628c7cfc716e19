"""The worker's side of the control channel: what the supervisor asks for is done by its server."""

import socket
from typing import TYPE_CHECKING, Any

from ..errors import NotReady
from ..http.listening import CannotListen
from ..http.state import State
from ..serving.versions import (
    NOTHING_UNSETTLED,
    Prepared,
    RefusedVersion,
    ReloadReport,
    Unsettled,
    VersionDigest,
    VersionName,
)
from . import messages
from .channel import CannotDo, Channel, Gone
from .messages import Commit, Detach, Discard, Done, End, Leaving, Listen, Message, Ping, Prepare, Proven, Reload, Stop

if TYPE_CHECKING:
    from .worker_server import WorkerServer


class Control:
    """What a worker tells its supervisor, asks it for, and does for it."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._channel: Channel
        self._server: WorkerServer
        self._prepared: Prepared | None = None

    async def open(self, server: "WorkerServer") -> None:
        """Begin to answer."""
        self._server = server
        self._channel = await Channel.open(self._connected, self._answer)

    async def run(self) -> None:
        """Answer until the supervisor has ended."""
        await self._channel.run()

    def tell_proven(self, state: State) -> None:
        self._channel.tell(Proven(versions=_listed(state.repository.serving)))

    async def ask_to_leave(self, seconds: float) -> bool:
        """Ask for a replacement. Returns whether the supervisor sees to it; not if it does not answer for so long."""
        try:
            await self._channel.ask(Leaving(), seconds)
        except (Gone, CannotDo, TimeoutError):
            return False
        return True

    async def reload(self, _: State, unsettled: Unsettled) -> ReloadReport:
        """Have all workers reload. Raises NotReady if they cannot now."""
        asked = None if unsettled == NOTHING_UNSETTLED else _unsettled_to_json(unsettled)
        try:
            answer = await self._channel.ask(Reload(unsettled=asked))
        except Gone:
            raise NotReady("the service is stopping", headers={"Retry-After": "1"}) from None
        except CannotDo as error:
            raise NotReady(str(error), headers={"Retry-After": "1"}) from None
        assert isinstance(answer, messages.Reloaded)
        return report_from_json(answer.report)

    async def _answer(self, message: Message) -> Message | None:
        if isinstance(message, Listen):
            return await self._listen(message)
        if isinstance(message, Prepare):
            return await self._prepare(message)
        if isinstance(message, Commit):
            return await self._commit(message)
        if isinstance(message, Discard):
            return await self._discard(message)
        if isinstance(message, End):
            self._server.end()
        elif isinstance(message, Detach):
            await self._server.detach()
        elif isinstance(message, Stop):
            self._server.stop(is_replaced=message.is_replaced)
            return None
        elif not isinstance(message, Ping):
            raise TypeError(f"a worker does not answer {type(message).__name__}")
        return Done()

    async def _listen(self, question: Listen) -> Message:
        try:
            await self._server.listen(question.slots)
        except CannotListen as error:  # the supervisor logs its words, and a traceback would say no more
            return messages.Unable(reason=str(error))
        return Done()

    async def _prepare(self, question: Prepare) -> Message:
        only = None if question.only is None else [VersionDigest(*version) for version in question.only]
        unsettled = NOTHING_UNSETTLED if question.unsettled is None else _unsettled_from_json(question.unsettled)
        self._prepared = await self._server.state.prepare(only, unsettled)
        return messages.Prepared(report=report_to_json(self._prepared.report), versions=_listed(self._prepared.proven))

    async def _commit(self, question: Commit) -> Message:
        prepared, self._prepared = self._prepared, None
        if prepared is None:
            raise ValueError("nothing is prepared")
        report = self._server.state.commit(prepared, is_first=question.is_first)
        return messages.Reloaded(report=report_to_json(report))

    async def _discard(self, question: Discard) -> Message:
        state, prepared, self._prepared = self._server.state, self._prepared, None
        if prepared is not None:
            await state.repository.discard(prepared)
        refused = state.refuse([RefusedVersion(*entry) for entry in question.refused])
        return messages.Reloaded(report={"refused": [list(entry) for entry in refused]})


def _listed(versions: list[VersionDigest]) -> list[Any]:
    return [list(version) for version in versions]


def report_to_json(report: ReloadReport) -> dict[str, Any]:
    """A report as JSON."""
    return {
        name: [list(entry) for entry in value] if isinstance(value, list) else value
        for name, value in report._asdict().items()
    }


def report_from_json(report: dict[str, Any]) -> ReloadReport:
    """The same report."""
    return ReloadReport(
        [VersionName(*entry) for entry in report["loaded"]],
        [VersionName(*entry) for entry in report["retired"]],
        [RefusedVersion(*entry) for entry in report["refused"]],
        report["tensorflow_loads"],
        report["tensorflow_loads_left"],
    )


def _unsettled_to_json(unsettled: Unsettled) -> list[Any]:
    return [[list(version) for version in sorted(unsettled.versions)], sorted(unsettled.policies)]


def _unsettled_from_json(unsettled: list[Any]) -> Unsettled:
    versions, policies = unsettled
    return Unsettled(frozenset(VersionName(*version) for version in versions), frozenset(policies))
