"""A process loads each version once, and keeps a few."""

import multiprocessing
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.local.scoring import cache
from service.local.scoring.cache import MAX_MODELS, model_at
from tests.service.local.conftest import MODELS


@pytest.fixture(autouse=True)
def _no_models(monkeypatch):
    monkeypatch.setattr(cache, "_models", type(cache._models)())


def test_a_version_is_loaded_once_by_whatever_path():
    """The path of a model and that of its newest version are the same model."""
    assert model_at(MODELS / "universal") is model_at(str(MODELS / "universal" / "2"))


def test_threads_that_ask_at_once_get_one_model():
    """The first one loads it, and the others wait."""
    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(lambda _: model_at(MODELS / "universal"), range(8))))) == 1


def test_only_a_few_models_are_kept(tmp_path):
    """The one that was asked for longest ago goes."""
    for number in range(MAX_MODELS + 1):
        shutil.copytree(MODELS / "universal" / "2", tmp_path / str(number) / "universal" / "2")
        model_at(tmp_path / str(number) / "universal")
    assert len(cache._models) == MAX_MODELS
    assert not any(path.is_relative_to(tmp_path / "0") for path, _ in cache._models)


def _kept() -> int:
    return len(cache._models)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork")
def test_a_forked_process_begins_without_models():
    """It has none of its parent's threads, so the parent's models could hang."""
    model_at(MODELS / "universal")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_kept) == 0
    assert _kept() == 1
