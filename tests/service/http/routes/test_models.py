"""GET /models and the cards of models."""

import pytest


def test_models_lists_versions_and_which_is_default(client):
    listed = [(m["name"], m["version"], m["default"], m["window"]) for m in client.get("/models").json()["models"]]
    assert listed == [
        ("gru", "1", False, 5),
        ("gru", "2", True, 5),
        ("sentiment", "1", True, None),
        ("simple_rnn", "1", True, 3),
    ]


def test_a_model_card_is_answered_whole(client):
    assert client.get("/models/gru").json()["version"] == "2"
    card = client.get("/models/gru/versions/1").json()
    assert (card["version"], card["task"], card["data"]["sha256"]) == ("1", "forecast", "0" * 64)


@pytest.mark.parametrize("path", ["/models/nope", "/models/gru/versions/9", "/models/gru/versions/abc"])
def test_an_unknown_model_is_a_404(client, path):
    assert client.get(path).status_code == 404
