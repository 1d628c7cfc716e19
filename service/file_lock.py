"""A lock on a file that several processes have open. The system releases it when its holder ends.

It belongs to an open file, not to a process as those of `lockf` do: with these, one thread of a process that waits for a lock
while another thread holds a second one looks like a deadlock to the system, which then refuses to lock (EDEADLK).
"""

import os
from types import TracebackType


class FileLock:
    """Keeps out whoever else has a FileLock on the same file; threads that share this object are not kept out.

    The file is opened anew: one that was inherited is the same open file as its parent's, and would exclude nobody.
    """

    def __init__(self, number: int) -> None:
        """`number` is that of the file. Linux only. Raises OSError."""
        self._file = os.open(f"/proc/self/fd/{number}", os.O_RDWR | os.O_CLOEXEC)

    def __enter__(self) -> None:
        """Wait until nobody else holds it. Raises OSError."""
        import fcntl  # not everywhere

        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        import fcntl

        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release it for good."""
        os.close(self._file)
