"""What a batcher measures of its calls."""

import asyncio

import pytest

from service.errors import Overloaded
from service.measures import Measures
from service.serving.admission import Limits
from service.serving.batching import MicroBatcher
from service.serving.model_measures import ServingMeasures
from tests.service.serving.batchers import Model, Number

LATER = 1e9  # a deadline that does not pass


def halves(numbers):
    """A model that cannot take 13."""
    if 13 in numbers:
        raise ValueError("13")
    return [number / 2 for number in numbers]


def measured(work, **limits):
    """Run `work(batcher)`; what was measured, by metric."""
    measures = Measures()

    async def run():
        model = ServingMeasures(measures).of("half", "1", steps_per_cost=10)
        batcher = MicroBatcher(Model(halves), Limits(**limits), "half", model)
        await work(batcher)
        await batcher.close()

    asyncio.run(run())
    found = {}
    for family in measures.collect():
        assert set(family.values) | set(family.histograms) == {("half", "1")}
        histogram = family.histograms.get(("half", "1"))
        name = family.definition.name.removeprefix("gatecast_")
        found[name] = (
            family.values[("half", "1")] if histogram is None else (sum(histogram.buckets), round(histogram.sum, 9))
        )
    return found


def test_a_call_is_measured_with_its_items():
    """Two calls: one of a lone item, one of the two that came meanwhile."""

    async def work(batcher):
        await batcher.submit(Number(3), LATER)
        await asyncio.gather(batcher.submit(Number(4), LATER), batcher.submit(Number(5), LATER))

    found = measured(work, inline_seconds=10)
    assert found["batch_items"] == (2, 3)
    assert found["item_steps"] == (3, 10 * (3 + 4 + 5))
    assert found["queue_wait_seconds"][0] == 3
    assert found["model_call_seconds"][0] == 2
    assert found["queue_wait_seconds"][1] >= 0


def test_items_that_fail_are_counted_beside_those_that_share_their_call():

    async def work(batcher):
        outcomes = await batcher.submit_many([Number(13), Number(2), Number(13)], LATER)
        assert [isinstance(outcome, Exception) for outcome in outcomes] == [True, False, True]

    found = measured(work)
    assert (found["model_failed_total"], found["batch_items"][1]) == (2, 3)


def test_what_never_reached_the_model_is_counted_by_its_reason():
    """A caller that left, a deadline that passed, and a request for which there was no room."""

    async def work(batcher):
        now = asyncio.get_running_loop().time()
        left = batcher.submit(Number(1), LATER, lambda: True)
        expired = batcher.submit_many([Number(1)], now)
        outcomes = await asyncio.gather(left, expired, return_exceptions=True)
        assert len(outcomes) == 2
        batcher._closing = True
        with pytest.raises(Overloaded):
            await batcher.submit(Number(1), LATER)

    found = measured(work)
    assert (found["model_left_total"], found["model_expired_total"], found["model_refused_total"]) == (1, 1, 1)
    assert found["model_call_seconds"] == (0, 0)
