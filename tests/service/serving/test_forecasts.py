"""Series are asked of the forecasters: one or many."""

IMPORTS

DEFAULTS = ForecastOptions(horizon=None, levels=None, model=None, version=None)
QUERY = ForecastQuery(READINGS)
JANUARY = datetime(2016, 1, 1)
CALIBRATION = IntervalCalibration(scores=[[1.0] * 19], unit="readings", measured_on="validation")


def with_registry(bundles, work):
    """The result of `work(registry)`, awaited."""

    async def run():
        registry = fakes.registry(bundles)
        try:
            return await work(registry)
        finally:
            await registry.retire()

    return asyncio.run(run())


def errors(*model_rmse):
    """Backtest errors of these steps; those of the baseline are 4."""
    return StepErrors(
        baseline="seasonal_naive", split="test", model_rmse=list(model_rmse), baseline_rmse=[4.0] * len(model_rmse)
    )


def model(name, series="0", **changes):
    """A forecaster that learnt the series of this number."""
    data = TrainingData(source="made up", sha256=series * 64, rows=100, columns={})
    return fakes.forecast_bundle(fakes.forecast_card(name, **({"data": data} | changes)))


def eligible_names(bundles, options):
    async def work(registry):
        return [each.predictor.card.name for each, _ in find_eligible(registry, options).models]

    return with_registry(bundles, work)


def candidates(bundles, query=QUERY, options=DEFAULTS):
    """The names of the models that are asked about a series, with the codes of their warnings."""

    async def work(registry):
        asked = find_eligible(registry, options).candidates(query)
        return {c.model.predictor.card.name: [warning.code for warning in c.series.warnings] for c in asked}

    return with_registry(bundles, work)


def answer(bundles, query=QUERY, options=DEFAULTS, caller=None):
    return with_registry(bundles, lambda registry: forecast_one(registry, options, query, caller or FakeCaller()))


def answers(bundles, queries, options=DEFAULTS, caller=None):
    async def work(registry):
        return [each async for each in forecast_many(registry, options, queries, caller or FakeCaller())]

    return with_registry(bundles, work)


def pointers(error):
    return {fault.pointer for fault in error.faults}


# ---- forecast_one


def test_an_answer_has_the_forecast_the_dates_and_the_skill():
    response = answer([model("a")], ForecastQuery(READINGS, JANUARY, "MS"), DEFAULTS._replace(horizon=2))
    assert (response.card.name, response.horizon) == ("a", 2)
    assert response.forecast.values == pytest.approx([60, 70], abs=1e-3)
    assert response.timestamps == ["2016-06-01T00:00:00", "2016-07-01T00:00:00"]
    assert response.skill["measured_on"] == "card"
    assert [warning.code for warning in response.warnings] == ["recursive_horizon"]


def test_skill_on_the_readings_goes_before_the_skill_of_the_card():
    response = answer([model("a")], ForecastQuery([10.0 * i for i in range(10)]))
    assert (response.skill["measured_on"], response.skill["origins"]) == ("readings", 5)


def test_dates_are_those_of_the_selected_models_own_horizon():
    """Dates are made for the longest horizon of the candidates, and cut to that of the answer."""
    bundles = [model("a", horizon=2, steps=2), model("b", series="1", horizon=1, step_errors=errors(9.0))]

    def run(*arrays):
        return {"output": arrays[0][:, -2:, 0]}

    bundles[0] = replace(bundles[0], network=run)
    response = answer(bundles, ForecastQuery([10.0, 20.0] * 6, JANUARY, "D"))
    assert len(response.timestamps or []) == response.horizon == len(response.forecast.values)


def test_every_candidate_is_asked_and_the_times_are_recorded():
    caller = FakeCaller()
    answer([model("a"), model("b", series="1")], caller=caller)
    assert len(caller.times) == 2


def test_all_faults_of_a_request_are_in_one_error():
    """The level and the horizon, the readings, and the dates."""
    query = ForecastQuery([1.0], datetime(2016, 2, 2), "MS")
    with pytest.raises(UnsupportedLevel) as refusal:
        answer([model("a")], query, DEFAULTS._replace(levels=[80], horizon=999))
    assert pointers(refusal.value) == {"/levels/0", "/horizon", "/readings", "/start"}


