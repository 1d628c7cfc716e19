"""Forecasters of made-up series, for the tests of who forecasts and how they are asked."""

import asyncio
from datetime import datetime

from service.artifacts.card import IntervalCalibration, StepErrors, TrainingData
from service.serving.selection import ForecastOptions, ForecastQuery
from tests import fakes
from tests.fakes import READINGS

DEFAULTS = ForecastOptions(horizon=None, levels=None, model=None, version=None)
QUERY = ForecastQuery(READINGS)
JANUARY = datetime(2016, 1, 1)
CALIBRATION = IntervalCalibration(scores=[[1.0] * 19], unit="readings", measured_on="validation")


def with_registry(bundles, work):
    """The result of `work(registry)`, awaited."""

    async def run():
        registry = fakes.registry(bundles)
        try:
            return await work(registry)
        finally:
            await registry.retire()

    return asyncio.run(run())


def errors(*model_rmse):
    """Backtest errors of these steps; those of the baseline are 4."""
    return StepErrors(
        baseline="seasonal_naive", split="test", model_rmse=list(model_rmse), baseline_rmse=[4.0] * len(model_rmse)
    )


def model(name, series="0", **changes):
    """A forecaster that learnt the series of this number."""
    data = TrainingData(source="made up", sha256=series * 64, rows=100, columns={})
    return fakes.forecast_bundle(fakes.forecast_card(name, **({"data": data} | changes)))


def pointers(error):
    return {fault.pointer for fault in error.faults}
