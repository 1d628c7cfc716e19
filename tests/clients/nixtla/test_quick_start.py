"""The examples of the client's own quick start, unchanged but for the address and the series, which is written here."""

import pandas as pd
from nixtla import NixtlaClient


def test_the_quick_start_forecasts_the_next_year(service_url, passengers):
    """Its steps: make a client, look at the key, forecast, and the forecasts have the dates that follow."""
    nixtla_client = NixtlaClient(api_key="my_api_key_provided_by_nixtla", base_url=f"{service_url}/nixtla")
    assert nixtla_client.validate_api_key()
    df = passengers
    timegpt_fcst_df = nixtla_client.forecast(df=df, h=12, freq="MS", time_col="timestamp", target_col="value")
    assert timegpt_fcst_df.columns.tolist() == ["timestamp", "TimeGPT"]
    assert timegpt_fcst_df["timestamp"].tolist() == pd.date_range("1961-01-01", periods=12, freq="MS").tolist()
    assert timegpt_fcst_df["TimeGPT"].between(350, 750).all()
    assert timegpt_fcst_df["TimeGPT"].idxmax() in (6, 7)  # the summer, as in every year


def test_the_quick_start_forecasts_three_years_with_the_long_horizon_model(client, passengers):
    """Any of the product's names means the default choice."""
    forecast = client.forecast(
        df=passengers, h=36, time_col="timestamp", target_col="value", freq="MS", model="timegpt-1-long-horizon"
    )
    assert len(forecast) == 36
    assert forecast["timestamp"].iloc[-1] == pd.Timestamp("1963-12-01")


def test_the_quick_start_forecasts_a_shorter_horizon(client, passengers):
    """Half a year is the beginning of a year."""
    longer, shorter = (
        client.forecast(df=passengers, h=h, time_col="timestamp", target_col="value", freq="MS") for h in (12, 6)
    )
    assert shorter["timestamp"].equals(longer["timestamp"][:6])


def test_the_key_the_models_and_the_use_are_told(client):
    """A service without keys takes any; the models are our own, and there are no limits unless they are set."""
    assert client.validate_api_key()
    assert "universal" in client.list_models()
    assert client.usage() == {}
    assert client.finetuned_models() == []
