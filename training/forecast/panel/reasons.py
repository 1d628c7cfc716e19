"""Why a forecaster is recommended for a panel, and for which series another one looks better, in sentences."""

import numpy as np

from training.forecast.panel.parts import named
from training.forecast.panel.ranking import PanelRanking
from training.forecast.ranking.recommendation import MEAN

MUCH_BETTER = 0.9  # a series is remarked on where another forecaster's error on the folds is at most so much of it


def reason(ranking: PanelRanking) -> str:
    """Say why the recommended forecaster is."""
    best, first = ranking.recommended, ranking.rows[0]
    text = (
        f"On the folds its error is {best.folds_together.value:.3f} times the seasonal naive forecast's (geometric mean over "
        f"{ranking.is_compared.sum():,} series); on the test part, which was looked at once, {best.test_together.value:.3f} times."
    )
    if best is not first:
        why = (
            "which is not a tenth less or surely less, and a mean is less a matter of luck"
            if best.name == MEAN
            else "but it is not better on each of them, and takes more work"
        )
        text += f" {first.name} has {first.folds_together.value:.3f} on the folds, {why}."
    return text


def remarks(ranking: PanelRanking) -> list[str]:
    """Say which series were not compared, and for which of them another forecaster was much better on the folds."""
    lines = []
    exact = [name for name, compared in zip(ranking.ids, ranking.is_compared, strict=True) if not compared]
    if exact:
        lines.append(f"not compared, the seasonal naive forecast is exact there and needs no model: {named(exact)}")
    best, least = ranking.recommended, np.min([row.folds for row in ranking.rows], axis=0)
    for row in ranking.rows:
        with np.errstate(invalid="ignore"):
            better = np.flatnonzero((row.folds < MUCH_BETTER * best.folds) & (row.folds == least)).tolist()
        if row is not best and better:
            names = named([ranking.ids[index] for index in better])
            lines.append(f"{row.name} was at least a tenth better on the folds of {names}")
    return lines
