"""The tutorial's way to serve a network: a plain `def` endpoint that calls Keras' `model.predict`.

The networks are the tutorial's, with random weights: a GRU(256) over 15 readings, and a bidirectional LSTM(64) over the
words of a review. Each request is one `predict` in FastAPI's thread pool; TensorFlow chooses its number of threads.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from training.networks.text import bilstm
from training.networks.tutorial import gru

MINIMUM, MAXIMUM = 55.3151, 113.7226
MAX_TOKENS = 400


class Series(BaseModel):
    readings: list[float]


class Forecast(BaseModel):
    forecast: list[float]


class Review(BaseModel):
    text: str


class Sentiment(BaseModel):
    label: str
    probability: float


def classifier() -> keras.Model:
    """A network whose vocabulary is the words of the benchmark's review, so that it knows every word."""
    words = keras.layers.TextVectorization(max_tokens=20_000, output_sequence_length=MAX_TOKENS)
    words.adapt([Path(__file__).parents[1].joinpath("review.txt").read_text("utf-8")])
    text = keras.Input((), dtype="string", name="text")
    logit = bilstm(20_000, 0.4)(words(text))
    return keras.Model(text, {"probability": keras.ops.sigmoid(logit)})


app = FastAPI()
forecaster = gru(15)
sentiment_network = classifier()


@app.post("/forecast")
def forecast(request: Series) -> Forecast:
    scaled = (np.array(request.readings[-15:], np.float32).reshape(1, 15, 1) - MINIMUM) / (MAXIMUM - MINIMUM)
    predictions = forecaster.predict(scaled, verbose=0)
    return Forecast(forecast=(predictions[0] * (MAXIMUM - MINIMUM) + MINIMUM).tolist())


@app.post("/sentiment")
def sentiment(request: Review) -> Sentiment:
    predictions = sentiment_network.predict(tf.constant([request.text]), verbose=0)
    probability = float(predictions["probability"][0, 0])
    return Sentiment(label="positive" if probability >= 0.5 else "negative", probability=probability)


@app.get("/readyz")
def readyz() -> dict[str, str]:
    return {"status": "ready"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, port=parser.parse_args().port, access_log=False, log_level="warning")
