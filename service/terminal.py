"""The terminal at which the process was started, if it was: its controlling terminal. A leaf, which is imported first."""

import os


def _open() -> int | None:
    """A descriptor of the controlling terminal; None without one, or if it was closed. The caller closes it."""
    if not hasattr(os, "ctermid"):
        return None
    try:
        return os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None


def is_there() -> bool:
    """Whether the process has a terminal, and the terminal is not closed yet."""
    descriptor = _open()
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


def is_in_foreground() -> bool:
    """Whether the process has the terminal's attention: it was not started with `&` by a shell that controls jobs."""
    descriptor = _open()
    if descriptor is None:
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)
