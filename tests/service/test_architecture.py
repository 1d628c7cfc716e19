"""A request's way through the files of service/ stays short."""

import pytest

from service.http.schema_parts import RECENT_MONTHS
from tests.processes import ROOT
from tests.recorder import Recorder

MAX_FILES_FORECAST = 30
MAX_FILES_SENTIMENT = 24


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    """The service with two shipped models."""
    models = tmp_path_factory.mktemp("models")
    for name in ("gru", "sentiment"):
        (models / name).symlink_to(ROOT / "models" / name)
    with Recorder(models).running() as running:
        yield running


def test_a_forecast_crosses_few_files(recorder):
    """A full window, fourteen steps, and intervals."""
    files = recorder.files_of("/forecast", {"readings": RECENT_MONTHS, "model": "gru", "horizon": 14})
    assert len(files) <= MAX_FILES_FORECAST, files


def test_a_sentiment_crosses_few_files(recorder):
    files = recorder.files_of("/sentiment", {"text": "A warm, funny film. I loved it!"})
    assert len(files) <= MAX_FILES_SENTIMENT, files
