"""The committed models in a real server process, run by ONNX Runtime and by TensorFlow."""

import json
import math
import re
import shlex
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service.http.schema_parts import RECENT_MONTHS
from tests.patience import PATIENCE_S
from tests.processes import ROOT, serving

pytestmark = pytest.mark.slow
# TensorFlow needs a minute to compile the other models: larger or smaller ones of these kinds, and combinations of them
ONE_OF_EACH_KIND = {"simple_rnn", "lstm", "time_distributed", "gru", "finetuned", "universal", "sentiment"}
NAMES = {"onnx": {path.name for path in (ROOT / "models").iterdir() if path.is_dir()}, "tensorflow": ONE_OF_EACH_KIND}


@pytest.fixture(scope="module", params=NAMES)
def served(request, tmp_path_factory) -> Iterator[tuple[httpx.Client, set[str]]]:
    """A client of `python -m service`, started as by `make serve`, and the names of the models that it should serve."""
    names, models = NAMES[request.param], tmp_path_factory.mktemp("models")
    for name in names:
        (models / name).symlink_to(ROOT / "models" / name)
    with serving(models, engine=request.param, grace_s=0) as (process, client, _):
        yield client, names
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


@pytest.fixture
def client(served: tuple[httpx.Client, set[str]]) -> httpx.Client:
    return served[0]


def test_every_model_is_loaded_and_verified(served):
    client, expected = served
    assert {m["name"] for m in client.get("/models").json()["models"]} == expected
    assert client.get("/readyz").status_code == 200


def test_every_forecaster_answers_recent_months_sensibly(served):
    client, names = served
    for name in names - {"sentiment"}:
        check_recent_months(client, name)


def check_recent_months(client, model):
    """Fourteen months after January 2018: high in winter and summer, low in spring, intervals that nest."""
    body = {"readings": RECENT_MONTHS, "start": "2015-02-01", "frequency": "MS", "horizon": 14, "model": model}
    reply = client.post("/forecast", json=body)
    answer = reply.json()
    assert reply.status_code == 200, answer
    assert len(answer["forecast"]) == 14
    assert all(60 < value < 140 for value in answer["forecast"])
    february, april, july, november = (answer["forecast"][i] for i in (0, 2, 5, 9))
    assert min(february, july) > max(april, november)
    assert answer["timestamps"][0] == "2018-02-01T00:00:00"
    narrow, wide = answer["intervals"]
    assert (narrow["level"], wide["level"]) == (80, 95)
    for step, value in enumerate(answer["forecast"]):
        assert wide["lower"][step] <= narrow["lower"][step] <= value <= narrow["upper"][step] <= wide["upper"][step]


def test_fifteen_readings_are_enough_without_naming_a_model(client):
    answer = client.post("/forecast", json={"readings": RECENT_MONTHS[-15:]}).json()
    assert answer["model"] == "universal"
    assert len(answer["intervals"]) == 2


def test_readings_of_the_series_are_answered_by_the_model_with_the_least_error_on_them(client):
    """The network that was better than the universal one on the test months. The cards of the others rank them lower."""
    answer = client.post("/forecast", json={"readings": RECENT_MONTHS}).json()
    assert answer["model"] == "finetuned"
    assert (answer["selection"]["rule"], answer["selection"]["candidates"][0]["model"]) == (
        "learnt_series",
        "finetuned",
    )
    assert answer["skill"]["measured_on"] == "card", "three seasons are too few for a forecast from earlier"
    assert 0.5 < answer["skill"]["ratio"] < 1


def test_readings_of_another_series_are_answered_by_the_universal_network(client):
    """A made-up daily series, unlike electricity production."""
    readings = [3000 + 2 * day + 400 * (day % 7 in (5, 6)) for day in range(120)]
    body = {"readings": readings, "start": "2024-01-01", "frequency": "D", "horizon": 14}
    answer = client.post("/forecast", json=body).json()
    assert answer["model"] == "universal"
    assert [round(value, -2) for value in answer["forecast"][:7]] == pytest.approx(
        [3000 + 2 * day + 400 * (day % 7 in (5, 6)) for day in range(120, 127)], abs=120
    )


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("An absolute delight from start to finish. Wonderful performances and a great script.", "positive"),
        ("What a terrible waste of time. The acting was awful and the plot made no sense at all.", "negative"),
        ("One of the best films I have seen in years, moving, superbly directed and wonderfully acted.", "positive"),
        ("Boring, badly written and far too long. I would not recommend this to anyone.", "negative"),
    ],
)
def test_clear_reviews_get_their_label_with_certainty(client, text, label):
    answer = client.post("/sentiment", json={"text": text}).json()
    assert (answer["label"], answer["uncertain"]) == (label, False)
    assert answer["tokens"]["unknown"] == 0


@pytest.mark.parametrize(
    "text", ["\u200b", "🙂🙂🙂", "!!!", "<br /><br />", "\x00", "的电影", "ﬀ\u0301" * 500, "a" * 20_000, "a " * 10_000]
)
def test_odd_texts_are_answered(client, text):
    """No text breaks the network. A text of which it knows no word is marked uncertain."""
    reply = client.post("/sentiment", json={"text": text})
    assert reply.status_code == 200
    if reply.json()["tokens"]["read"] == reply.json()["tokens"]["unknown"]:
        assert reply.json()["uncertain"] is True


