"""How the process of a worker begins: by the same interpreter, with the same paths and flags, in a process group of its own.

Never by fork: threads and locks of native libraries do not survive it. In a group of its own, Ctrl-C and a closed terminal
reach the supervisor only. It is in the session of the supervisor: Linux may schedule each session as a group of its own
(autogroup), and then a request and its answer between two processes on one core take 17 µs instead of 15.5.
"""

import subprocess
import sys

from .inheritance import Inheritance

# The paths of this process are set first: so the worker imports the same package, however the service was started.
CODE = "import sys; sys.path[:] = {paths!r}; from {package}.worker import main; sys.exit(main({number}))"


def spawn(inheritance: Inheritance, control: int) -> "subprocess.Popen[bytes]":
    """Begin the process of a worker. It reads its inheritance from the socket with the number `control`. Raises OSError."""
    code = CODE.format(paths=sys.path, package=__package__, number=control)
    title = f"gatecast worker {inheritance.slot}"  # for whoever lists processes
    return subprocess.Popen(  # noqa: S603 - the interpreter of this process
        [sys.executable, *_flags(), "-c", code, title],
        stdin=subprocess.DEVNULL,
        pass_fds=[control, *inheritance.files],
        process_group=0,
    )


def _flags() -> list[str]:
    """The flags of this interpreter."""
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return flags
