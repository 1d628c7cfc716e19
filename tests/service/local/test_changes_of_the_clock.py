"""Days of zones in which a change of the clock leaves out midnight."""

import numpy as np
import pandas as pd
import pytest

COUNT = 40
ZONES = {
    "America/Sao_Paulo": "2018-10-01",
    "Africa/Cairo": "2024-04-01",
    "Asia/Beirut": "2024-03-10",
    "America/Havana": "2024-03-05",
}


def days(zone, start):
    clock = pd.date_range(start, periods=COUNT)
    return clock.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(COUNT, dtype=bool))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("frequency", [None, "D"])
def test_a_day_that_begins_at_one_o_clock_is_a_day(universal, zone, frequency):
    """None is missing, and the next days begin at midnight again, also where pandas counts 24 hours as a day."""
    index = days(zone, ZONES[zone])
    assert index.hour.max() == 1
    answer = universal.forecast(pd.Series(range(COUNT), index=index), 2, (), frequency=frequency)
    clock = pd.DatetimeIndex(answer["timestamp"]).tz_localize(None)
    assert list(clock) == list(pd.date_range(ZONES[zone], periods=COUNT + 2)[-2:])
    assert answer.attrs["warnings"] == {None: []}


def test_a_forecast_over_such_a_day_is_read_again(universal):
    """Its dates are those that the answer itself has."""
    past = pd.Series(range(COUNT), index=pd.date_range("2018-09-24", periods=COUNT, tz="America/Sao_Paulo"))
    future = universal.forecast(past, 10, ()).set_index("timestamp")["forecast"]
    assert future.index.hour.max() == 1
    assert len(universal.forecast(pd.concat([past, future]), 1)) == 1