def test_a_text_alone_and_in_a_batch_gets_the_same_answer(client):
    """Padding to the length of another text changes nothing."""
    text = "A quiet, clever film that grows on you."
    alone = client.post("/sentiment", json={"text": text}).json()["confidence"]
    batch = client.post("/sentiment/batch", json={"texts": ["Dreadful. " * 300, text]}).json()["results"]
    assert batch[1]["confidence"] == pytest.approx(alone, abs=1e-5)


def test_concurrent_clients_get_their_own_answers(client):
    """Eight threads send readings of different levels; nobody gets the forecast of another."""
    offsets = [5 * i for i in range(16)]

    def forecast(offset):
        body = {"readings": [r - offset for r in RECENT_MONTHS], "model": "gru"}
        return client.post("/forecast", json=body).json()["forecast"]

    alone = [forecast(offset) for offset in offsets]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(forecast, offsets))
    assert [values[0] for values in together] == pytest.approx([values[0] for values in alone], abs=1e-3)


def test_the_readme_table_is_that_of_the_cards(client):
    """models/README.md was written from the cards that are served."""
    table = (ROOT / "models" / "README.md").read_text("utf-8")
    for model in client.get("/models").json()["models"]:
        name, version, parameters = model["name"], model["version"], f"{model['parameters']:,}"
        assert re.search(
            rf"\| {name} v{version} \| {parameters} \||`{name}` v{version}, {parameters} parameters", table
        )


def test_the_examples_of_the_readme_are_true(client):
    """Every curl command of the README gets the response that is printed below it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    examples = re.findall(r"```console\n\$ (curl .*?)\n(\{.*?\})\n```", readme, re.DOTALL)
    assert len(examples) >= 3
    for command, expected in examples:
        words = shlex.split(command.replace("\\\n", " "))
        (path,) = [word.removeprefix("localhost:8000") for word in words if word.startswith("localhost")]
        body = words[words.index("-d") + 1]
        printed = json.loads(expected)
        headers = {"content-type": "application/json"}
        if request_id := re.search(r'"request_id": "(\w+)"', expected):
            headers["x-request-id"] = request_id[1]
        answer = client.post(path, content=body, headers=headers).json()
        assert answer == approximately(printed)


def approximately(printed):
    """The printed response; its numbers are compared to the digits that are printed."""
    if isinstance(printed, dict):
        return {key: approximately(value) for key, value in printed.items()}
    if isinstance(printed, list):
        return [approximately(value) for value in printed]
    return pytest.approx(printed, abs=0.051 if abs(printed) > 1 else 0.0051) if isinstance(printed, float) else printed


def test_an_explanation_names_the_words_that_count(client):
    """The word that speaks most for the class named weighs most. Weights and baseline add up to the log of its share."""
    text = "A nice idea, but the acting is <b>awful</b>. I liked the music!"
    answer = client.post("/sentiment", json={"text": text, "explain": True, "sentences": True}).json()
    attributions = answer["explanation"]
    assert all(text[word["start"] : word["end"]] == word["text"] for word in attributions)
    heaviest = max(attributions, key=lambda word: word["weight"] * (1 if answer["label"] == "negative" else -1))
    assert heaviest["text"] == "awful"
    card = client.get("/models/sentiment").json()
    logs = {name: math.log(probability) for name, probability in answer["probabilities"].items()}
    baselines = dict(zip(card["classes"], card["explanation_baseline"], strict=True))

    def contrast(values):
        others = [value for name, value in values.items() if name != answer["label"]]
        return values[answer["label"]] - sum(others) / len(others)

    total = contrast(baselines) + sum(word["weight"] for word in attributions)
    assert total == pytest.approx(contrast(logs), abs=0.01)
    first, second = answer["sentences"]
    assert (first["label"], text[second["start"] :]) == ("negative", "I liked the music!")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The battery lasts two days and the screen is gorgeous.", "positive"),
        ("Worst airline ever, three hours late and nobody cared.", "negative"),
        ("The parcel arrived on Tuesday.", "neutral"),
        ("Does the hotel have a parking garage?", "neutral"),
        ("I don\u00b4t like it. It isn\u00b4t good and I wouldn\u00b4t recommend it.", "negative"),
        ("I don&#39;t like it. It isn&#39;t good and I wouldn&#39;t recommend it.", "negative"),
        ("I <3 this film", "positive"),
    ],
)
def test_opinions_beyond_films_get_their_label(client, text, label):
    """Products, airlines, statements, questions, odd apostrophes and emoticons."""
    answer = client.post("/sentiment", json={"text": text}).json()
    assert answer["label"] == label
    assert answer["score"] == pytest.approx(answer["probabilities"]["positive"] - answer["probabilities"]["negative"])


@pytest.mark.parametrize(
    "text",
    [
        "Der Film ist leider sehr schlecht, und die Schauspieler sind furchtbar langweilig.",
        "Una película maravillosa, con un guión inteligente y actores extraordinarios.",
    ],
)
def test_a_text_in_another_language_is_uncertain(client, text):
    answer = client.post("/sentiment", json={"text": text}).json()
    assert answer["uncertain"] is True
    assert "not_english" in [warning["code"] for warning in answer["warnings"]]
