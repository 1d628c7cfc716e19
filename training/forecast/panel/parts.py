"""The parts of every series of a panel: folds, on which every choice is made, and the last part, which is looked at once.

All series are divided by the same counts of readings, from the end, so that series that end together are divided at the
same dates. A series that is too short for that has smaller parts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.forecast.features.context_features import HORIZON
from service.interfaces import Array
from training.data.tables import DataError

FOLDS = 2
TEST_SHARE = 0.25  # of the readings of the median series
FOLD_SHARE = 0.2  # of its readings before the test part; each fold
MIN_READINGS = 12  # of a series that is forecast
MIN_PART = 2  # readings of a part; a series with less room is not measured
MAX_ORIGINS = 8  # of a series in a part
MAX_QUESTIONS = 4000  # forecasts of a part, unless there are more series than that


@dataclass(frozen=True)
class Part:
    """readings[cut:end] of a series, forecast from the `origins` by what was fitted on readings[:cut]."""

    cut: int
    end: int
    origins: tuple[int, ...]


@dataclass(frozen=True)
class Member:
    """One series of a panel. `parts` are the folds and then the test part; none where it is too short to be measured.

    `season_length` is 1 where the series is too short for the panel's.
    """

    id: str
    readings: Array
    season_length: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Plan:
    """All series that are forecast, and those that the ranking is measured on."""

    members: list[Member]
    measured: list[Member]
    steps: int
    test_size: int
    remarks: list[str]

    @property
    def learnt(self) -> list[Member]:
        """The series that networks are fitted to."""
        return [member for member in self.members if member.parts]


def least_history(season_length: int) -> int:
    """Return the readings before the first fold, at least."""
    return max(season_length, 8) + 2


def make_plan(
    readings: Mapping[str, Array], season_length: int, steps: int, test_size: int | None, most_measured: int
) -> Plan:
    """Divide every series. Raises DataError where none is long enough to be measured.

    Constant series and very short ones are left out. Above `most_measured` series, a sample of them is measured.
    """
    remarks: list[str] = []
    usable = _usable(readings, remarks)
    room = {name: len(values) - least_history(season_length) for name, values in usable.items()}
    long_enough = [name for name in usable if room[name] >= (FOLDS + 1) * MIN_PART]
    if not long_enough:
        _refuse(readings, season_length)
    wanted, steps = steps, min(steps, HORIZON, int(np.median([room[name] // (FOLDS + 1) for name in long_enough])))
    if steps < wanted:
        remarks.append(
            f"forecasts are measured on {steps} steps instead of {wanted}: half of the series have no more room"
        )
    median = int(np.median([len(usable[name]) for name in long_enough]))
    size = max(steps, round(TEST_SHARE * median)) if test_size is None else test_size
    fold_size = max(steps, round(FOLD_SHARE * (median - size)))
    origins = max(1, min(MAX_ORIGINS, MAX_QUESTIONS // min(len(long_enough), most_measured)))
    members = [
        Member(
            name,
            values,
            season_length if room[name] >= (FOLDS + 1) * MIN_PART else 1,
            _parts(len(values), room[name], size, fold_size, steps, origins),
        )
        for name, values in usable.items()
    ]
    _remark_short(members, size, remarks)
    measured = [member for member in members if member.parts]
    return Plan(members, _sample(measured, most_measured, remarks), steps, size, remarks)


def _usable(readings: Mapping[str, Array], remarks: list[str]) -> dict[str, Array]:
    """Leave out the series that nothing can be learnt or measured on."""
    constant = [name for name, values in readings.items() if len(values) >= MIN_READINGS and np.ptp(values) == 0]
    short = [name for name, values in readings.items() if len(values) < MIN_READINGS]
    if constant:
        remarks.append(f"left out, every reading is the same: {named(constant)}")
    if short:
        remarks.append(f"left out, fewer than {MIN_READINGS} readings: {named(short)}")
    left_out = {*constant, *short}
    return {name: values for name, values in readings.items() if name not in left_out}


def _refuse(readings: Mapping[str, Array], season_length: int) -> None:
    least = least_history(season_length) + (FOLDS + 1) * MIN_PART
    longest = max((len(values) for values in readings.values()), default=0)
    raise DataError(
        f"no series is long enough to be measured: the longest of {len(readings)} has {longest} readings, and a season of "
        f"{season_length} needs {least} that are not all the same (--season 1 needs {least_history(1) + (FOLDS + 1) * MIN_PART}); "
        "the model 'universal' answers series of any length without training"
    )


def _parts(count: int, room: int, test_size: int, fold_size: int, steps: int, origins: int) -> tuple[Part, ...]:
    """Divide `count` readings from their end; a part has no more than its share of the `room`."""
    if room < (FOLDS + 1) * MIN_PART:
        return ()
    test_size = min(
        test_size, max(MIN_PART, room // (FOLDS + 1)) if room < test_size + FOLDS * fold_size else test_size
    )
    fold_size = min(fold_size, (room - test_size) // FOLDS)
    ends = [count - test_size - fold_size * (FOLDS - number) for number in range(1, FOLDS + 1)] + [count]
    cuts = [ends[0] - fold_size, *ends[:-1]]
    return tuple(Part(cut, end, origins_between(cut, end, steps, origins)) for cut, end in zip(cuts, ends, strict=True))


def origins_between(cut: int, end: int, steps: int, most: int) -> tuple[int, ...]:
    """Return up to `most` origins with `steps` readings after each; the cut alone where there is no room for that."""
    last = max(cut, end - steps)
    return tuple(int(origin) for origin in np.unique(np.linspace(cut, last, most).astype(int)))


def _remark_short(members: list[Member], test_size: int, remarks: list[str]) -> None:
    unmeasured = [member.id for member in members if not member.parts]
    shortened = [m.id for m in members if m.parts and m.parts[-1].end - m.parts[-1].cut < test_size]
    if unmeasured:
        remarks.append(f"too short to be measured or learnt from, forecast without a season: {named(unmeasured)}")
    if shortened:
        remarks.append(f"too short for a test part of {test_size} readings, measured on fewer: {named(shortened)}")


def _sample(measured: list[Member], most: int, remarks: list[str]) -> list[Member]:
    """Take a random sample of the series, always the same one, where they are many."""
    if len(measured) <= most:
        return measured
    remarks.append(
        f"the ranking is measured on a random sample of {most} of the {len(measured)} series; all of them are learnt "
        "from and forecast"
    )
    rows = np.sort(np.random.default_rng(0).choice(len(measured), most, replace=False))
    return [measured[row] for row in rows]


def named(names: list[str], most: int = 5) -> str:
    """List the first few names, and say how many more there are."""
    listed = ", ".join(f"'{name}'" for name in names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
