"""A frame that is distributed: Fugue calls the client once for each partition, on the workers."""

import dask.dataframe as dask_frame
import pytest
from dask.distributed import Client


@pytest.fixture(scope="module")
def workers():
    """Two threads of one worker: Fugue takes the workers that are there."""
    with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as dask:
        yield dask


@pytest.mark.usefixtures("workers")
def test_a_dask_frame_is_forecast_in_its_partitions(client, panel):
    """And the forecasts are those of the whole frame."""
    frame = panel(6, 48)
    parts = dask_frame.from_pandas(frame, npartitions=3)
    forecast = client.forecast(parts, h=3, freq="MS", level=[80], num_partitions=2).compute()
    whole = client.forecast(frame, h=3, freq="MS", level=[80])
    ordered = forecast.sort_values(["unique_id", "ds"])
    assert ordered["unique_id"].tolist() == whole["unique_id"].tolist()
    assert ordered["TimeGPT-hi-80"].to_numpy() == pytest.approx(whole["TimeGPT-hi-80"].to_numpy(), rel=1e-5)


@pytest.mark.usefixtures("workers")
def test_a_dask_frame_is_cross_validated(client, panel):
    """In the same way."""
    frame = panel(4, 48)
    parts = dask_frame.from_pandas(frame, npartitions=2)
    windows = client.cross_validation(parts, h=3, n_windows=2, freq="MS").compute()
    assert windows.groupby("unique_id")["cutoff"].nunique().tolist() == [2] * 4
