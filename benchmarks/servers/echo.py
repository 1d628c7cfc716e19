"""FastAPI by itself: Gatecast's own request and response models, a constant answer, no network.

What this server cannot do, no service that leaves HTTP and JSON to FastAPI can.
"""

import argparse

import uvicorn
from fastapi import FastAPI

from service.http.schemas import (
    FORECAST,
    SENTIMENT,
    ForecastRequest,
    ForecastResponse,
    SentimentRequest,
    SentimentResponse,
)

app = FastAPI()
forecast_answer = ForecastResponse.model_validate(FORECAST)
sentiment_answer = SentimentResponse.model_validate(SENTIMENT)


@app.post("/forecast")
async def forecast(asked: ForecastRequest) -> ForecastResponse:
    return forecast_answer


@app.post("/sentiment")
async def sentiment(asked: SentimentRequest) -> SentimentResponse:
    return sentiment_answer


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, port=parser.parse_args().port, access_log=False, log_level="warning")
