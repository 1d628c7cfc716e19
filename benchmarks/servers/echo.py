"""FastAPI by itself: Gatecast's own request and response models, a constant answer, no network.

No service that leaves HTTP and JSON to FastAPI can be faster than this.
"""

import argparse

import uvicorn
from fastapi import FastAPI

from service.http.schemas import FORECAST, ForecastRequest, ForecastResponse
from service.http.schemas_sentiment import SENTIMENT, SentimentRequest, SentimentResponse

app = FastAPI()
FORECAST_RESPONSE = ForecastResponse.model_validate(FORECAST)
SENTIMENT_RESPONSE = SentimentResponse.model_validate(SENTIMENT)


@app.post("/forecast")
async def forecast(request: ForecastRequest) -> ForecastResponse:
    return FORECAST_RESPONSE


@app.post("/sentiment")
async def sentiment(request: SentimentRequest) -> SentimentResponse:
    return SENTIMENT_RESPONSE


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, port=parser.parse_args().port, access_log=False, log_level="warning")
