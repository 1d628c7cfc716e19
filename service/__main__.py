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

CHECK = ["--check"]


def main(arguments: Sequence[str] = (), *, ends_at_hangup: bool = False) -> int:
    """Return the exit status. `ends_at_hangup`: SIGHUP ends the service, instead of a reload."""
    if list(arguments) not in ([], CHECK):
        print("usage: python -m service [--check]; settings are read from GATECAST_… variables", file=sys.stderr)
        return 2
    from service import start  # only now: it imports all the rest

    return start.check() if arguments else start.serve(ends_at_hangup=ends_at_hangup)


def handle_signals(*, is_check: bool) -> bool:
    """Let SIGTERM and SIGINT end the process at once, as nothing is served yet. Returns whether SIGHUP ends it too.

    It does where a terminal hangs up. Otherwise it asks for a reload, and is ignored until one is possible.
    """

    def end(sig: int, _: FrameType | None) -> None:
        os._exit(0 if sig != signal.SIGINT and not is_check else 128 + sig)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if not hasattr(signal, "SIGHUP"):
        return False
    ends_at_hangup = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    signal.signal(signal.SIGHUP, end if ends_at_hangup else signal.SIG_IGN)
    return ends_at_hangup


def _has_terminal() -> bool:
    """Whether the process was started at a terminal, which sends SIGHUP when it is closed.

    The first process of a container, and the child of a container's init, have none to close, even with `docker run -t`:
    there SIGHUP comes from an operator. `nohup` starts a process with SIGHUP ignored, and `setsid` without a terminal.
    """
    if 1 in (os.getpid(), os.getppid()):
        return False
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


if __name__ == "__main__":
    hangup = handle_signals(is_check=sys.argv[1:] == CHECK)
    sys.exit(main(sys.argv[1:], ends_at_hangup=hangup))
