"""The options that say how a file of series is read are the same for every command."""

import argparse

import pytest

from training.data.options import SeriesOptions, add_series_options, series_options
from training.data.tables import DataError


def parse(*arguments):
    parser = argparse.ArgumentParser()
    add_series_options(parser)
    values = vars(parser.parse_args(arguments))
    options = series_options(values)
    assert values == {}
    return options


def test_without_options_everything_is_found_out():
    assert parse() == SeriesOptions()


def test_columns_may_be_named_one_by_one_or_with_commas():
    assert parse("--date-column", "year", "--date-column", "month").date_columns == ("year", "month")
    assert parse("--date-column", "year,month").date_columns == ("year,month",)


def test_one_order_of_dates_is_named():
    assert parse("--day-first").date_order == "day_first"
    assert parse("--month-first").date_order == "month_first"
    with pytest.raises(SystemExit):
        parse("--day-first", "--month-first")


def test_options_of_the_file_are_among_them():
    assert parse("--delimiter", "tab", "--no-header").file.delimiter == "\t"
    with pytest.raises(DataError, match="--delimiter"):
        parse("--delimiter", "ab")


def test_a_season_and_a_frequency_are_named():
    options = parse("--season", "24", "--frequency", "h", "--fill", "--dry-run")
    assert (options.season_length, options.frequency, options.fill, options.dry_run) == (24, "h", True, True)
