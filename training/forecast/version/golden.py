"""The golden answers of a trained forecaster, which the service replays before it serves a version."""

import numpy as np

from service.artifacts.golden import Golden, GoldenCase
from service.forecast.forecaster import Forecaster
from service.interfaces import Array

TOLERANCE = 1e-4  # of a golden answer: relative, and as a share of the readings' range


def golden_answers(forecaster: Forecaster, readings: Array) -> Golden:
    """Return the forecaster's answers to a plain window, a longer horizon, a missing reading, and with intervals."""
    card = forecaster.card
    recent = [float(value) for value in readings[-card.window - 8 :]]
    levels = list(forecaster.levels(None))
    requests = [
        {"readings": recent[-card.window :], "horizon": 1, "levels": []},
        {"readings": recent, "horizon": card.horizon, "levels": levels},
        {"readings": recent, "horizon": min(card.max_horizon, card.horizon + 5), "levels": levels[:1]},
        {"readings": [*recent[:-4], None, *recent[-3:]], "horizon": 3, "levels": []},
    ]
    cases = [GoldenCase(request=request, answer=forecaster.replay(request)) for request in requests]
    return Golden(relative_tolerance=TOLERANCE, absolute_tolerance=TOLERANCE * float(np.ptp(readings)), cases=cases)
