"""What a model's recent errors say of its next ones: a shift of every step.

The shift of step h is an exponentially weighted mean of the errors of step h, drawn towards nought while they are
few, and a share of how far the latest error of one step lies off their mean, less the further ahead (the forecast of
an AR(1) process, Box & Jenkins). MEMORY, DOUBT, SHARE and FADING were chosen on validation folds of one series.
"""

import numpy as np

from service.interfaces import Array

DECAY_STEPS = 36.0  # readings after which an error counts 1/e
PRIOR_COUNT = 6.0  # so many errors of nought are assumed beside those seen
AR_SHARE = 0.2  # of the latest error, beyond the mean, that is expected to come again in the next step
AR_DECAY = 0.8  # how much of that is left a step later


def residual_correction(errors: Array) -> Array:
    """What to add to the forecast from each origin, and from the present: (origins + 1, steps).

    errors: reading less forecast, (origins, steps), origins one reading apart, NaN where not known. From origin j
    only what was known there is used: the error of step h made at origin i when i + h ≤ j.
    """
    origins, steps = errors.shape
    known = ~np.isnan(errors)
    values = np.where(known, errors, 0.0)
    made = np.arange(origins)[:, None] + np.arange(1, steps + 1)  # (origins, steps): when each error was known
    age = np.arange(origins + 1)[:, None, None] - made
    weights = np.where(age >= 0, np.exp(-np.maximum(age, 0) / DECAY_STEPS), 0.0) * known
    total = weights.sum(axis=1)
    mean: Array = (weights * values).sum(axis=1) / (total + PRIOR_COUNT)
    latest = np.zeros(origins + 1)
    latest[1:] = np.where(known[:, 0], values[:, 0] - mean[1:, 0], 0.0)
    trust = total[:, 0] / (total[:, 0] + PRIOR_COUNT)
    found: Array = mean + (AR_SHARE * trust * latest)[:, None] * AR_DECAY ** np.arange(steps)
    return found
