"""The command line: `gatecast` where the wheel is installed, `python -m service.cli` in a clone.

Standard output has data and nothing else; progress, warnings and errors go to standard error. Exit statuses are those of
`exits.py`. A module holds one command, and asks `service.local`, `service.bulk` or the service to do it.
"""

import io
import sys
from collections.abc import Sequence

SERVING = ("serve", "check")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    ends_at_hangup = False
    if given[:1] and given[0] in SERVING:
        from ..__main__ import handle_signals  # before all else, as `python -m service` does
        from ..__main__ import main as serve

        ends_at_hangup = handle_signals(is_check=given[0] == "check")
        if len(given) == 1:  # no options: typer is not needed, and a start does not wait for it
            return serve(["--check"] if given[0] == "check" else [], ends_at_hangup=ends_at_hangup)
    _write_always()
    from .app import run

    return run(given, ends_at_hangup=ends_at_hangup)


def _write_always() -> None:
    """Let stdout have a question mark for what its encoding has not. Data are bytes, in UTF-8 whatever the locale is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
