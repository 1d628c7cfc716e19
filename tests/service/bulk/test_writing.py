"""What is written, from values alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from service.bulk.tables import ListTable
from service.bulk.writing.columns import output_name
from service.bulk.writing.csv_text import CsvEncoder


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("label", "input_label"),
        ("input_label", "input_input_label"),
        ("input_input_error", "input_input_input_error"),
        ("input_", "input_"),
        ("input_text", "input_text"),
        ("input_size", "input_input_size"),
    ],
)
def test_no_two_columns_have_one_name(name, output):
    """A column with a name of the model's gets another one, which no other column has."""
    assert output_name(name, ["label", "error", "input_size"]) == output


def test_both_hours_of_a_changing_clock_are_written_with_their_offsets():
    """They are equal to Python, since it compares the clock alone within a zone."""
    zone = ZoneInfo("Europe/Berlin")
    dates = [datetime(2020, 10, 25, hour, tzinfo=UTC).astimezone(zone) for hour in (0, 1)]
    assert dates[0] == dates[1]
    _, lines = CsvEncoder()(None, ListTable({"when": dates, "n": [1, 2]}))
    assert lines.decode() == "2020-10-25T02:00:00+02:00,1\n2020-10-25T02:00:00+01:00,2\n"
