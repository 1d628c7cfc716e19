"""The benchmark of anomalies: its labels, and a small run with the shipped network."""

import numpy as np
import pytest

from benchmarks import anomalies
from tests.processes import UNIVERSAL


@pytest.mark.parametrize("kind", [kind for kind in anomalies.KINDS if not kind.startswith("nothing")])
def test_labels_are_where_the_series_was_changed(kind):
    """And only in the readings that are judged."""
    spoil, memory = anomalies.KINDS[kind]
    plain = anomalies.series(np.random.default_rng(0), 12, memory)
    spoilt = plain.copy()
    labels = spoil(np.random.default_rng(1), spoilt)
    changed = set(np.flatnonzero(spoilt != plain).tolist())
    assert labels <= changed
    assert min(changed) >= anomalies.COUNT - anomalies.JUDGED


def test_a_small_run_prints_a_row_for_each_kind(capsys):
    options = ["--model", f"universal/{UNIVERSAL.name}", "--models-dir", str(UNIVERSAL.parents[1]), "--repeats", "1"]
    assert anomalies.main(options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(anomalies.KINDS) + 2
    assert lines[-1].endswith("ms")


def test_another_kind_of_model_is_refused(capsys):
    assert (
        anomalies.main(
            [
                "--model",
                f"gru/{max((UNIVERSAL.parents[1] / 'gru').iterdir()).name}",
                "--models-dir",
                str(UNIVERSAL.parents[1]),
            ]
        )
        == 1
    )
    assert "not a forecaster of any series" in capsys.readouterr().err
