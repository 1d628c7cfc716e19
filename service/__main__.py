"""`python -m service`: serve with the settings of the environment, until SIGTERM or Ctrl-C.

`python -m service --check` loads and verifies the models like a start, prints them and every fault, and ends with 0 if all
is well.

The first thing that it does is to handle signals: loading what start.py imports takes a second, and the kernel drops a
signal to the first process of a container (PID 1) that has no handler for it.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from . import terminal

CHECK = ["--check"]


def main(arguments: Sequence[str] = (), *, ends_at_hangup: bool = False) -> int:
    """Return the exit status. `ends_at_hangup`: SIGHUP ends the service, instead of a reload."""
    if list(arguments) not in ([], CHECK):
        print("usage: python -m service [--check]; settings are read from GATECAST_… variables", file=sys.stderr)
        return 2
    if arguments:
        from . import start  # only now: it imports all the rest

        return start.check()
    from .workers import launch

    return launch.serve(ends_at_hangup=ends_at_hangup)


def handle_signals(*, is_check: bool) -> bool:
    """Let SIGTERM and SIGINT end the process at once, as nothing is served yet. Returns whether SIGHUP ends it too.

    It does at a terminal, which sends it when it is closed. Elsewhere an operator sends it to ask for a reload; it is
    ignored until a reload is possible.
    """

    def end(sig: int, _: FrameType | None) -> None:
        os._exit(0 if sig != signal.SIGINT and not is_check else 128 + sig)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if not hasattr(signal, "SIGHUP"):
        return False
    # The first process of a container and the child of its init have no terminal that could be closed, even with `docker
    # run -t`: there, SIGHUP comes from an operator. `nohup` starts a process with SIGHUP ignored.
    is_first = 1 in (os.getpid(), os.getppid())
    ends_at_hangup = not is_first and terminal.is_there() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    signal.signal(signal.SIGHUP, end if ends_at_hangup else signal.SIG_IGN)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # it would end whoever has no workers to replace, or none yet
    return ends_at_hangup


if __name__ == "__main__":
    hangup = handle_signals(is_check=sys.argv[1:] == CHECK)
    sys.exit(main(sys.argv[1:], ends_at_hangup=hangup))