def test_a_version_without_a_model_and_the_faults_of_the_readings_are_in_one_error():
    with pytest.raises(InvalidRequest) as refusal:
        answer([model("a")], ForecastQuery([1.0]), DEFAULTS._replace(version="1"))
    assert pointers(refusal.value) == {"/model", "/readings"}


@pytest.mark.parametrize(("start", "frequency", "pointer"), [(JANUARY, None, "/frequency"), (None, "MS", "/start")])
def test_a_start_and_a_frequency_go_together(start, frequency, pointer):
    with pytest.raises(InvalidRequest, match="go together") as refusal:
        answer([model("a")], ForecastQuery(READINGS, start, frequency))
    assert pointers(refusal.value) == {pointer}


# ---- forecast_many


def test_the_error_of_a_series_leaves_the_others_alone():
    first, second, third = answers([model("a")], [QUERY, ForecastQuery([1.0]), ForecastQuery([20.0, 30, 40, 50, 60])])
    assert isinstance(first, ForecastAnswer)
    assert isinstance(second, TooFewReadings)
    assert isinstance(third, ForecastAnswer)
    assert first.forecast.values == pytest.approx([60], abs=1e-3)
    assert third.forecast.values == pytest.approx([70], abs=1e-3)


def test_each_series_gets_its_own_model():
    bundles = [model("wide"), model("narrow", window=3, step_errors=errors(9.0))]
    outcomes = answers(bundles, [QUERY, ForecastQuery(READINGS[:3]), QUERY])
    assert [outcome.card.name for outcome in outcomes] == ["wide", "narrow", "wide"]


def test_a_model_is_called_once_for_all_its_series():
    calls = []

    def network(*arrays):
        calls.append(len(arrays[0]))
        return fakes.last_plus_ten(*arrays)

    outcomes = answers([fakes.forecast_bundle(run=network)], [QUERY] * 5)
    assert len(outcomes) == 5
    assert calls == [5]


def test_errors_of_two_series_are_two_objects():
    """Faults are added to an error, so two series must not share that of an unsupported level."""
    bundles = [model("wide", calibration=CALIBRATION), model("narrow", window=3, step_errors=errors(9.0))]
    short = ForecastQuery(READINGS[:3])
    dated = ForecastQuery(READINGS[:3], datetime(2016, 2, 2), "MS")
    first, second, third = answers(bundles, [short, dated, QUERY], DEFAULTS._replace(levels=[80]))
    assert isinstance(first, UnsupportedLevel)
    assert isinstance(second, UnsupportedLevel)
    assert first is not second
    assert pointers(first) == {"/levels/0"}
    assert pointers(second) == {"/levels/0", "/start"}
    assert third.card.name == "wide"


def test_an_option_that_no_series_could_be_answered_with_is_an_error_of_the_request():
    with pytest.raises(HorizonTooLong) as refusal:
        answers([model("a")], [QUERY, ForecastQuery([1.0])], DEFAULTS._replace(horizon=999))
    assert pointers(refusal.value) == {"/horizon"}


def test_a_series_on_which_the_model_fails_gets_its_error():
    def picky(*arrays):
        if (arrays[0][:, -1, 0] > 0.9).any():
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(*arrays)

    good, bad = answers([fakes.forecast_bundle(run=picky)], [QUERY, ForecastQuery([50.0, 60, 70, 80, 95])])
    assert isinstance(good, ForecastAnswer)
    assert isinstance(bad, RuntimeError)
    assert not isinstance(bad, GatecastError)


def test_if_one_of_two_candidates_fails_the_series_gets_its_error():
    def broken(*arrays):
        raise RuntimeError("secret detail")

    bundles = [model("a"), replace(model("b", series="1"), network=broken)]
    (outcome,) = answers(bundles, [QUERY])
    assert isinstance(outcome, RuntimeError)


def test_no_series_need_no_model():
    assert answers([model("a")], []) == []
