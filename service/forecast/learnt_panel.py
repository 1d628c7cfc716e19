"""Which of many learnt series readings continue, if any: the one whose last readings they hold.

The readings beside each other must be equal to within TOLERANCE of their range, at least MIN_OVERLAP of them. Each series has
a key, the weighted sum of its last twelve readings. Keys are sorted, so that only series of nearly the same key as a place
in the readings are compared there. So many learnt series cost hardly more than a few.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..artifacts.card import MAX_LAST_READINGS, NamedSeries
from ..interfaces import Array, Labels
from .learnt_series import MIN_DISTINCT, MIN_OVERLAP, SEARCHED, TOLERANCE

MAX_COMPARED = 4096  # places and series, the latest places first
# any weights do that few windows share a sum with: those of counts, too
WEIGHTS = 0.5 + np.modf(np.arange(1, MIN_OVERLAP + 1) * 0.6180339887498949)[0]
ROUNDING = 1e-12  # of a key, which is summed in another order


class LearntPanel:
    """The last readings of many series, ready to be found in others."""

    def __init__(self, panel: Sequence[NamedSeries]) -> None:
        """Series of too few readings, or of hardly any different ones, are never found."""
        known = [
            series
            for series in panel
            if len(series.last_readings) >= MIN_OVERLAP and len(set(series.last_readings)) >= MIN_DISTINCT
        ]
        last = np.full((len(known), MAX_LAST_READINGS), np.nan)
        for row, series in zip(last, known, strict=True):
            row[-len(series.last_readings) :] = series.last_readings
        keys = last[:, -MIN_OVERLAP:] @ WEIGHTS
        order = np.argsort(keys, kind="stable")
        self._keys, self._last = keys[order], last[order]
        self._ids = [known[index].id for index in order]

    def find(self, readings: Array) -> str | None:
        """Return the id of the series that readings (time,) continue, None for none; NaN where a reading is missing.

        The last twelve that were learnt must all be there, others may be missing.
        """
        readings = readings[-SEARCHED:]
        if len(readings) < MIN_OVERLAP or not self._ids:
            return None
        windows = _windows(readings)
        keys = np.convolve(readings, WEIGHTS[::-1], "valid")
        tolerances = TOLERANCE * _ranges(readings)
        margins = tolerances * float(WEIGHTS.sum()) + ROUNDING * np.abs(keys)
        first = np.searchsorted(self._keys, keys - margins, "left")
        counts = np.searchsorted(self._keys, keys + margins, "right") - first
        counts[np.isnan(keys)] = 0
        places, series = _pairs(first, counts)
        for column in (-1, -2):  # most differ there already, and are not compared whole
            are_near = np.abs(windows[places, column] - self._last[series, column]) <= tolerances[places]
            places, series = places[are_near], series[are_near]
        if not len(places):
            return None
        distance = np.fmax.reduce(np.abs(windows[places] - self._last[series]), axis=1)
        found = np.flatnonzero(distance <= tolerances[places])
        return self._ids[int(series[found[0]])] if len(found) else None


def _windows(readings: Array) -> Array:
    """The last MAX_LAST_READINGS readings up to each place from the twelfth on, NaN where there are fewer."""
    padded = np.concatenate([np.full(MAX_LAST_READINGS - MIN_OVERLAP, np.nan), readings])
    return sliding_window_view(padded, MAX_LAST_READINGS)


def _ranges(readings: Array) -> Array:
    """The range of each row of `_windows`, in five steps for all of them: windows of 2, 4, 8, 16 and 24 readings."""
    ends = []
    for extreme in (np.fmax, np.fmin):
        widest = np.concatenate([np.full(MAX_LAST_READINGS - MIN_OVERLAP, np.nan), readings])
        for width in (1, 2, 4, 8):
            widest = extreme(widest[width:], widest[:-width])
        ends.append(extreme(widest[8:], widest[:-8]))
    ranges: Array = ends[0] - ends[1]
    return ranges


def _pairs(first: Labels, counts: Labels) -> tuple[Labels, Labels]:
    """Each place with each series that has nearly its key, the latest places first; at most MAX_COMPARED of them."""
    places = np.flatnonzero(counts)[::-1]
    places = places[: int(np.searchsorted(counts[places].cumsum(), MAX_COMPARED, "right"))]
    own = counts[places]
    starts = own.cumsum() - own
    series = np.repeat(first[places] - starts, own) + np.arange(int(own.sum()))
    return np.repeat(places, own), series
