"""What tests of several modules of HTTP start from."""

import pytest

from service.http import access
from service.http.token_buckets import Limit


@pytest.fixture
def few_tries(monkeypatch):
    """Wrong keys are tried ten at once, as ever, and then none for long, however slow the machine is."""
    monkeypatch.setattr(access, "TRIES", Limit.of(0.001, 10_000))
