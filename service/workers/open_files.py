"""What to do where the supervisor may not open more files."""

import errno

MORE_FILES = "Allow more open files (ulimit -n; a supervisor of N workers has up to 5 N + 30), or ask for fewer by GATECAST_WORKERS"


def is_lack(error: OSError) -> bool:
    """Whether an error says that no more files may be opened."""
    return error.errno in (errno.EMFILE, errno.ENFILE)


def advice(error: OSError) -> str:
    """What to append to the words of an error: what helps, if it is a lack of files."""
    return f". {MORE_FILES}" if is_lack(error) else ""
