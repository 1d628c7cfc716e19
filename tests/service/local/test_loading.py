"""A path becomes a model that is checked, or an error that says what helps."""

import shutil

import pytest

import service
from tests.service.local.conftest import MODELS


@pytest.fixture
def copied(tmp_path):
    """A copy of a small model, to be broken."""
    shutil.copytree(MODELS / "universal", tmp_path / "universal")
    return tmp_path / "universal"


def refusal(path, **options):
    with pytest.raises(service.LoadError) as caught:
        service.load(path, **options)
    return caught.value.detail


def test_a_model_is_loaded_in_its_newest_version(copied):
    """The path of a model means its newest version, and that of a version means it."""
    shutil.copytree(copied / "2", copied / "10")  # its card says 2, so it would be refused
    assert "is the card of universal/2" in refusal(copied)
    assert service.load(copied / "2").card.version == "2"


def test_a_model_says_what_it_is(universal):
    """The card and the version's path can be asked for."""
    assert (universal.card.name, universal.card.task) == ("universal", "forecast")
    assert universal.path.name == universal.card.version
    assert repr(universal) == f"<gatecast.Model universal/{universal.card.version}: forecast>"


def test_a_path_that_is_none_names_what_is_near():
    """A misspelt name, a missing version, and the directory of all models each get advice."""
    assert "did you mean" in refusal(MODELS / "universl")
    assert "has version 2" in refusal(MODELS / "universal" / "9")
    assert "there are ensemble, finetuned" in refusal(MODELS)
    assert "does not exist" in refusal("/nowhere/at/all")


def test_a_changed_file_is_refused(copied):
    """The files are compared with their checksums."""
    with (copied / "2" / "manifest.json").open("a") as file:
        file.write(" ")
    assert "was changed" in refusal(copied)


def test_a_version_without_a_compiled_form_is_refused_with_the_remedy(copied):
    """Without ONNX there is no way to run it in process, and the message says how to make one."""
    shutil.rmtree(copied / "2" / "compiled")
    assert "`make compile` makes it" in refusal(copied)


@pytest.mark.parametrize("threads", [0, True, 1.5, 100_000])
def test_odd_numbers_of_threads_are_refused(threads):
    """Threads are a small whole number."""
    assert "`threads` must be a whole number" in refusal(MODELS / "universal", threads=threads)


def test_several_threads_give_the_same_forecast(universal):
    """`threads` changes how fast a call is, not its answer."""
    readings = [float(i % 12 + i % 5) for i in range(60)]
    several = service.load(MODELS / "universal", threads=2)
    assert several.forecast(readings, 3).equals(universal.forecast(readings, 3))
