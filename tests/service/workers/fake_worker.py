"""A worker without models, as a process: `fake_worker.py CONTROL BEHAVIOUR`. It accepts, and says its number to who connects."""

import asyncio
import os
import socket
import sys

from service.workers import messages
from service.workers.channel import Channel
from service.workers.inheritance import read
from service.workers.messages import Done, Failed, Proven

VERSIONS = [["gru", "1", "digest", "", 0.0]]
NEW_VERSIONS = [["gru", "2", "digest", "", 0.0]]
REPORT = {"loaded": [["gru", "2"]], "retired": [["gru", "1"]], "refused": []}


class FakeWorker:
    """Does what a behaviour says: "", "fail" at its start, "die" at its start, "other" versions than the first worker.

    "part": it loads none of the versions; "hang": its start does not end; "stay": it does not stop; "deaf": it cannot accept;
    "quit": it ends when it is to load something. "wait": it begins when its standard input ends.
    """

    def __init__(self, control: socket.socket, behaviour: str) -> None:
        self._inherited = read(control)
        self._control = control
        self._behaviour = behaviour
        self._servers: dict[int, asyncio.AbstractServer] = {}
        self._ended = asyncio.Event()

    async def run(self) -> int:
        if self._behaviour == "wait":
            sys.stdin.read()
        channel = await Channel.open(self._control, self._answer)
        reading = asyncio.ensure_future(channel.run())
        if self._behaviour == "die":
            return 7
        if self._behaviour == "fail":
            channel.tell(Failed(status=3, faults=["models/gru: no"]))
            await asyncio.sleep(0)
            return 3
        if self._behaviour != "hang":
            versions = self._inherited.versions or VERSIONS
            channel.tell(Proven(versions=versions[:-1] if self._behaviour == "part" else versions))
        ended = asyncio.ensure_future(self._ended.wait())
        await asyncio.wait([reading, ended], return_when=asyncio.FIRST_COMPLETED)
        return 0

    async def _answer(self, message: messages.Message) -> messages.Message | None:
        match message:
            case messages.Listen() if self._behaviour == "deaf":
                return messages.Unable(reason="no more files")
            case messages.Listen(slots=slots):
                await self._listen(slots)
            case messages.Prepare() if self._behaviour == "part":
                return messages.Prepared(report={"refused": [["gru", "1", "gru/1: half of it"]]}, versions=[])
            case messages.Prepare() if self._behaviour == "quit":
                os._exit(1)
            case messages.Discard(refused=refused):
                return messages.Reloaded(report={"refused": refused})
            case messages.Prepare():
                versions = VERSIONS if self._behaviour == "other" else NEW_VERSIONS
                return messages.Prepared(report=REPORT, versions=versions)
            case messages.Commit():
                return messages.Reloaded(report=REPORT)
            case messages.Stop():
                if self._behaviour != "stay":
                    self._ended.set()
                return None
        return Done()

    async def _listen(self, slots: list[int]) -> None:
        for slot in slots:
            if slot not in self._servers:
                bound = socket.socket(fileno=os.dup(self._inherited.public[slot]))
                self._servers[slot] = await asyncio.start_server(self._greet, sock=bound)
        for slot in [slot for slot in self._servers if slot not in slots]:
            self._servers.pop(slot).close()

    async def _greet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{self._inherited.slot} {os.getpid()}\n".encode())
        await writer.drain()
        writer.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(FakeWorker(socket.socket(fileno=int(sys.argv[1])), sys.argv[2]).run()))
