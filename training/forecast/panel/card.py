"""The card of a network that has learnt many series, and its golden answers."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.artifacts.card import (
    MAX_LAST_READINGS,
    MAX_PANEL,
    Comparison,
    ForecastCard,
    IntervalCalibration,
    NamedSeries,
    ReadingLimits,
    Score,
    Split,
    StepErrors,
    TrainingData,
)
from service.artifacts.golden import Golden
from service.forecast.features.context_features import FORM, HORIZON
from service.forecast.forecaster import Forecaster
from training.data.series import Panel
from training.forecast.fitting import finetuning
from training.forecast.options import TrainOptions
from training.forecast.panel import reasons
from training.forecast.panel.parts import Member, Plan, least_history
from training.forecast.panel.ranking import PanelRanking
from training.forecast.version import golden
from training.forecast.version.card import unmeasured
from training.networks import decomposition

MAX_ID = 200  # characters
MAX_LIMIT_READINGS = 1000  # last readings of a series that the limits are taken from
GOLDEN_SERIES = 3
WORST_RANGE = 10.0  # a golden series' range may differ from the median one by this factor


def window_of(season_length: int) -> int:
    """Return the readings that the network needs to answer unasked: the shortest series that was learnt has as many."""
    return min(decomposition.window_of(season_length), least_history(season_length))


def draft(
    panel: Panel, plan: Plan, name: str, season_length: int, options: TrainOptions, remarks: list[str]
) -> ForecastCard:
    """Return the card without any result; those fields hold placeholders."""
    first, last = (min(s.dates[0] for s in panel.series.values()), max(s.dates[-1] for s in panel.series.values()))
    rows = sum(len(member.readings) for member in plan.members)
    tested = sum(member.parts[-1].end - member.parts[-1].cut for member in plan.measured)
    folds = sum(member.parts[-1].cut - member.parts[0].cut for member in plan.measured)
    return ForecastCard(
        **unmeasured(options, plan.steps),
        name=name,
        network=finetuning.LAYERS,
        data=TrainingData(
            source=panel.source,
            sha256=panel.sha256,
            rows=rows,
            columns=panel.columns,
            reading=panel.understood,
            series=len(plan.members),
            start=first.date().isoformat(),
            end=last.date().isoformat(),
            frequency=next(iter(panel.series.values())).request_frequency,
            season=season_length,
            units=options.series.units,
            audit=remarks[:100],
        ),
        splits=[
            Split(name="all", rows=rows, use="the exported network is fitted on it, after every choice was made"),
            Split(name="folds", rows=folds, use="before the test part of every series; every choice is made on it"),
            Split(name="test", rows=tested, use="the end of every series; looked at once, then it calibrates too"),
        ],
        settings={"kind": finetuning.NAME, "preset": options.preset, "steps": plan.steps, "series": len(plan.learnt)},
        choice="All seeds answer together: the mean of their weights.",
        limits=[
            f"knows {len(plan.learnt)} series of {panel.source}; it was not measured on others",
            f"steps after {plan.steps} were not measured",
            "errors are in units of each series' seasonal naive error; steps share a factor, so that all together are the "
            "geometric mean over the series",
            "the scores are those of a network fitted before the test part; the exported one has learnt from it",
        ],
        reads="context",
        features=FORM,
        window=window_of(season_length),
        steps=HORIZON,
        horizon=plan.steps,
        max_horizon=HORIZON,
        readings=reading_limits(plan.learnt, window_of(season_length)),
        learnt_panel=named_series(plan.learnt),
    )


def with_results(
    card: ForecastCard,
    model: keras.Model,
    ranking: PanelRanking,
    calibration: IntervalCalibration,
    share: float,
    comparison: Comparison | None,
    step_errors: StepErrors,
) -> ForecastCard:
    """Return the card with what the folds and the test part showed."""
    row = ranking.row(finetuning.NAME)
    assert row is not None
    metrics = {"rmse_over_naive": row.test_together.value}
    metrics |= {f"coverage_{level:g}": share for level, share in (row.coverage or {}).items()}
    steps = f"1-{len(step_errors.model_rmse)}"
    count = int(ranking.is_compared.sum())
    return card.model_copy(
        update={
            "parameters": model.count_params(),
            "settings": card.settings | {"share": share},
            "calibration": calibration,
            "comparison": comparison,
            "step_errors": step_errors,
            "scores": [Score(split="test", subject="model", steps=steps, count=count, metrics=metrics)],
            "recommended": f"{ranking.recommended.name}. {reasons.reason(ranking)}",
        }
    )


def named_series(members: Sequence[Member]) -> list[NamedSeries]:
    """Return the last readings of the series by their ids, of as many series as a card holds."""
    named = {
        member.id[:MAX_ID]: NamedSeries(
            id=member.id[:MAX_ID], last_readings=[float(value) for value in member.readings[-MAX_LAST_READINGS:]]
        )
        for member in members[:MAX_PANEL]
    }
    return list(named.values())


def reading_limits(members: Sequence[Member], window: int) -> ReadingLimits:
    """Return the range of all readings, and the least and largest standard deviation of a window of any series."""
    windows = [sliding_window_view(member.readings[-MAX_LIMIT_READINGS:], window).std(axis=1) for member in members]
    return ReadingLimits(
        minimum=min(float(member.readings.min()) for member in members),
        maximum=max(float(member.readings.max()) for member in members),
        window_std_minimum=min(float(stds.min()) for stds in windows),
        window_std_maximum=max(float(stds.max()) for stds in windows),
    )


def golden_answers(forecaster: Forecaster, members: Sequence[Member]) -> Golden:
    """Return the answers to readings of a few series of similar range, so that one tolerance fits all."""
    ranges = np.array([float(np.ptp(member.readings)) for member in members])
    median = float(np.median(ranges))
    alike = [m for m, each in zip(members, ranges, strict=True) if median / WORST_RANGE <= each <= median * WORST_RANGE]
    each = [golden.golden_answers(forecaster, member.readings) for member in alike[:GOLDEN_SERIES]]
    return Golden(
        relative_tolerance=golden.TOLERANCE,
        absolute_tolerance=min(answers.absolute_tolerance for answers in each),
        cases=[case for answers in each for case in answers.cases],
    )
