"""The table and the files of a report."""

import pytest

from benchmarks.report import format_number, publish, table
from tests.benchmark_results import result, round_of


@pytest.mark.parametrize(
    ("value", "text"), [(2443.2, "2,443"), (25.04, "25.0"), (0.987, "0.99"), (0.0052, "0.0052"), (100, "100")]
)
def test_numbers_have_three_digits_or_two_below_a_tenth(value, text):
    assert format_number(value) == text


def test_the_table_compares_with_echo_naive_and_the_best_peer():
    measured = result(
        echo=[round_of(1000)], onnx=[round_of(800)], naive=[round_of(4)], ray=[round_of(50)], mlserver=[round_of(1)]
    )
    line = next(line for line in table(measured).splitlines() if "| onnx |" in line)
    assert "| 0.80 | 200 | 16.0 |" in line


def test_a_load_without_a_response_says_so():
    assert "none in time" in table(result(naive=[round_of(0)]))


def test_a_report_is_written_as_markdown_and_a_picture(tmp_path):
    """Failures are listed by their first line."""
    measured = result(echo=[round_of(1000)], naive=[]) | {"failures": ["naive, round 1: was not ready\nmore"]}
    text = publish(measured, tmp_path)
    assert (tmp_path / "bench.md").read_text("utf-8") == text
    assert text.endswith("* failed: naive, round 1: was not ready")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_a_report_without_any_measurement_has_no_picture(tmp_path):
    publish(result(naive=[]), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bench.md"]
