"""The training scripts from a user's CSV to a version that loads, small enough to run here."""

import asyncio
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One of the tutorial's networks learnt for two epochs from a made-up monthly series."""
    from training.forecast import __main__ as forecast

    home = tmp_path_factory.mktemp("series")
    t = np.arange(160)
    table = pd.DataFrame(
        {
            "month": pd.date_range("2010-01-01", periods=160, freq="MS").strftime("%Y-%m-%d"),
            "sales": 1e6 * (5 + t / 100 + 0.4 * np.sin(t * np.pi / 6)),
        }
    )
    table.to_csv(home / "sales.csv", index=False)
    options = ["--data", str(home / "sales.csv"), "--only", "simple_rnn", "--epochs", "2"]
    options += ["--recipe", "tutorial", "--seeds", "0", "--units", "pieces", "--export", "all"]
    options += ["--models-dir", str(home / "models"), "--report", str(home / "report")]
    assert forecast.main(options) == 0
    return home, options


def test_a_users_series_becomes_versions_that_load_and_are_proven(trained):
    from service.artifacts import bundle
    from service.serving.repository import ModelRepository
    from tests.fakes import settings

    home, _ = trained

    async def loaded():
        library = ModelRepository(settings(home / "models"), bundle.load)
        await library.open()
        models = [(model.predictor.card, model.predictor.engine) for model in library.registry]
        await library.close()
        return models

    ((card, engine),) = asyncio.run(loaded())
    assert engine == "onnx"
    assert (card.name, card.steps) == ("simple_rnn", 1)
    assert card.data.units == "pieces"
    assert [(s.name, s.rows) for s in card.splits] == [("all", 160), ("train", 120), ("folds", 48), ("test", 40)]
    assert {(s.subject, s.steps) for s in card.scores} == {
        (subject, steps) for subject in ("model", "seasonal_naive") for steps in ("1", "1-14")
    }
    assert len(card.step_errors.model_rmse) == 14
    assert len(card.calibration.scores) == 14
    assert min(card.calibration.scores[0]) > 0


def test_the_exported_network_has_learnt_from_everything_and_the_measured_one_has_not(trained):
    """The scores come from the training part alone; a scaler fitted on the test part there would have been a leak."""
    from service.artifacts import bundle
    from service.artifacts.scaler import MinMax
    from training.forecast import recipes

    home, _ = trained
    readings = pd.read_csv(home / "sales.csv").sales.to_numpy()
    _, scaler, _ = bundle.read(home / "models" / "simple_rnn" / "1")
    assert scaler.maximum == pytest.approx(readings.max())
    fitted = recipes.fit(replace(recipes.TUTORIAL["simple_rnn"], epochs=1), readings[:120], 12, 14, 0, watched=24)
    assert fitted.scaler == MinMax(readings[:96].min(), readings[:96].max())


