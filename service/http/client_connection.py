"""What a request is told of its client's connection. protocol.py knows uvicorn's."""

from ..errors import GatecastError

CONNECTION = "gatecast.connection"  # where the ASGI scope has the Connection
SEND_BUFFER_BYTES = 1 << 16  # that a connection takes without waiting for its client


class Connection:
    """What is known of a client's connection at once. This one is for servers that tell nothing of it."""

    __slots__ = ()
    fault: GatecastError | None = None  # why the body will never be whole

    def is_disconnected(self) -> bool:
        """Whether the client has closed the connection."""
        return False

    def has_whole_body(self) -> bool:
        """Whether the whole body has arrived, so that it can be read without waiting."""
        return False

    def may_block(self, size: int) -> bool:
        """Whether sending `size` bytes may have to wait until the client reads."""
        return size > SEND_BUFFER_BYTES

    def abort(self) -> None:
        """Close the connection at once, for a client that does not read."""

    def keep(self, size: int) -> bool:  # noqa: ARG002 - for subclasses
        """Note that `size` more bytes of the body are kept. If there is no room, `fault` says so and the result is False."""
        return True

    def release(self) -> None:
        """Note that the request has ended."""


UNKNOWN_CONNECTION = Connection()
