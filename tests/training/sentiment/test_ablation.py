"""The ablation command and its table, on made-up reviews."""

import json

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow


def test_a_table_of_other_texts_is_an_error(tmp_path):
    """The same texts continue the table; without a file it is empty; a file of another kind is an error."""
    from training.data.tables import DataError
    from training.sentiment.ablation import AblationTable

    path = AblationTable("these texts", {"n-grams": {"accuracy": 0.9}}).write(tmp_path / "ladder.json")
    assert AblationTable.read(path, "these texts").rows == {"n-grams": {"accuracy": 0.9}}
    assert AblationTable.read(tmp_path / "none.json", "these texts").rows == {}
    with pytest.raises(DataError, match="measured on other texts"):
        AblationTable.read(path, "others")
    path.write_text("[]")
    with pytest.raises(DataError, match="is not a file of ablation results"):
        AblationTable.read(path, "these texts")


def test_steps_share_networks_and_keep_their_rows(tmp_path, capsys, monkeypatch):
    """Two steps share one network, and a row in the file is not measured again.

    The file is sorted by label, but the tutorial's few texts must have both classes all the same.
    """
    from training.sentiment import ablation
    from training.sentiment.ablation import AblationTable

    rng = np.random.default_rng(0)
    rows = [
        {"text": " ".join([*rng.choice(["the", "film", "was", "a", "plot"], 12), word, str(i)]), "label": label}
        for i, (word, label) in enumerate([("superb", 1), ("awful", 0)] * 150)
    ]
    rows.sort(key=lambda row: row["label"])
    path, out = tmp_path / "opinions.csv", tmp_path / "ladder.json"
    pd.DataFrame(rows).to_csv(path, index=False)
    options = ["--data", str(path), "--out", str(out), "--vocabulary", "100", "--epochs", "1", "--pretraining", "1"]
    assert ablation.main([*options, "--rungs", "n-grams", "pretraining", "n-grams beside"]) == 0
    assert capsys.readouterr().out.count("epoch 1: accuracy") == 1
    before = json.loads(out.read_text("utf-8"))
    measured = AblationTable.read(out, before["measured_on"]).rows
    ngrams, network, both = (measured[name] for name in ("n-grams", "pretraining", "n-grams beside"))
    assert ngrams["accuracy"] == 1.0
    assert both["loss"] < network["loss"]
    assert both["parameters"] - network["parameters"] == ngrams["parameters"]
    assert ablation.main([*options, "--rungs", "n-grams", "pretraining"]) == 0
    assert json.loads(out.read_text("utf-8")) == before
    monkeypatch.setattr(ablation, "TUTORIAL", ablation.TUTORIAL | {"reviews": 100, "epochs": 30})
    assert ablation.main([*options, "--rungs", "tutorial"]) == 0
    assert AblationTable.read(out, before["measured_on"]).rows["tutorial"]["accuracy"] > 0.9


def test_too_few_reviews_are_an_error(tmp_path, capsys):
    from training.sentiment import ablation

    rows = [{"text": f"this film was number {i}", "label": i % 2} for i in range(60)]
    pd.DataFrame(rows).to_csv(tmp_path / "few.csv", index=False)
    assert ablation.main(["--data", str(tmp_path / "few.csv"), "--out", str(tmp_path / "ladder.json")]) == 1
    assert "at least 200" in capsys.readouterr().err