def test_the_page_and_the_table_are_written(trained):
    home, _ = trained
    page = (home / "report" / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 4
    assert "Use " in page
    assert "season 12" in page
    assert "| simple_rnn v1 | 19 |" in (home / "models" / "README.md").read_text()


def test_the_same_seed_gives_the_same_network_again_as_the_next_version(trained):
    """Repeatable: a second run writes version 2 with the scores of version 1."""
    from service.artifacts import bundle
    from training.forecast import __main__ as forecast

    home, options = trained
    assert forecast.main([*options[:3], "simple_rnn", *options[4:]]) == 0
    first, second = (bundle.read(home / "models" / "simple_rnn" / v)[0] for v in ("1", "2"))
    assert second.scores == first.scores
    assert second.seed == first.seed


def test_the_best_is_exported_under_a_name_of_its_own(trained, tmp_path, monkeypatch):
    """A tuned network and the universal one trained further: one of them becomes `sales`, and can be compiled again."""
    from service.artifacts import bundle
    from training import compile as compiling
    from training.forecast import __main__ as forecast
    from training.forecast import finetuning

    home, _ = trained
    monkeypatch.setattr(finetuning, "UPDATES", 4)
    shutil.copytree(ROOT / "models" / "universal", tmp_path / "universal")
    options = ["--data", str(home / "sales.csv"), "--only", "gru,finetuned", "--preset", "quick", "--name", "sales"]
    assert forecast.main([*options, "--models-dir", str(tmp_path), "--report", str(tmp_path / "r")]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.md", "r", "sales", "universal"]
    card, _, _ = bundle.read(tmp_path / "sales" / "1")
    assert card.settings["kind"] in ("gru", "finetuned")
    assert card.scores[-1].metrics["rmse"] < card.scores[1].metrics["rmse"]
    before = (tmp_path / "sales/1/compiled/network.onnx").read_bytes()
    assert compiling.main([str(tmp_path / "sales" / "1")]) == 0
    assert (tmp_path / "sales/1/compiled/network.onnx").read_bytes() == before


def test_without_a_universal_network_all_others_are_fitted(trained, tmp_path, capsys):
    """It is looked for before anything is fitted; a damaged one is left out, too, and said."""
    from training.forecast import __main__ as forecast

    home, _ = trained
    options = forecast.arguments(["--data", str(home / "sales.csv"), "--models-dir", str(tmp_path)])
    names, start = forecast.wanted_names(options)
    assert names == ["simple_rnn", "lstm", "lstm14", "time_distributed", "gru", "ensemble"]
    assert start is None
    assert "'finetuned' is left out" in capsys.readouterr().out
    shutil.copytree(ROOT / "models" / "universal", tmp_path / "universal")
    assert forecast.wanted_names(options)[0][-1] == "finetuned"
    (tmp_path / "universal" / "1" / "network.json").write_text("{}")
    assert "finetuned" not in forecast.wanted_names(options)[0]
    assert "cannot be started from" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--data", "nowhere.csv"], "cannot be read"),
        (["--only", "transformer"], "no forecaster is named 'transformer'"),
        (["--test-size", "150"], "are too few"),
        (["--test-size", "60"], "are too few: windows of 36 readings"),
        (["--name", "sales", "--export", "all"], "--name is for one model"),
        (["--only", "gru,finetuned"], "holds no 'universal'"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(trained, tmp_path, capsys, options, fault):
    from training.forecast import __main__ as forecast

    home, _ = trained
    assert forecast.main(["--data", str(home / "sales.csv"), "--models-dir", str(tmp_path), *options]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert fault in said
    assert said.count("\n") == 1


def test_a_users_reviews_become_a_version_that_tells_them_apart(tmp_path, capsys):
    """400 made-up reviews: the exported network, text to probability, agrees with the trained one and has learnt."""
    from service.artifacts import bundle
    from service.artifacts.golden import verify
    from service.sentiment.classifier import SentimentClassifier
    from training.sentiment import __main__ as sentiment

    rng = np.random.default_rng(0)
    filler = ["the", "film", "with", "a", "plot", "and", "some", "actors", "in", "it", "that", "was"]
    words = {"good": ["lovely", "great", "superb"], "bad": ["awful", "dull", "poor"]}
    rows = [
        {"opinion": label, "body": " ".join(rng.permutation([*filler, *rng.choice(words[label], 4)])) + f" {i}"}
        for i, label in enumerate(["good", "bad"] * 200)
    ]
    path = tmp_path / "opinions.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    more = [
        " ".join([*rng.permutation(filler), *rng.choice(words[key], 2)]) for key in ("good", "bad") for _ in range(600)
    ]
    pd.DataFrame({"body": [f"{text} {i}" for i, text in enumerate(more)]}).to_csv(tmp_path / "more.csv", index=False)
    options = ["--data", str(path), "--epochs", "3", "--pretraining", "1", "--seeds", "0", "--vocabulary", "500"]
    options += ["--unlabelled", str(tmp_path / "more.csv"), "--teacher"]
    assert sentiment.main([*options, "--models-dir", str(tmp_path / "models"), "--report", str(tmp_path)]) == 0
    shares = re.findall(r"epoch \d: accuracy (\d\.\d+)", capsys.readouterr().out)
    assert len(shares) == 3
    assert float(shares[-1]) > 0.7, "what is likely on both sides is told right, though targets are probabilities here"
    assert "told right, by n-grams alone" in (tmp_path / "report.html").read_text("utf-8")
    loaded = bundle.load(tmp_path / "models" / "sentiment" / "1")
    classifier = SentimentClassifier(loaded)
    verify(classifier, loaded.golden, "sentiment")
    assert loaded.card.data.columns == {"text": "body", "label": "opinion"}
    assert loaded.card.settings["unlabelled_texts"] == 1200
    assert "paragraph vectors" in loaded.card.settings["taught"]
    assert [(s.name, s.rows) for s in loaded.card.splits] == [("train", 240), ("validation", 120), ("test", 40)]
    good, bad = classifier.predict(
        [classifier.prepare("Superb, great!<br />Lovely."), classifier.prepare("dull AWFUL poor")]
    )
    assert good.positive > 0.7 > 0.3 > bad.positive
    assert (good.tokens_total, good.tokens_unknown) == (3, 0)

    # another run on texts of one's own starts from what is there
    again = ["--data", str(path), "--epochs", "1", "--preset", "quick", "--seeds", "0", "1"]
    assert sentiment.main([*again, "--models-dir", str(tmp_path / "models"), "--report", str(tmp_path)]) == 0
    further = bundle.load(tmp_path / "models" / "sentiment" / "2")
    assert further.card.settings["started_from"] == "sentiment v1"
    assert further.card.vocabulary == loaded.card.vocabulary
    assert further.card.seeds == [0, 1]
    assert [len(spread.values) for spread in further.card.spread if spread.metric == "accuracy"] == [2, 2]
    (good,) = SentimentClassifier(further).predict([SentimentClassifier(further).prepare("Superb, great! Lovely.")])
    assert good.positive > 0.7

    # but never on texts that it would be tested on and has learnt from
    pd.DataFrame(rows[:40]).to_csv(tmp_path / "others.csv", index=False)
    capsys.readouterr()
    again += ["--test-data", str(tmp_path / "others.csv"), "--models-dir", str(tmp_path / "models")]
    assert sentiment.main(again) == 1
    assert "sentiment v2 has learnt from opinions.csv with another test part" in capsys.readouterr().err


def test_what_texts_taught_is_kept_and_is_not_taken_for_anothers(tmp_path):
    """The file is read again for the same texts; other texts, and a file that is none, are refused."""
    from rich.console import Console

    from training.data.tables import DataError
    from training.sentiment.initialization import from_texts

    file, quiet = tmp_path / "runs" / "start.npz", Console(quiet=True)
    texts = [f"the film was {word} and long" for word in ("good", "bad", "good", "dull", "bad", "dull")]
    first = from_texts(texts, 20, 0, quiet, file)
    again = from_texts(texts, 20, 0, quiet, file)
    assert again.words == first.words
    np.testing.assert_array_equal(again.layers["vectors"][0], first.layers["vectors"][0])
    for others, vocabulary in ((texts[1:], 20), (texts, 10)):
        with pytest.raises(DataError, match="learnt from other texts"):
            from_texts(others, vocabulary, 0, quiet, file)
    for content in (b"PK nothing", b"", b"\x93NUMPY\x01\x00"):
        file.write_bytes(content)
        with pytest.raises(DataError, match="keeps no pretrained network"):
            from_texts(texts, 20, 0, quiet, file)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            ["--start", "models/sentiment/1", "--vocabulary", "100"],
            "--vocabulary is for a network that begins from nothing",
        ),
        (["--start", "models/sentiment/1", "--ladder", "x.json"], "--ladder is for a network that begins from nothing"),
        (["--start", "none", "--teacher"], "give --unlabelled more.csv"),
        (["--start", "none", "--epochs", "0"], "--epochs and --vocabulary are at least 1"),
        (["--start", "none", "--ladder", "{data}"], "is no ladder"),
    ],
)
def test_options_without_effect_are_refused_before_anything_is_learnt(tmp_path, capsys, options, fault):
    from training.sentiment import __main__ as sentiment

    rows = [{"text": f"this film was number {i}", "label": i % 2} for i in range(300)]
    path = tmp_path / "few.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    assert sentiment.main(["--data", str(path), *(option.format(data=path) for option in options)]) == 1
    assert fault in capsys.readouterr().err


