"""The ablation command, on made-up reviews and on made-up sets of opinions."""

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow
FILLER = ["the", "film", "was", "a", "plot"]


def opinions(words, count):
    """Texts of random words and one word that tells the label, alternating."""
    rng = np.random.default_rng(0)
    return [
        {"text": " ".join([*rng.choice(FILLER, 12), word, str(row)]), "label": label, "neutral": int(label == "")}
        for row, (word, label) in enumerate((words * count)[:count])
    ]


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """A function that runs the command, and returns its rows."""
    from service.artifacts.files import read_json
    from training.sentiment.ablation import __main__ as ablation
    from training.sentiment.ablation import steps
    from training.sentiment.ablation.table import AblationTable

    monkeypatch.setattr(steps, "GENERATED", 40)
    out = tmp_path / "runs" / "ladder.json"

    def rows(*options):
        common = ["--out", str(out), "--vocabulary", "200", "--epochs", "1"]
        assert ablation.main([*map(str, options), *common]) == 0
        return AblationTable.read(out, read_json(out)["measured_on"]).rows

    return rows


def test_steps_share_networks_and_rows_are_kept(tmp_path, measure, capsys):
    """N-grams are added to the network of the step before them; a row in the file is not measured again."""
    path = tmp_path / "opinions.csv"
    pd.DataFrame(opinions([("superb", 1), ("awful", 0)], 300)).drop(columns="neutral").to_csv(path, index=False)
    rows = measure("--data", path, "--rungs", "n-grams", "spelling noise", "n-grams beside")
    assert capsys.readouterr().out.count("epoch 1 of 1: loss") == 1
    ngrams, network, both = (rows[name] for name in ("n-grams", "spelling noise", "n-grams beside"))
    assert ngrams["polar_balanced_accuracy"] == 1.0
    assert both["loss"] < network["loss"]
    assert both["parameters"] - network["parameters"] == ngrams["parameters"]
    assert measure("--data", path, "--rungs", "n-grams", "phrases") == rows


def test_sets_have_steps_of_their_own(tmp_path, measure, capsys):
    """Phrases and generated texts; vectors of a file only if one is given."""
    home = tmp_path / "sets" / "sst"
    home.mkdir(parents=True)
    words = [("superb", 1), ("awful", 0), ("round", "")]
    for part, count in (("train", 240), ("dev", 60), ("train_phrases", 30)):
        rows = opinions(words, count)
        table = pd.DataFrame(rows).assign(text=[f"{row['text']} {part}" for row in rows], domain="films")
        table.to_csv(home / f"{part}.csv", index=False)
    rows = measure(
        "--opinions", tmp_path / "sets", "--rungs", "n-grams", "random vectors", "phrases", "generated texts"
    )
    assert list(rows) == ["n-grams", "random vectors", "phrases", "generated texts"]
    assert all(0 < row["macro_f1"] <= 1 for row in rows.values())
    assert "vectors of a file" not in capsys.readouterr().out


def test_unlabelled_texts_have_a_teacher_and_a_second_round(tmp_path, measure, monkeypatch):
    """Where the texts are long enough; the second round learns from the network of the step before it."""
    from training.sentiment.recipe import distillation, teacher

    for name, value in (("MIN_WORDS", 5), ("MIN_TEXTS", 100), ("FOLDS", 2), ("EPOCHS", 1)):
        monkeypatch.setattr(teacher, name, value)
    monkeypatch.setattr(distillation, "SENTENCES", 50)
    path, more = tmp_path / "opinions.csv", tmp_path / "more.csv"
    table = pd.DataFrame(opinions([("superb", 1), ("awful", 0)], 1500)).drop(columns="neutral")
    table[:300].to_csv(path, index=False)
    table[["text"]][300:].to_csv(more, index=False)
    steps = ("unlabelled texts taught", "second round")
    rows = measure("--data", path, "--unlabelled", more, "--rungs", *steps)
    assert list(rows) == list(steps)
    assert all(row["polar_balanced_accuracy"] > 0.9 for row in rows.values())


def test_too_few_reviews_are_an_error(tmp_path, capsys):
    from training.sentiment.ablation import __main__ as ablation

    rows = [{"text": f"this film was number {i}", "label": i % 2} for i in range(60)]
    pd.DataFrame(rows).to_csv(tmp_path / "few.csv", index=False)
    assert ablation.main(["--data", str(tmp_path / "few.csv"), "--out", str(tmp_path / "ladder.json")]) == 1
    assert "too few" in capsys.readouterr().err
