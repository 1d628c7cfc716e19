"""The sentences of the report of one series."""

from training.forecast.ranking.rows import Ranked, Ranking
from training.forecast.report import tables
from training.forecast.report.results import Page
from training.forecast.report.tables import by_kind, step_range, total
from training.reporting.figures import percent, seconds

FEW_ORIGINS = 20
MAX_MISS = 0.1  # of the coverage


def decision(page: Page) -> dict[str, str]:
    """Return what the run came to: the recommended forecaster, how it did, what was exported, what answers."""
    ranking, best = page.ranking, page.ranking.recommended
    fold_error, test_error = tables.recommended_errors(ranking)
    facts = {
        "recommended": f"{best.name} ({tables.kind(best, ranking)})",
        "error on the folds": f"RMSE {fold_error}, {_ratio(best, ranking)}",
        "error on the test set": f"RMSE {test_error}, {step_range(page.steps)}",
        "exported": ", ".join(page.exported) or "nothing",
        "requests without a model": ranking.unasked,
        "what to call": "the lines below",
    }
    return {label: text.replace("`", "") for label, text in facts.items() if text}


def _ratio(row: Ranked, ranking: Ranking) -> str:
    if row is ranking.baseline:
        return "which the others are measured by"
    ratio = tables.ratio(row.ratio)
    return f"{ratio} times that of {ranking.baseline.name}" if row.ratio is not None else "the baseline makes no error"


def ranking_note(page: Page) -> str:
    """Return how to read the ranking."""
    ranking = page.ranking
    return (
        f"The order is by {_folds(ranking)} alone, on which every choice was made. "
        f"The ratio is the RMSE over that of {ranking.baseline.name}, below 1 is better; its interval and the probability "
        "come from a block bootstrap over the origins. The time is that of all fits and forecasts."
    )


def _folds(ranking: Ranking) -> str:
    return f"the {ranking.fold_origins:,} origins of the folds" if ranking.fold_origins else "the folds"


def barred(ranking: Ranking) -> list[str]:
    """Return why some are not recommended although they may rank first."""
    return [f"* {row.name} is not recommended: {row.barred}" for row in ranking.rows if row.barred is not None]


def test_note(page: Page) -> str:
    """Return what the figures of the test set are of."""
    test = page.ranking.recommended.test
    size, origins, all_origins = len(page.series.readings) - page.train_size, _origins(page), len(test.origins)
    few = " So few origins say little." if origins < FEW_ORIGINS else ""
    return (
        f"The test set is the last {size:,} readings, looked at once. Every figure and picture of it is over the same "
        f"{origins:,} origins: those of {all_origins:,} that have all {page.steps} steps after them.{few}"
    )


def coverage(page: Page) -> list[str]:
    """Return which of the recommended forecaster's intervals promise more than they keep on the test set, or much less."""
    best, lines = page.ranking.recommended, []
    pooled = tables.pooled(best.test, page.steps)
    for level in best.test.predicted.levels:
        kept = pooled[f"coverage_{level:g}"]
        if abs(kept - level / 100) > MAX_MISS:
            side = "too narrow: plan with more room" if kept < level / 100 else "wider than need be"
            lines.append(
                f"The {level:g} % interval of {best.name} held {percent(kept)} of the readings, it was {side}."
            )
    return lines


def _origins(page: Page) -> int:
    return len(page.ranking.recommended.test.part(page.steps).origins)


def minutes(ranking: Ranking) -> str:
    """Return what the networks took longer for, and what that gained."""
    groups = by_kind(ranking)
    networks = groups.get(tables.KINDS["network"], [])
    others = [row for name, group in groups.items() if name != tables.KINDS["network"] for row in group]
    if not networks or not others:
        return ""
    best, other = networks[0], min(others, key=lambda row: row.fold_rmse)
    return (
        f"Fitting the {_count(networks, 'network')} took {seconds(total(networks))}, everything else {seconds(total(others))}. "
        f"On the folds the error of the best network, {best.name}, is {_change(best, other)} that of {other.name}, the best of "
        "the others."
    )


def _count(rows: list[Ranked], noun: str) -> str:
    return noun if len(rows) == 1 else f"{len(rows)} {noun}s"


def _change(row: Ranked, other: Ranked) -> str:
    """By how much a row's error is below or above another's, in words that "that of" follows."""
    if row.fold_rmse == other.fold_rmse:
        return "the same as"
    side = "below" if row.fold_rmse < other.fold_rmse else "above"
    return f"{percent(abs(row.fold_rmse / other.fold_rmse - 1))} {side}" if other.fold_rmse > 0 else side


def method(page: Page) -> list[str]:
    """Return how everything was measured."""
    origins = page.ranking.fold_origins
    return [
        f"Folds: forecasters fitted on the beginning of the training set forecast what follows it in the training set"
        f"{f', from {origins:,} origins' if origins else ''}. The ranking and every other choice depend on these alone.",
        "Test set: forecasters fitted before it forecast it once, each time from the readings known at the origin, as the "
        "service would. It changes no choice.",
        f"RMSE: root mean square error in the readings' units, {step_range(page.steps)} pooled. Coverage: the share of "
        "readings inside an interval.",
        "Intervals of ratios: 90 %, circular block bootstrap over the origins, because neighbouring forecasts share errors.",
        "What is exported is then fitted on all readings.",
    ]


def next_steps(page: Page) -> list[str]:
    """Return what a reader may do now."""
    best = page.ranking.recommended
    if best.kind == "statistic":
        steps = [
            "Run the lines above again when new readings arrive; what is recommended needs no training and no service.",
            f"The exported network is served all the same: {', '.join(page.exported)}." if page.exported else "",
        ]
    else:
        steps = [
            "Send the request above with the newest readings whenever new ones arrive; forecasts need no new training.",
            "Train again when the series changes its level or season for good, or once a year.",
        ]
    if page.remarks:
        steps.append("Look at the remarks: what they name limits every forecaster.")
    if best.test.predicted.levels:
        steps.append("Plan with the intervals, not with the line alone; look at whether they cover what they promise.")
    return [step for step in steps if step]
