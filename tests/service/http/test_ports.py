"""What accepts connections from sockets, where there is no room for more files."""

import asyncio
import errno
import socket

import pytest

from service.http.ports import Acceptors, Ports


class Scarce(socket.socket):
    """A socket of which there is room for a few copies only."""

    room = 3

    def dup(self):
        """Raises OSError when there is no more room."""
        if not self.room:
            raise OSError(errno.EMFILE, "Too many open files")
        self.room -= 1
        return super().dup()


def test_a_socket_that_cannot_be_accepted_from_is_left_to_others():
    """Some copies of it were made already; they accept nothing."""

    async def scenario():
        with Scarce() as bound:
            bound.bind(("127.0.0.1", 0))
            bound.listen()
            with pytest.raises(OSError, match="Too many open files"):
                await Acceptors(asyncio.Protocol, None, 16).accept_from(Ports({0: bound}), [0])
            assert bound.room == 0
            with socket.create_connection(bound.getsockname()):
                await asyncio.sleep(0)
                bound.setblocking(False)
                bound.accept()[0].close()

    asyncio.run(scenario())
