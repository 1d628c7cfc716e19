"""The theta method (Assimakopoulos and Nikolopoulos, 2000), and its optimised and dynamic forms (Fiorucci et al., 2016).

All four models forecast a level, by exponential smoothing with the rate alpha, plus a share 1 - 1/theta of the readings'
line. The standard model has theta 2, which is exponential smoothing with half of the line's slope as drift (Hyndman and
Billah, 2003); dynamic models fit the line again at every reading. Seasonal readings are adjusted before.

For a given alpha the forecasts are linear in the level before the first reading and in 1 - 1/theta. So both follow from
least squares, and only alpha is searched: first on a grid, then on finer ones.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

from ..interfaces import Array
from .decomposition import Decomposition, decompose

Model = Literal["STM", "OTM", "DSTM", "DOTM"]  # standard and optimised; standard and optimised with a dynamic line
STANDARD_SHARE = 0.5  # 1 - 1/theta of theta 2
MAX_SHARE = 1 - 1e-10
LOWEST_ALPHA, HIGHEST_ALPHA = 0.1, 0.99
GRID, FINER_GRID, REFINEMENTS = 17, 9, 2
FIRST = 3  # errors that are left out: they are mostly of the level before the first reading
LOWEST_EXPONENT = -230.0  # of a weight, 1e-100; arithmetic with still smaller numbers is slow
LEAST = 6  # readings; fewer leave no error to choose by


class Parameters(NamedTuple):
    """One model: the level before the first reading, the rate of the level, and the share 1 - 1/theta of the line."""

    level: float
    alpha: float
    share: float
    is_dynamic: bool

    @property
    def theta(self) -> float:
        """The second difference of the theta line over that of the readings."""
        return 1 / (1 - self.share)


class Fit(NamedTuple):
    """The parameters with the least sum of squared errors of one step, without the first three errors."""

    parameters: Parameters
    loss: float


class ThetaForecast(NamedTuple):
    """The forecast and its standard deviation, both (horizon,)."""

    values: Array
    deviation: Array


class _Grid(NamedTuple):
    """What follows from each alpha by least squares."""

    loss: Array
    level: Array
    share: Array


def forecast(
    values: Array, horizon: int, season_length: int = 1, models: tuple[Model, ...] = ("OTM", "DOTM")
) -> ThetaForecast:
    """Forecast readings (time,) without gaps by the model with the least loss.

    The default models contain the other two. Readings that do not change, or fewer than six, are continued by the last.
    """
    seasonal = decompose(values, season_length)
    adjusted = values if seasonal is None else seasonal.adjust(values)
    if len(values) < LEAST or np.ptp(adjusted) <= 1e-12 * np.abs(adjusted).max():
        changes = np.diff(adjusted) if len(values) > 1 else np.zeros(1)
        spread = math.sqrt(float(np.mean(np.square(changes))))
        found = ThetaForecast(np.full(horizon, adjusted[-1]), spread * np.sqrt(np.arange(1.0, horizon + 1)))
    else:
        found = project(adjusted, min((fit(adjusted, model) for model in models), key=_loss).parameters, horizon)
    return found if seasonal is None else _with_season(found, seasonal)


def _loss(fitted: Fit) -> float:
    return fitted.loss


def _with_season(found: ThetaForecast, seasonal: Decomposition) -> ThetaForecast:
    """Put the season back; a multiplicative one also scales the deviation."""
    horizon = len(found.values)
    deviation = found.deviation * seasonal.ahead(horizon) if seasonal.is_multiplicative else found.deviation
    return ThetaForecast(seasonal.restore(found.values), deviation)


def fit(values: Array, model: Model) -> Fit:
    """Return the parameters with the least loss for readings (time,), at least six that are not all equal."""
    unit = float(np.abs(values).max())  # squares of large readings would overflow
    scaled = values / unit
    is_dynamic, share = model.startswith("D"), STANDARD_SHARE if "STM" in model else None
    line = _line(scaled, is_dynamic)
    alphas = np.linspace(LOWEST_ALPHA, HIGHEST_ALPHA, GRID)
    for _ in range(REFINEMENTS):
        best = int(np.argmin(_evaluate(scaled, line, alphas, share).loss))
        alphas = np.linspace(alphas[max(best - 1, 0)], alphas[min(best + 1, len(alphas) - 1)], FINER_GRID)
    alphas = _least(alphas, _evaluate(scaled, line, alphas, share).loss)
    grid = _evaluate(scaled, line, alphas, share)
    best = int(np.argmin(grid.loss))
    level, alpha = float(grid.level[best]) * unit, float(alphas[best])
    return Fit(Parameters(level, alpha, float(grid.share[best]), is_dynamic), float(grid.loss[best]) * unit**2)


def _least(alphas: Array, loss: Array) -> Array:
    """The alpha of the least loss, and the vertex of the parabola through it and its neighbours."""
    best = int(np.argmin(loss))
    if not 0 < best < len(loss) - 1:
        return alphas[best : best + 1]
    before, at, after = loss[best - 1 : best + 2]
    curvature = before - 2 * at + after
    shift = 0.5 * (before - after) / curvature if curvature > 0 else 0.0
    found: Array = alphas[best] + np.array([0.0, shift]) * (alphas[1] - alphas[0])
    return found


def _line(values: Array, is_dynamic: bool) -> tuple[Array, Array]:
    """The intercept and the slope of the least-squares line over readings 1 … i, as known before each reading: (time,).

    A line that is not dynamic is that of all readings.
    """
    count = np.arange(1.0, len(values) + 1)
    centred = values - values[0]
    mean = np.cumsum(centred) / count
    weighted = np.cumsum(count * centred) / count
    slope = 6 * (2 * weighted - (count + 1) * mean) / np.maximum(count**2 - 1, 1)
    intercept = mean + values[0] - slope * (count + 1) / 2
    if not is_dynamic:
        return np.full(len(values), intercept[-1]), np.full(len(values), slope[-1])
    before = np.maximum(np.arange(len(values)) - 1, 0)
    return intercept[before], slope[before]


def _evaluate(values: Array, line: tuple[Array, Array], alphas: Array, share: float | None) -> _Grid:
    """Solve for the level, and for the share unless it is given, at each alpha."""
    powers = _powers(len(values), alphas)  # the weight of the level before the first reading
    trend = line[0][:, None] * powers[:-1] + line[1][:, None] * (1 - powers[1:]) / alphas
    smoothed = _smoothed(values, alphas)
    error = values[FIRST:, None] - smoothed[FIRST - 1 : -1]
    past, trend = powers[FIRST:-1], trend[FIRST:]
    pp, pt, tt, pe, te, ee = (
        np.einsum("ij,ij->j", a, b)
        for a, b in ((past, past), (past, trend), (trend, trend), (past, error), (trend, error), (error, error))
    )
    if share is None:
        determinant = pp * tt - pt * pt
        is_known = determinant > 1e-12 * pp * tt  # otherwise the line looks like the level
        shares = np.where(is_known, (te * pp - pe * pt) / np.where(is_known, determinant, 1), STANDARD_SHARE)
        shares = np.clip(shares, 0, MAX_SHARE)
    else:
        shares = np.full(len(alphas), share)
    level = (pe - shares * pt) / pp
    loss = ee + level**2 * pp + shares**2 * tt - 2 * (level * pe + shares * te - level * shares * pt)
    return _Grid(loss, level, shares)


def _powers(count: int, alphas: Array) -> Array:
    """The powers 0 … count of 1 - alpha, (count + 1, alphas). Negligible ones are all alike."""
    exponents = np.arange(count + 1.0)[:, None] * np.log1p(-alphas)
    powers: Array = np.exp(np.maximum(exponents, LOWEST_EXPONENT))
    return powers


def _smoothed(values: Array, alphas: Array) -> Array:
    """Exponential smoothing from level 0, after each reading: (time, alphas). Each pass doubles the readings summed."""
    levels = values[:, None] * alphas
    weight, shift = 1 - alphas, 1
    while shift < len(values):
        levels[shift:] += weight * levels[:-shift]
        weight, shift = weight * weight, 2 * shift
    return levels


def errors(values: Array, parameters: Parameters) -> Array:
    """Return the errors of one step, (time,)."""
    return _run(values, parameters)[0]


def _run(values: Array, parameters: Parameters) -> tuple[Array, float]:
    """The errors of one step, and the level after the last reading."""
    level, alpha, share, is_dynamic = parameters
    intercept, slope = _line(values, is_dynamic)
    powers = _powers(len(values), np.array([alpha]))[:, 0]
    trend = intercept * powers[:-1] + slope * (1 - powers[1:]) / alpha
    levels = level * powers
    levels[1:] += _smoothed(values, np.array([alpha]))[:, 0]
    found: Array = values - levels[:-1] - share * trend
    return found, float(levels[-1])


def project(values: Array, parameters: Parameters, horizon: int) -> ThetaForecast:
    """Forecast from given parameters. The deviation is that of exponential smoothing, from the errors of one step."""
    _, alpha, share, is_dynamic = parameters
    found, level = _run(values, parameters)
    count, keep, mean = len(values), 1 - alpha, float(values.mean())
    intercept, slope = (float(each[-1]) for each in _line(values, False))
    ahead = []
    for i in range(count, count + horizon):
        value = level + share * (intercept * keep**i + slope * (1 - keep ** (i + 1)) / alpha)
        ahead.append(value)
        level = alpha * value + keep * level
        if is_dynamic:  # the forecast is taken for the reading
            slope = ((i - 1) * slope + 6 * (value - mean) / (i + 1)) / (i + 2)
            mean = (i * mean + value) / (i + 1)
            intercept = mean - slope * (i + 2) / 2
    spread = float(np.std(found[FIRST:], ddof=1))
    return ThetaForecast(np.array(ahead), spread * np.sqrt(1 + np.arange(horizon) * alpha**2))
