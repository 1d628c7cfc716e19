"""Correction of a forecast by the model's recent errors: a shift of every step.

The shift of step h is an exponentially weighted mean of the errors of step h, shrunk towards 0 while there are few of
them, plus a share of the latest error of step 1 beyond its mean; that share decays with the step, like the forecast of an
AR(1) process (Box & Jenkins). The four constants were chosen on validation folds of one series.
"""

import numpy as np

from ..interfaces import Array

DECAY_STEPS = 36.0  # readings after which the weight of an error is 1/e
PRIOR_COUNT = 6.0  # errors of 0 that are assumed beside the observed ones
AR_SHARE = 0.2  # of the latest error, beyond the mean, that is expected to come again in the next step
AR_DECAY = 0.8  # the factor by which that share decreases with each step


def residual_correction(errors: Array) -> Array:
    """Return what to add to the forecast of each origin, and of the present: (origins + 1, steps).

    errors: reading minus forecast, (origins, steps), origins one reading apart, NaN where not known. For origin j only
    what was known then is used: the error of step h from origin i if i + h ≤ j.
    """
    origins, steps = errors.shape
    is_known = ~np.isnan(errors)
    values = np.where(is_known, errors, 0.0)
    known_at = np.arange(origins)[:, None] + np.arange(1, steps + 1)  # (origins, steps)
    age = np.arange(origins + 1)[:, None, None] - known_at
    weights = np.where(age >= 0, np.exp(-np.maximum(age, 0) / DECAY_STEPS), 0.0) * is_known
    total = weights.sum(axis=1)
    mean: Array = (weights * values).sum(axis=1) / (total + PRIOR_COUNT)
    latest = np.zeros(origins + 1)
    latest[1:] = np.where(is_known[:, 0], values[:, 0] - mean[1:, 0], 0.0)
    trust = total[:, 0] / (total[:, 0] + PRIOR_COUNT)
    corrections: Array = mean + (AR_SHARE * trust * latest)[:, None] * AR_DECAY ** np.arange(steps)
    return corrections
