"""Exit statuses, and which one an error means."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

ROW_ERRORS = 1  # the output is whole, and its column `error` says what is wrong with some rows
USAGE = 2  # also input that cannot be read, and output that cannot be written
MODEL = 3  # a model that cannot be loaded, or a worker that died
DEFECT = 70  # of the command itself; a traceback says where
INTERRUPTED = 130
PIPE = 141  # whoever read the output has gone: as of SIGPIPE


@contextmanager
def reporting() -> Iterator[None]:
    """Tell errors in a line on standard error, and end with their status."""
    from ..bulk.errors import BulkError
    from ..errors import GatecastError
    from ..local.errors import LoadError

    try:
        yield
    except BrokenPipeError:
        _silence_stdout()
        raise typer.Exit(PIPE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BulkError as error:
        raise fail(str(error), error.status) from None
    except LoadError as error:
        raise fail(error.detail, MODEL) from None
    except GatecastError as error:
        raise fail(error.detail, USAGE) from None
    except OSError as error:
        raise fail(f"{error.filename or 'output'}: {error.strerror or error}", USAGE) from None


def fail(message: str, status: int) -> typer.Exit:
    """Print an error. Returns what is to be raised."""
    print(f"error: {message}", file=sys.stderr)
    return typer.Exit(status)


def warn(message: str) -> None:
    """Print a warning."""
    print(f"warning: {message}", file=sys.stderr)


def end_with(errors: int) -> None:
    """End with the status for so many rows with errors."""
    if errors:
        raise typer.Exit(ROW_ERRORS)


def _silence_stdout() -> None:
    """Let nothing be written when Python flushes it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
