"""What is trained is what answers: a service with the exported versions beside `universal` chooses as the ranking says."""

import asyncio
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.processes import ROOT

# the lines are counted where test_main.py runs them
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

LENGTH = 150


def seasonal(rng):
    """Months with a trend: any forecaster does well."""
    t = np.arange(LENGTH)
    return 100 + t / 3 + 20 * np.sin(t * np.pi / 6) + rng.normal(0, 2, LENGTH)


def chaotic(rng):
    """A map that looks like noise: a network of this series may learn it, that of any series cannot know it."""
    values = [0.3]
    for _ in range(LENGTH - 1):
        values.append(3.9 * values[-1] * (1 - values[-1]))
    return 10 + 5 * np.array(values)


@pytest.mark.parametrize(("make", "steps"), [(seasonal, "6"), (chaotic, "1")])
def test_a_network_answers_its_own_series_unasked_if_and_only_if_the_ranking_says_so(make, steps, tmp_path, capsys):
    """The readings are the series' own last ones, and no model is named."""
    from service.artifacts import bundle
    from training.forecast import __main__ as forecast

    dates = pd.date_range("2010-01-01", periods=LENGTH, freq="MS").strftime("%Y-%m-%d")
    readings = make(np.random.default_rng(0))
    pd.DataFrame({"month": dates, "sales": readings}).to_csv(tmp_path / "sales.csv", index=False)
    shutil.copytree(ROOT / "models" / "universal", tmp_path / "models" / "universal")
    arguments = ["--data", str(tmp_path / "sales.csv"), "--only", "gru", "--preset", "quick", "--name", "my-sales"]
    arguments += ["--steps", steps, "--models-dir", str(tmp_path / "models"), "--report", str(tmp_path / "report")]
    assert forecast.main(arguments) == 0
    printed = capsys.readouterr().out
    said = "'my-sales' answers readings of its series" in printed
    assert said != ("'my-sales' does not answer" in printed)
    card, _, _ = bundle.read(tmp_path / "models" / "my-sales" / "1")
    last = [float(reading) for reading in readings[-60:]]
    chosen = asyncio.run(answering(tmp_path / "models", last))
    assert chosen == ("my-sales" if said else "universal")
    errors = card.step_errors
    assert len(errors.model_rmse) == int(steps)
    pooled = next(
        score.metrics["rmse"] for score in card.scores if score.subject == "model" and str(score.steps).endswith(steps)
    )
    assert np.sqrt(np.mean(np.square(errors.model_rmse))) == pytest.approx(pooled)
    assert card.recommended in printed


async def answering(models_dir, readings):
    """The name of the model that a service of this directory answers with where none is named."""
    from service.artifacts import bundle
    from service.serving import selection
    from service.serving.repository import ModelRepository
    from tests.fakes import settings

    repository = ModelRepository(settings(models_dir), bundle.load)
    await repository.open()
    options = selection.ForecastOptions(None, None, None, None)
    eligible = selection.find_eligible(repository.registry, options)
    prepared = selection.prepare(repository.registry, options, eligible, selection.ForecastQuery(readings))
    await repository.close()
    return prepared.model.predictor.card.name
