"""The training scripts from a user's CSV to a version that loads, small enough to run here."""

import asyncio

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two networks learnt for three epochs from a made-up monthly series."""
    from training import forecast

    home = tmp_path_factory.mktemp("series")
    t = np.arange(120)
    table = pd.DataFrame(
        {
            "month": pd.date_range("2010-01-01", periods=120, freq="MS").strftime("%Y-%m-%d"),
            "sales": 1e6 * (5 + t / 100 + 0.4 * np.sin(t * np.pi / 6)),
        }
    )
    table.to_csv(home / "sales.csv", index=False)
    options = ["--data", str(home / "sales.csv"), "--only", "lstm14,time_distributed", "--epochs", "3"]
    options += ["--seeds", "0", "1", "--units", "pieces", "--models-dir", str(home / "models")]
    assert forecast.main(options) == 0
    return home, options


def test_a_users_series_becomes_versions_that_load_and_are_proven(trained):
    from service import bundle
    from service.library import Library
    from tests.fakes import settings

    home, _ = trained

    async def loaded():
        library = Library(settings(home / "models"), bundle.load)
        await library.open()
        models = [(model.predictor.card, model.predictor.engine) for model in library.registry]
        await library.close()
        return models

    (direct, engine), (distributed, _) = asyncio.run(loaded())
    assert engine == "onnx"
    assert (direct.name, direct.steps, distributed.name, distributed.steps) == ("lstm14", 14, "time_distributed", 1)
    assert direct.data.units == "pieces"
    assert [(s.name, s.rows) for s in direct.splits] == [("train", 76), ("validation", 15), ("test", 44)]
    assert {(s.subject, s.steps) for s in direct.scores} == {
        (subject, steps) for subject in ("model", "last_value", "seasonal_naive") for steps in ("1", "1-14")
    }
    assert len(direct.step_errors.model_rmse) == 14


def test_the_scaler_knows_the_training_part_only(trained):
    """The test part's maximum lies above; fitting on it would have been a leak."""
    from service import bundle

    home, _ = trained
    card, scaler, _ = bundle.read(home / "models" / "lstm14" / "1")
    readings = pd.read_csv(home / "sales.csv").sales
    assert scaler.maximum == pytest.approx(readings[:76].max())
    assert scaler.maximum < readings.max()
    assert card.readings.maximum == pytest.approx(scaler.maximum)


def test_the_pictures_and_the_table_are_written(trained):
    home, _ = trained
    plots = home / "models" / "lstm14" / "1" / "plots"
    assert sorted(p.name for p in plots.iterdir()) == ["loss.png", "series.png", "test.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in plots.iterdir())
    assert "| lstm14 v1 | 58,244 |" in (home / "models" / "README.md").read_text()


def test_the_same_seed_gives_the_same_network_again_as_the_next_version(trained):
    """Repeatable: a second run writes version 2 with the scores of version 1."""
    from service import bundle
    from training import forecast

    home, options = trained
    assert forecast.main([*options[:3], "lstm14", *options[4:]]) == 0
    first, second = (bundle.read(home / "models" / "lstm14" / v)[0] for v in ("1", "2"))
    assert second.scores == first.scores
    assert second.seed == first.seed


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--data", "nowhere.csv"], "cannot be read"),
        (["--only", "transformer"], "no network is named 'transformer'"),
        (["--test-size", "110"], "are too few"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(trained, capsys, options, fault):
    from training import forecast

    home, _ = trained
    assert forecast.main(["--data", str(home / "sales.csv"), "--models-dir", str(home / "m"), *options]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert fault in said
    assert said.count("\n") == 1


def test_a_users_reviews_become_a_version_that_tells_them_apart(tmp_path):
    """400 made-up reviews: the exported network, text to probability, agrees with the trained one and has learnt."""
    from service import bundle
    from service.engine import prove
    from service.predictors import SentimentClassifier
    from training import sentiment

    rng = np.random.default_rng(0)
    filler = ["the", "film", "with", "a", "plot", "and", "some", "actors", "in", "it", "that", "was"]
    words = {"good": ["lovely", "great", "superb"], "bad": ["awful", "dull", "poor"]}
    rows = [
        {"opinion": label, "body": " ".join(rng.permutation([*filler, *rng.choice(words[label], 4)])) + f" {i}"}
        for i, label in enumerate(["good", "bad"] * 200)
    ]
    path = tmp_path / "opinions.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    options = ["--data", str(path), "--epochs", "6", "--seeds", "0", "--vocabulary", "500"]
    assert sentiment.main([*options, "--models-dir", str(tmp_path / "models")]) == 0
    loaded = bundle.load(tmp_path / "models" / "sentiment" / "1")
    classifier = SentimentClassifier(loaded)
    prove(classifier, loaded.golden, "sentiment")
    assert loaded.card.data.columns == {"text": "body", "label": "opinion"}
    assert [(s.name, s.rows) for s in loaded.card.splits] == [("train", 324), ("validation", 36), ("test", 40)]
    good, bad = classifier.predict(
        [classifier.prepare("Superb, great!<br />Lovely."), classifier.prepare("dull AWFUL poor")]
    )
    assert good.positive > 0.7 > 0.3 > bad.positive
    assert (good.tokens_total, good.tokens_unknown) == (3, 0)


def test_too_few_reviews_say_how_many_are_needed(tmp_path, capsys):
    from training import sentiment

    rows = [{"text": f"this film was number {i}", "label": i % 2} for i in range(60)]
    pd.DataFrame(rows).to_csv(tmp_path / "few.csv", index=False)
    assert sentiment.main(["--data", str(tmp_path / "few.csv")]) == 1
    assert "at least 200" in capsys.readouterr().err


def test_long_texts_keep_their_last_tokens():
    """The network reads the end of a text, right-padded, whatever its neighbours' lengths."""
    from training.networks import KeepLast

    tokens = np.array([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert np.asarray(KeepLast(3)(tokens)).tolist() == [[3, 4, 5], [6, 7, 0], [0, 0, 0]]
    assert np.asarray(KeepLast(3)(tokens[:, :2])).tolist() == [[1, 2], [6, 7], [0, 0]]
    assert np.asarray(KeepLast(3)(tokens[:, :0])).tolist() == [[0], [0], [0]]


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

    from training.networks import standardise

    assert standardise(tf.constant([text])).numpy()[0].decode().split() == tokens


def test_a_version_that_fails_its_proof_is_not_left_behind(tmp_path):
    """A network whose export answers otherwise than training's own leaves no version for the service to refuse."""
    from service.bundle import BundleError
    from tests import fakes
    from training import networks
    from training.exporting import save_proven

    claimed = fakes.forecast_bundle()
    network = networks.simple_rnn(fakes.WINDOW)
    with pytest.raises(BundleError, match="golden case 1 differs"):
        save_proven(
            tmp_path,
            claimed.card,
            claimed.golden,
            lambda path: network.export(path, verbose=False),
            network,
            scaler=claimed.scaler,
        )
    assert list((tmp_path / "gru").iterdir()) == []
