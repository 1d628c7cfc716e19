"""`python -m service.mcp`: an assistant's tools, on standard input and output, with the settings of the environment.

Exit statuses: 0 when standard input ends or at SIGTERM, 2 for settings that are not valid or a missing package, 3 for
models that cannot be served.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

PACKAGES = ("mcp", "mcp_types")  # the official SDK


def main(arguments: Sequence[str] = ()) -> int:
    """Return the exit status."""
    if arguments:
        return _fail(
            f"python -m {__package__} takes no arguments: an assistant starts it, and settings are read from GATECAST_… variables"
        )
    try:
        from . import start  # only now: it imports all the rest
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        return _fail(f"the package {package} is missing; pip install 'gatecast[mcp]' installs it")
    return start.serve()


def end_at_signals() -> None:
    """Let SIGTERM and SIGINT end the process at once, as nothing is answered yet."""

    def end(sig: int, _: FrameType | None) -> None:
        os._exit(0 if sig == signal.SIGTERM else 128 + sig)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def _fail(fault: str) -> int:
    print(f"error: {fault}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    end_at_signals()
    status = main(sys.argv[1:])
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)  # a thread that waits for standard input would hold up any other end
