"""Made-up results of a run, so that a report can be written without a fit."""

from dataclasses import replace

import numpy as np
import pandas as pd

from training.data.series import Series
from training.evaluation import metrics
from training.evaluation.rolling import Predictions, RollingBacktest, rolling_backtest
from training.forecast.ranking.rows import Future, Ranked, Ranking
from training.forecast.report.page import Page

LEVELS = (80.0, 95.0)
NOISE = {"mstl_log": 0.5, "universal": 0.8, "gru": 1.0, "ets": 1.1, "lstm14": 1.4, "seasonal_naive": 2.0, "theta": 2.6}
KINDS = {"gru": "network", "lstm14": "network", "universal": "any_series"}


def page(
    *,
    count=204,
    steps=12,
    frequency="MS",
    season=12,
    wide=1.0,
    source="sales.csv",
    name="mstl_log",
    levels=LEVELS,
    **changes,
):
    """A page of a growing series with a season.

    `wide` widens the intervals of the recommended forecaster `name`, `levels` are theirs, and `changes` are of the page.
    """
    rng = np.random.default_rng(1)
    t = np.arange(count)
    readings = 5 + t * 20 / count + (1 + t / count) * 2 * np.sin(t * 2 * np.pi / season) + rng.normal(0, 0.4, count)
    dates = pd.date_range("2001-01-01", periods=count, freq=frequency)
    series = Series(
        dates,
        readings,
        frequency,
        season,
        {"date": "date", "value": "value"},
        source,
        "0" * 64,
        np.zeros(count, dtype=bool),
    )
    train = count - count // 4
    ranking = _ranking(readings, train, steps, name, wide, levels)
    point = readings[-season:][np.arange(steps) % season] + 1.2
    spread = np.outer([1.2, 1.9], np.sqrt(np.arange(1, steps + 1))) * wide
    ahead = pd.date_range(dates[-1], periods=steps + 1, freq=frequency)[1:]
    values = {
        "series": series,
        "ranking": ranking,
        "steps": steps,
        "train_size": train,
        "fold_start": train - train // 3,
        "future": Future(name, ahead, point, LEVELS, point - spread, point + spread),
        "remarks": ["no date is missing", "the level jumps at 2008-01-01"],
        "understood": {"file": "CSV, commas between columns, UTF-8", "dates": "column 'date', year first"},
        "exported": ["gru/3"],
        "settings": {"seeds": "0", "preset": "quick"},
    }
    return Page(**(values | changes))


def _ranking(readings, train, steps, name, wide, levels):
    rng = np.random.default_rng(2)
    rows = []
    for method, noise in sorted(NOISE.items(), key=lambda pair: pair[1]):
        test = _backtest(rng, readings, train, steps, noise, wide if method == name else 1.0, levels)
        kind = KINDS.get(method, "statistic")
        ratio = metrics.Ratio(noise / 2, noise / 2 - 0.1, noise / 2 + 0.15, 4)
        wins = None if method == name else 0.93
        seconds = 71.3 if kind == "network" else 0.8
        rows.append(Ranked(method, kind, [noise] * steps, noise, ratio, wins, test, seconds))
    rows[0] = replace(
        rows[0], barred=None if rows[0].name == name else "its intervals span more than the readings ever did"
    )
    best = next(row for row in rows if row.name == name)
    baseline = next(row for row in rows if row.name == "seasonal_naive")
    return Ranking(
        rows,
        best,
        baseline,
        f"Use {name}: its error on the folds is the least, {best.fold_rmse / 2:.2f} times the seasonal naive's.",
        "curl -s localhost:8000/forecast -H 'Content-Type: application/json' -d '"
        f'{{"readings": {[round(float(value), 2) for value in readings[-36:]]}, "start": "2018-01-01", "frequency": "MS", "horizon": 12}}\'',
        "gru/3",
        "The exported network gru/3 does not answer unasked: universal is better on the folds.",
        57,
    )


def _backtest(rng, readings, train, steps, noise, wide, levels) -> RollingBacktest:
    padded = np.append(readings, np.zeros(steps))

    def method(histories, horizon, _):
        point = np.array([padded[len(known) : len(known) + horizon] for known in histories])
        point = point + rng.normal(0, noise, point.shape)
        half = np.reshape([1.28 * noise * wide, 1.96 * noise * wide], (2, 1, 1))[: len(levels)] * np.ones_like(point)
        return Predictions(point, tuple(levels), point - half, point + half)

    return rolling_backtest(readings, range(train, len(readings)), steps, levels, method)