def test_a_ladder_is_not_continued_on_other_texts(tmp_path):
    from training.data.tables import DataError
    from training.sentiment.ablation_table import AblationTable

    path = AblationTable("these texts", {"n-grams": {"accuracy": 0.9}}).write(tmp_path / "ladder.json")
    assert AblationTable.read(path, "these texts").rows == {"n-grams": {"accuracy": 0.9}}
    assert AblationTable.read(tmp_path / "none.json", "these texts").rows == {}
    with pytest.raises(DataError, match="measured on other texts"):
        AblationTable.read(path, "others")


def test_rungs_of_the_ladder_build_on_each_other(tmp_path, capsys, monkeypatch):
    """One network is fitted for two rungs, and what was found before is not measured again.

    The file is in the order of its labels: what the tutorial learns from must be of both classes all the same.
    """
    from training.sentiment import ablation
    from training.sentiment.ablation_table import AblationTable

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
    rungs = AblationTable.read(out, before["measured_on"]).rows
    assert rungs["n-grams"]["accuracy"] == 1.0
    assert rungs["n-grams beside"]["loss"] < rungs["pretraining"]["loss"]
    assert rungs["n-grams beside"]["parameters"] - rungs["pretraining"]["parameters"] == rungs["n-grams"]["parameters"]
    assert ablation.main([*options, "--rungs", "n-grams", "pretraining"]) == 0
    assert json.loads(out.read_text("utf-8")) == before
    monkeypatch.setattr(ablation, "TUTORIAL", ablation.TUTORIAL | {"reviews": 100, "epochs": 30})
    assert ablation.main([*options, "--rungs", "tutorial"]) == 0
    assert AblationTable.read(out, before["measured_on"]).rows["tutorial"]["accuracy"] > 0.9


