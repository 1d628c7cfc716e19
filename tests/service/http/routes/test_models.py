"""GET /models and the cards of models."""

import pytest

from tests import fakes


def test_models_lists_versions_and_which_is_default(client):
    listed = [(m["name"], m["version"], m["default"], m["window"]) for m in client.get("/models").json()["models"]]
    assert listed == [
        ("gru", "1", False, 5),
        ("gru", "2", True, 5),
        ("sentiment", "1", True, None),
        ("simple_rnn", "1", True, 3),
    ]


def test_models_tells_who_answers_where_no_model_is_named(serve):
    """The forecaster of any series, and the sentiment model that the setting names."""
    bundles = [
        fakes.forecast_bundle(),
        fakes.universal_bundle(),
        fakes.sentiment_bundle(),
        fakes.sentiment_bundle(fakes.sentiment_card(name="air-line")),
    ]
    for setting, expected in (({}, ["any", "sentiment"]), ({"sentiment_model": "air-line"}, ["air-line", "any"])):
        listed = serve(bundles, **setting).get("/models").json()["models"]
        assert [model["name"] for model in listed if model["task_default"]] == expected


def test_a_card_says_what_was_recommended(serve):
    """What the training run said of the model, and the series that it has learnt, stand in its card."""
    panel = [{"id": "store_12", "last_readings": [1.0, 2.0]}]
    card = fakes.forecast_card("my-sales", recommended="universal: less error on the folds", learnt_panel=panel)
    reply = serve([fakes.forecast_bundle(card)]).get("/models/my-sales").json()
    assert (reply["recommended"], reply["learnt_panel"]) == ("universal: less error on the folds", panel)


def test_a_model_card_is_answered_whole(client):
    assert client.get("/models/gru").json()["version"] == "2"
    card = client.get("/models/gru/versions/1").json()
    assert (card["version"], card["task"], card["data"]["sha256"]) == ("1", "forecast", "0" * 64)


@pytest.mark.parametrize("path", ["/models/nope", "/models/gru/versions/9", "/models/gru/versions/abc"])
def test_an_unknown_model_is_a_404(client, path):
    assert client.get(path).status_code == 404
