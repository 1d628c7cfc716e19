"""The sizing table: cores for a load, by what was measured."""

from benchmarks.sizing import cores_for, table

FRONT = {"loads": {"forecast": {"gatecast": [{"rate": 990}, {"rate": 1000}, {"rate": 5000}], "echo": [{"rate": 1}]}}}
WORKERS = {
    "result": {"forecast": {"ratio_per_processor_second": 0.8}, "sentiment": {"ratio_per_processor_second": 1.1}}
}


def test_a_load_that_one_core_bears_needs_one():
    assert cores_for(700, 1000, 0.8) == 1


def test_cores_that_work_side_by_side_are_a_little_slower():
    """1,400 requests are two whole cores at 70 %, which answer 0.8 of that each."""
    assert cores_for(1400, 1000, 0.8) == 3
    assert cores_for(1400, 1000, 1.0) == 2


def test_the_table_goes_by_medians():
    text = table(FRONT, WORKERS)
    assert "1,000/s a core" in text
    assert text.splitlines()[-1].endswith("| 1 | 1 | 2 | 6 | 18 |")
