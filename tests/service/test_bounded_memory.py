"""Nothing that a caller sends stays in memory: thousands of different values of every field leave nothing behind."""

import asyncio
import gc
import tracemalloc
from datetime import datetime, timedelta

import pytest

from service.artifacts.card import IntervalCalibration
from service.errors import GatecastError
from service.serving.forecasts import forecast_many
from service.serving.reviews import ReviewOptions, predict_many, predict_one
from service.serving.selection import ForecastOptions, ForecastQuery
from tests import fakes
from tests.fakes import READINGS, FakeCaller

pytestmark = pytest.mark.no_cover  # thousands of times what other tests run; counting lines would only slow it down
COUNT = 1_000  # values, three times
KEPT_BYTES = 50 * COUNT  # less than an entry of a dictionary and its key


def options(**changes):
    return ForecastOptions(**({"horizon": None, "levels": None, "model": None, "version": None} | changes))


async def forecast(registry, asked, *queries):
    try:
        return [each async for each in forecast_many(registry, asked, queries, FakeCaller())]
    except GatecastError as error:
        return error


async def levels(registry, numbers):
    for i in numbers:
        await forecast(registry, options(levels=[1 + i * 30 / COUNT]), ForecastQuery(READINGS))


async def names(registry, numbers):
    for i in numbers:
        await forecast(registry, options(model=f"gru{i}"), ForecastQuery(READINGS))
        await forecast(registry, options(model="gru", version=str(i + 9)), ForecastQuery(READINGS))


async def horizons(registry, numbers):
    """Long ones are few: a forecast of 1,000 steps takes sixteen model calls."""
    for i in numbers:
        horizon = 1 + i if i % 25 == 0 else 1 + i % 64
        await forecast(registry, options(horizon=horizon), ForecastQuery(READINGS))


async def starts_and_frequencies(registry, numbers):
    start = datetime(1900, 1, 1)
    dated = [ForecastQuery(READINGS, start + timedelta(hours=i), f"{1 + i}min") for i in numbers]
    unknown = [ForecastQuery(READINGS, start, f"x{i}") for i in numbers]
    await forecast(registry, options(), *dated, *unknown)


async def readings(registry, numbers):
    await forecast(registry, options(), *[ForecastQuery([value + i / 7 for value in READINGS]) for i in numbers])


async def texts(registry, numbers):
    asked = ReviewOptions(explain=True, sentences=True, version=None)
    texts = [f"A good film number {i}. A bad word{i}!" for i in numbers]
    assert [each async for each in predict_many(registry, asked, [*texts, *numbers], FakeCaller())]


async def versions_of_texts(registry, numbers):
    for i in numbers:
        with pytest.raises(GatecastError):
            await predict_one(registry, ReviewOptions(False, False, f"{i + 9}"), "good", FakeCaller())


@pytest.mark.parametrize(
    "send",
    [levels, names, horizons, starts_and_frequencies, readings, texts, versions_of_texts],
    ids=lambda f: f.__name__,
)
def test_what_callers_send_is_not_kept(send):
    calibration = IntervalCalibration(
        scores=[[float(i) for i in range(1, 40)]], unit="readings", measured_on="validation"
    )

    async def work():
        registry = fakes.registry(
            [
                fakes.forecast_bundle(fakes.forecast_card("gru", calibration=calibration)),
                fakes.universal_bundle(),
                fakes.sentiment_bundle(),
            ]
        )

        def size():
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        await send(registry, range(0, 3 * COUNT, 50))  # caches of few values are full then
        grown = []
        tracemalloc.start()
        for begin in range(0, 3 * COUNT, COUNT):
            before = size()
            for first in range(begin, begin + COUNT, 100):
                await send(registry, range(first, first + 100))
            grown.append(size() - before)
        tracemalloc.stop()
        await registry.retire()
        return min(grown)  # what is kept is kept each time

    assert asyncio.run(work()) < KEPT_BYTES
