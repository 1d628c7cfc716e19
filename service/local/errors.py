"""What the Python face refuses, beside the errors of `service.errors` that requests and calls share. A leaf."""

from ..errors import GatecastError, InvalidRequest


class LoadError(GatecastError):
    """A model version is not there, was changed, or cannot run here. It says which file and what helps."""


class DataError(InvalidRequest):
    """A series, a data frame or a column of texts cannot be read as what was asked for. It says where and what helps."""

    slug, title = "unreadable-data", "Unreadable data"
