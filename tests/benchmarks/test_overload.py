"""The command line of the overload test."""

from benchmarks.overload import parse_options
from benchmarks.servers.server import TASKS


def test_all_paths_are_measured_by_default():
    assert parse_options([]).task == tuple(TASKS)


def test_a_path_can_be_chosen_and_repeated():
    assert parse_options(["--task", "sentiment", "--task", "forecast"]).task == ("sentiment", "forecast")