def test_too_few_reviews_say_how_many_are_needed(tmp_path, capsys):
    from training.sentiment import __main__ as sentiment

    rows = [{"text": f"this film was number {i}", "label": i % 2} for i in range(60)]
    pd.DataFrame(rows).to_csv(tmp_path / "few.csv", index=False)
    assert sentiment.main(["--data", str(tmp_path / "few.csv")]) == 1
    assert "at least 200" in capsys.readouterr().err


def test_long_texts_keep_their_two_ends():
    """The network reads the ends of a text, right-padded, whatever its neighbours' lengths."""
    from training.networks.text import KeepEnds

    tokens = np.array([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert np.asarray(KeepEnds(3)(tokens)).tolist() == [[3, 4, 5], [6, 7, 0], [0, 0, 0]]
    assert np.asarray(KeepEnds(3, head=1)(tokens)).tolist() == [[1, 4, 5], [6, 7, 0], [0, 0, 0]]
    assert np.asarray(KeepEnds(3, head=1)(tokens[:, :2])).tolist() == [[1, 2], [6, 7], [0, 0]]
    assert np.asarray(KeepEnds(3)(tokens[:, :0])).tolist() == [[0], [0], [0]]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't!<br />It's GREAT.", ["don't", "it's", "great"]),
        ("'quoted' words-and—dashes…", ["quoted", "words", "and", "dashes"]),
        ("a <b>bold</b> 4 < 5 > 3", ["a", "bold", "4", "5", "3"]),
        ("don’t", ["don't"]),
        ("", []),
    ],
)
def test_texts_are_standardised_into_words(text, tokens):
    import tensorflow as tf

    from training.networks.text import standardize

    assert standardize(tf.constant([text])).numpy()[0].decode().split() == tokens


@pytest.mark.parametrize(
    "name",
    [
        "training.forecast.__main__",
        "training.sentiment.__main__",
        "training.sentiment.ablation",
        "training.universal.__main__",
        "training.backtest",
        "training.compile",
        "training.zero_shot",
    ],
)
def test_every_script_says_how_it_is_used(name, capsys):
    """A percent sign in a help text once made --help itself fail."""
    import importlib

    script = importlib.import_module(name)
    with pytest.raises(SystemExit) as ended:
        script.main(["--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out
