"""Numbers are read as people write them, the whole column alike, or both readings are named."""

import numpy as np
import pandas as pd
import pytest

from training.data.formats.numbers import parse_numbers, shown_decimal

NAN = float("nan")


def column(*cells):
    return pd.Series(list(cells), dtype=object)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1.5", "2", "-3e5", ".5", "5.", "+7"), (1.5, 2, -3e5, 0.5, 5, 7)),
        (("100,25", "109,74"), (100.25, 109.74)),
        (("1.234,50", "2,5"), (1234.5, 2.5)),
        (("1,234.50", "2.5"), (1234.5, 2.5)),
        (("10,025", "9,189"), (10025, 9189)),
        (("950", "1,234"), (950, 1234)),
        (("0,123", "1,234"), (0.123, 1.234)),
        (("1.234.567", "12"), (1234567, 12)),
        (("1,23,456", "5"), (123456, 5)),
        (("1 234,5", "1\u00a0000\u00a0000", "1\u202f234"), (1234.5, 1e6, 1234)),
        (("1'234.5", "1’000"), (1234.5, 1000)),
        (("1_000", "20"), (1000, 20)),
        (("$1,234", "$ 5", "7"), (1234, 5, 7)),
        (("-$5", "$-6", "(7)", "($8)", "9-", "−10"), (-5, -6, -7, -8, -9, -10)),
        (("5 €", "1.000,50 €"), (5, 1000.5)),
        (("EUR 5", "6 EUR"), (5, 6)),
        (("12%", "5 %", "0"), (12, 5, 0)),
        (("12.5 °C", "13 °C"), (12.5, 13)),
        (("3kWh", "4kWh"), (3, 4)),
        (("<1", "100"), (0.5, 100)),
        (("1,5E+03", "2,25"), (1500, 2.25)),
    ],
)
def test_numbers_are_read_as_people_write_them(cells, values):
    numbers = parse_numbers(column(*cells))
    assert numbers.values.tolist() == list(values)
    assert numbers.ambiguous is None
    assert not (numbers.is_wrong | numbers.is_missing).any()


@pytest.mark.parametrize(
    "cell", ["", "NA", "n/a", "NaN", "null", "None", ".", ":", "-", "–", "?", "#N/A", "#DIV/0!", "--", None, NAN]
)
def test_signs_for_no_value_are_missing(cell):
    numbers = parse_numbers(column("1.5", cell))
    assert numbers.is_missing.tolist() == [False, True]
    assert np.isnan(numbers.values[1])
    assert not numbers.is_wrong.any()


@pytest.mark.parametrize(
    "cell",
    ["x", "T1", "2020-01-01", "1.2.3.4", "12:30", "inf", "1e999", "1,2,3", "5 or 6", "(5", "1st", "--5"],
)
def test_what_is_no_number_is_wrong(cell):
    numbers = parse_numbers(column("1.5", cell, "2.5"))
    assert numbers.is_wrong.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cells", "hint", "readings"),
    [
        (("1.234", "5.678"), None, "'1.234' may be 1.234 or 1234"),
        (("1,234", "5,678"), None, "'1,234' may be 1.234 or 1234"),
        (("1.234", "950"), ".", "'1.234' may be 1.234 or 1234"),
        (("1200", "1.250"), ".", "'1.250' may be 1.250 or 1250"),
        (("1,5", "2.5"), ".", "'2.5' has a decimal point and '1,5' a decimal comma"),
        (("12%", "0.5"), ".", "some cells have a percent sign and others none"),
        (("$1", "€2"), ".", "the currencies differ"),
    ],
)
def test_two_readings_are_named(cells, hint, readings):
    assert readings in parse_numbers(column(*cells), hint=hint).ambiguous


@pytest.mark.parametrize(("decimal", "value"), [(".", 1.234), (",", 1234)])
def test_the_user_decides_on_the_decimal_sign(decimal, value):
    numbers = parse_numbers(column("1.234", "5.678"), decimal, hint=None)
    assert numbers.values[0] == value
    assert numbers.ambiguous is None


def test_many_numbers_of_three_digits_after_a_point_are_thousands():
    """Decimals of random length would sometimes have fewer digits, and smaller ones a point too."""
    cells = [str(i) if i < 1000 else f"{i // 1000}.{i % 1000:03d}" for i in range(950, 1050)]
    assert parse_numbers(column(*cells)).values[-1] == 1049


def test_three_decimals_are_decimals_where_the_file_suggests_a_point():
    assert parse_numbers(column("1.234", "5.678"), hint=".").values[0] == 1.234


def test_the_style_is_said():
    style = parse_numbers(column("$1,234.5", "($5)", "<$1")).style
    assert style == (
        "numbers with decimal points, thousands are separated ('$1,234.5'), '<$1' is read as half of it, '($5)' is negative; "
        "the currency '$' is left out"
    )
    assert shown_decimal(column("1,5", "2")) == ","
    assert shown_decimal(column("1,234", "a word")) is None
