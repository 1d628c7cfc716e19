"""Which version a run starts from. No TensorFlow."""

from pathlib import Path

import pytest

from service.artifacts.card import TrainingSet
from tests import fakes
from training.data.tables import DataError
from training.sentiment import start
from training.sentiment.options import TrainOptions, parse

SET = TrainingSet(
    name="a", rows={"positive": 1}, domain="films", licence="", home="", label_quality="", sha256="0" * 64
)


def version(directory: Path, name: str, number: int, source: str, *, is_shipped: bool = False) -> Path:
    """Write what the choice reads of a version: its card, and the names of its files."""
    path = directory / name / str(number)
    path.mkdir(parents=True)
    card = fakes.sentiment_card(str(number), name=name, sets=[SET] if is_shipped else [])
    card = card.model_copy(update={"data": card.data.model_copy(update={"source": source})})
    (path / "manifest.json").write_text(card.model_dump_json(), "utf-8")
    (path / "SHA256SUMS").touch()
    (path / start.LAYERS).touch()
    return path


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models directory, and beside it that of the repository with the shipped model."""
    monkeypatch.setattr(start, "REPOSITORY_MODELS", tmp_path / "repository")
    version(tmp_path / "repository", "sentiment", 5, "sets", is_shipped=True)
    return tmp_path / "models"


def options(models: Path, *more: str) -> TrainOptions:
    return parse(["--data", "my.csv", "--models-dir", str(models), *more])


def test_an_empty_directory_starts_from_the_shipped_model_of_the_repository(models):
    found = start.find(options(models))
    assert found.path == models.parent / "repository" / "sentiment" / "5"
    assert "the shipped model" in found.reason


def test_a_name_of_its_own_goes_on_from_its_newest_version(models):
    """Versions are numbers: 10 is newer than 2. The shipped model of the directory is the start of a new name."""
    shipped = version(models, "sentiment", 6, "sets", is_shipped=True)
    for number in (2, 10):
        version(models, "airline", number, "tweets.csv")
    assert start.find(options(models, "--name", "airline")).path == models / "airline" / "10"
    assert start.find(options(models, "--name", "films")).path == shipped


def test_a_model_of_other_texts_under_the_shipped_name_is_passed_over_and_named(models):
    version(models, "sentiment", 6, "sets", is_shipped=True)
    version(models, "sentiment", 7, "airline.csv")
    for more in ([], ["--name", "films"]):
        found = start.find(options(models, *more))
        assert found.path == models / "sentiment" / "6"
        assert "passed over, as of other texts: v7 (airline.csv)" in found.reason


def test_a_model_of_the_same_file_under_the_shipped_name_is_trained_further(models):
    own = version(models, "sentiment", 7, "my.csv")
    assert start.find(options(models)).path == own
    assert "which has learnt my.csv" in start.find(options(models)).reason


def test_a_version_that_cannot_be_built_again_is_no_start(models):
    (version(models, "airline", 1, "tweets.csv") / start.LAYERS).unlink()
    assert start.find(options(models, "--name", "airline")).path == models.parent / "repository" / "sentiment" / "5"


def test_what_start_names_is_taken(models):
    assert start.find(options(models, "--start", "none")).path is None
    assert start.find(options(models, "--start", "a/b")).path == Path("a/b")


def test_without_data_a_new_network_is_trained(models):
    assert start.find(parse(["--models-dir", str(models)])).path is None


def test_nothing_to_start_from_is_an_error_that_names_both_ways_on(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "REPOSITORY_MODELS", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"--start none"):
        start.find(options(tmp_path / "empty"))


def test_a_card_that_cannot_be_read_is_passed_over(models):
    (version(models, "airline", 1, "tweets.csv") / "manifest.json").write_text("{", "utf-8")
    assert "the shipped model" in start.find(options(models, "--name", "airline")).reason
