"""Replies in flat arrays, made series by series as JSON, so that no number is kept as an object of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from statistics import NormalDist

from pydantic_core import to_json

from ....forecast.anomalies import Point
from ....forecast.forecaster import Forecast
from ....forecast.intervals import Interval
from ...encoding import joined

NORMAL = NormalDist()
FURTHEST = 38.0  # the deviate of what no double can tell from impossible


class Column:
    """One array of a reply, as JSON.

    It is one piece, however many values were added: many small ones would take long to join. It is no bytearray, as bytes
    alone are joined without the interpreter.
    """

    def __init__(self) -> None:
        self._json = BytesIO()
        self._json.write(b"[")

    def add(self, values: Sequence[object]) -> None:
        if values:
            if self._json.tell() > 1:
                self._json.write(b",")
            self._json.write(to_json(values)[1:-1])

    def parts(self) -> Iterable[bytes]:
        """What follows each other in the reply."""
        return self._json.getvalue(), b"]"


class IntervalNames:
    """The levels of a request. Each names two columns, as it was sent; 0 is the median."""

    def __init__(self, sent: Sequence[float] | None) -> None:
        self.is_asked = sent is not None
        self.names = {f"{level}": float(level) for level in sent or ()}

    @property
    def calibrated(self) -> list[float]:
        """What a forecaster is asked for."""
        return sorted({level for level in self.names.values() if level > 0})


class Forecasts:
    """The medians and the intervals of many forecasts."""

    def __init__(self, levels: IntervalNames) -> None:
        self._mean = Column()
        self._levels = levels
        self._bounds = {f"{side}-{name}": Column() for name in levels.names for side in ("lo", "hi")}

    def add(self, values: Sequence[float], intervals: Sequence[Interval]) -> None:
        self._mean.add(values)
        found = {interval.level: interval for interval in intervals}
        for name, level in self._levels.names.items():
            interval = found[level] if level else Interval(level, list(values), list(values))
            self._bounds[f"lo-{name}"].add(interval.lower)
            self._bounds[f"hi-{name}"].add(interval.upper)

    def add_forecast(self, forecast: Forecast) -> None:
        self.add(forecast.values, forecast.intervals)

    async def json(self, **columns: Column) -> bytes:
        """The reply, with further columns. It may be large, so it is put together once, and in a thread."""
        intervals = (
            _object({name: column.parts() for name, column in self._bounds.items()})
            if self._levels.is_asked
            else [b"null"]
        )
        members: dict[str, Iterable[bytes]] = {"mean": self._mean.parts(), "intervals": intervals}
        members |= {name: column.parts() for name, column in columns.items()}
        return await joined(list(_object(members | {"weights_x": [b"null"]})))


class Judged:
    """The columns of judged readings."""

    def __init__(self, level: float) -> None:
        self._level = float(level)
        self._forecasts = Forecasts(IntervalNames([level]))
        self._anomaly, self._score, self._idxs = Column(), Column(), Column()

    def add(self, points: Sequence[Point], first: int) -> None:
        """first: index in `y` of the first reading that was given with the series."""
        lower, upper = [point.lower for point in points], [point.upper for point in points]
        self._forecasts.add([point.expected for point in points], [Interval(self._level, lower, upper)])
        self._anomaly.add([point.anomaly for point in points])
        self._score.add([None if point.score is None else deviate(point.score) for point in points])
        self._idxs.add([first + point.position for point in points])

    async def json(self, sizes: Sequence[int]) -> bytes:
        return await self._forecasts.json(
            sizes=column_of(sizes), idxs=self._idxs, anomaly=self._anomaly, anomaly_score=self._score
        )


def column_of(values: Sequence[object]) -> Column:
    """A column of these values."""
    column = Column()
    column.add(values)
    return column


def deviate(share: float) -> float:
    """How many standard deviations a normal variable is out, of which a `share` is further out, on both sides."""
    half = share / 2
    return min(FURTHEST, -NORMAL.inv_cdf(half)) if half > 0 else FURTHEST


def _object(members: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """An object as JSON. Names have nothing to escape."""
    for index, (name, parts) in enumerate(members.items()):
        yield b'%b"%b":' % (b"," if index else b"{", name.encode())
        yield from parts
    yield b"}" if members else b"{}"
