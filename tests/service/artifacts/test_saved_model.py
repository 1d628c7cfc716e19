"""A SavedModel's function: which batch sizes run compiled. Loading one needs TensorFlow, see test_shipped_models.py."""

import numpy as np

from service.artifacts.saved_model import BUCKETS, bucketed


def test_a_batch_is_padded_to_the_next_size_where_that_pays():
    """The compiled function serves the sizes for which it is faster; the answers of the padding are dropped."""
    slow_calls: list[int] = []
    fast_calls: list[int] = []

    def slow(*arrays):
        (batch,) = arrays
        slow_calls.append(len(batch))
        np.linalg.svd(np.ones((60, 60)))
        return {"output": batch[:, -1, :] + 1}

    def fast(*arrays):
        (batch,) = arrays
        fast_calls.append(len(batch))
        return {"output": batch[:, -1, :] + 1}

    run = bucketed(slow, fast, np.zeros((1, 5, 1), np.float32))
    assert set(fast_calls) == set(slow_calls) == set(BUCKETS)
    slow_calls.clear()
    fast_calls.clear()
    batch = np.arange(15, dtype=np.float32).reshape(3, 5, 1)
    assert run(batch)["output"].ravel().tolist() == [5, 10, 15]
    assert run(np.zeros((65, 5, 1), np.float32))["output"].shape == (65, 1)
    assert (fast_calls, slow_calls) == ([4], [65])


def test_a_function_that_cannot_be_compiled_runs_as_it_is():
    def run(*arrays):
        (batch,) = arrays
        return {"output": batch[:, -1, :]}

    def refused(*arrays):
        raise ValueError("no such operation")

    choose = bucketed(run, refused, np.zeros((1, 5, 1), np.float32))
    assert choose(np.ones((2, 5, 1), np.float32))["output"].tolist() == [[1], [1]]
