"""The benchmark of what traces cost: its arithmetic."""

from benchmarks.traces import OFF, summary


def test_ratios_are_taken_within_rounds_and_the_sending_is_added():
    """A round in which all is twice as dear changes no ratio; a thread belongs to its state by its number."""
    costs = {OFF: [100.0, 200.0, 100.0], "on at 0 %": [101.0, 202.0, 101.0], "on at 1 %": [100.0, 200.0, 100.0]}
    off, none, some = summary(costs, {"traces0": 0.0, "traces1": 10.0, "": 500.0})
    assert off == {"traces": OFF, "us": 100.0, "sending_us": 0.0, "of_off": 1.0, "quartiles": [1.0, 1.0], "least": 1.0}
    assert (none["traces"], none["of_off"], none["quartiles"], none["least"]) == ("on at 0 %", 1.01, [1.01, 1.01], 1.01)
    assert (some["us"], some["sending_us"], some["of_off"], some["quartiles"]) == (100.0, 10.0, 1.1, [1.05, 1.1])
    assert some["least"] == 1.1


def test_one_round_is_its_own_median_and_quartiles():
    _, on = summary({OFF: [100.0], "on at 0 %": [110.0]}, {})
    assert (on["of_off"], on["quartiles"], on["least"]) == (1.1, [1.1, 1.1], 1.1)
