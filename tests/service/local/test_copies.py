"""A loaded model in other processes, and copies of it."""

import copy
import pickle

import pytest

import service
from tests.service.local.conftest import MODELS


def test_a_pickle_of_a_model_loads_it_again():
    """As pools of processes send it: the same version, the same threads, the same numbers."""
    model = service.load(MODELS / "gru", threads=2)
    pickled = pickle.dumps(model)
    again = pickle.loads(pickled)
    readings = [100.0 + number % 12 for number in range(60)]
    assert len(pickled) < 1_000
    assert (again.path, pickle.dumps(again)) == (model.path, pickled)
    assert again.forecast(readings, 3).equals(model.forecast(readings, 3))


def test_a_copy_of_a_model_is_the_model(universal):
    """Nothing in it changes."""
    assert copy.copy(universal) is universal
    assert copy.deepcopy({"model": universal})["model"] is universal


def test_a_path_that_the_system_refuses_is_an_error_of_ours():
    """Such as one that is too long."""
    with pytest.raises(service.LoadError, match="cannot be read: File name too long"):
        service.load("a" * 5_000)
