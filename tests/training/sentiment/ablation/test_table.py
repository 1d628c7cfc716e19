"""The table of the ablation, on made-up logits."""

from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # the table knows the results of a run, and with them TensorFlow


def corpus(labels, sets, poles):
    """A validation part alone."""
    from training.sentiment.texts.corpus import Labelled

    part = Labelled("validation", [f"text {row}" for row in range(len(labels))], np.array(labels), sets)
    return SimpleNamespace(validation=part, poles=poles)


def test_a_table_of_other_texts_is_an_error(tmp_path):
    """The same texts continue the table; without a file it is empty; a file of another kind is an error."""
    from training.data.tables import DataError
    from training.sentiment.ablation.table import AblationTable

    path = AblationTable("these texts", {"n-grams": {"macro_f1": 0.9}}).write(tmp_path / "ladder.json")
    assert AblationTable.read(path, "these texts").rows == {"n-grams": {"macro_f1": 0.9}}
    assert AblationTable.read(tmp_path / "none.json", "these texts").rows == {}
    with pytest.raises(DataError, match="measured on other texts"):
        AblationTable.read(path, "others")
    path.write_text("[]")
    with pytest.raises(DataError, match="is not a file of ablation results"):
        AblationTable.read(path, "these texts")


def test_every_set_weighs_the_same_in_a_row():
    """One set is all right and four times as large; of the other, which has no neutral texts, half is."""
    from training.sentiment.ablation.table import row

    data = corpus([0, 1, 2, 0, 1, 2, 0, 2, 0, 2], ["a"] * 6 + ["b"] * 4, (0, 2))
    logits = np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 0, 0, 0]] * 4
    figures = row(data, [logits, logits], 61.7, 10)
    assert figures["polar_balanced_accuracy"] == 0.75
    assert figures["macro_f1"] == 1.0
    assert (figures["seeds"], figures["seconds"], figures["parameters"]) == (2, 62, 10)
    assert "balanced_accuracy" not in figures


def test_without_poles_a_row_has_the_balanced_accuracy_of_all_classes():
    from training.sentiment.ablation.table import row

    figures = row(corpus([0, 1, 2], ["a"] * 3, None), [np.eye(3)[[0, 1, 1]]], 0.0, 10)
    assert figures["balanced_accuracy"] == pytest.approx(2 / 3)
    assert "polar_balanced_accuracy" not in figures


def test_the_fingerprint_depends_on_texts_labels_and_sets():
    from training.sentiment.ablation.table import fingerprint

    parts = [([0, 1], ["a", "a"]), ([1, 1], ["a", "a"]), ([0, 1], ["a", "b"])]
    assert len({fingerprint(corpus(*part, None).validation) for part in parts}) == 3
