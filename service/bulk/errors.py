"""Why a run over a file ends early. Each error has the exit status of the command, and a message that says what to do."""

from typing import ClassVar


class BulkError(Exception):
    """Base of all of them."""

    status: ClassVar[int] = 2


class UnreadableInput(BulkError):
    """The input is not what it was said to be."""


class Refused(BulkError):
    """The job must not start: something would be overwritten or mixed up, or a package is missing."""


class Unscorable(BulkError):
    """The model refuses what it is given, or an option."""


class UnusableModel(BulkError):
    """The model cannot be loaded."""

    status = 3


class WorkerDied(BulkError):
    """A process that scores batches ended without an answer."""

    status = 3
