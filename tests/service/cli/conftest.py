"""Commands that run in the process of the tests leave its log alone."""

import pytest

from service import logs


@pytest.fixture(autouse=True)
def log_of_the_tests(monkeypatch):
    """A start would send the log and standard error of this process to a writer of its own, for all tests that follow."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
