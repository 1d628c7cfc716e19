"""The error of all bad input."""


class DataError(Exception):
    """The data cannot be used as it is; the message says what would be right."""
