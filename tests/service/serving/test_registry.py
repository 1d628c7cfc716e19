"""The loaded models: which one a name and a version mean, and when a model may be closed."""

import asyncio

import pytest

from service.errors import Overloaded, UnknownModel
from service.serving.arms import Arms
from service.serving.registry import MAX_VIEWS, Registry, quoted
from service.serving.selection import ForecastOptions, find_eligible
from tests import fakes


def with_registry(work, bundles=None):
    """What `work(registry)` returns, on the default fakes or these bundles."""

    async def run():
        registry = fakes.registry(fakes.default_bundles() if bundles is None else bundles)
        result = work(registry)
        await registry.retire()
        return result

    return asyncio.run(run())


def name_and_version(model):
    return model.predictor.card.name, model.predictor.card.version


def test_without_a_version_the_newest_is_meant():
    assert with_registry(lambda registry: name_and_version(registry.get("gru"))) == ("gru", "2")
    assert with_registry(lambda registry: name_and_version(registry.get("gru", "1"))) == ("gru", "1")


def test_versions_are_compared_as_numbers():
    """10 is newer than 9."""
    bundles = [fakes.forecast_bundle(fakes.forecast_card(version=version)) for version in ("10", "9")]
    assert with_registry(lambda registry: name_and_version(registry.get("gru")), bundles) == ("gru", "10")


def test_models_are_listed_by_name_and_version_with_their_default():
    listed = with_registry(lambda registry: [(*name_and_version(m), registry.is_default(m)) for m in registry])
    assert listed == [("gru", "1", False), ("gru", "2", True), ("sentiment", "1", True), ("simple_rnn", "1", True)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lstm",), "no model of that name is loaded; loaded are 'gru', 'sentiment', 'simple_rnn'"),
        (("gru", "3"), "'gru' has no version of that number; loaded are '1', '2'"),
        (("gru", "01"), "'gru' has no version of that number"),
    ],
)
def test_an_unknown_model_is_refused_with_the_known_ones(arguments, message):
    with pytest.raises(UnknownModel, match=message):
        with_registry(lambda registry: registry.get(*arguments))


def test_forecasters_are_the_newest_of_every_name():
    """Without a name all of them, with a name that one."""
    forecasters = with_registry(lambda registry: [name_and_version(m) for m in registry.forecasters(None, None)])
    assert forecasters == [("gru", "2"), ("simple_rnn", "1")]
    named = with_registry(lambda registry: [name_and_version(m) for m in registry.forecasters("gru", "1")])
    assert named == [("gru", "1")]


def test_another_kind_of_model_is_no_forecaster():
    with pytest.raises(UnknownModel, match="'sentiment' is not a forecaster; forecasters are 'gru', 'simple_rnn'"):
        with_registry(lambda registry: registry.forecasters("sentiment", None))
    with pytest.raises(UnknownModel, match="no forecaster is loaded"):
        with_registry(lambda registry: registry.forecasters(None, None), [fakes.sentiment_bundle()])


def test_the_classifier_is_the_sentiment_model():
    assert with_registry(lambda registry: name_and_version(registry.classifier(None))) == ("sentiment", "1")
    with pytest.raises(UnknownModel, match="no version of that number"):
        with_registry(lambda registry: registry.classifier(None, "7"))
    with pytest.raises(UnknownModel, match="no sentiment model is loaded"):
        with_registry(lambda registry: registry.classifier(None), [fakes.forecast_bundle()])


def bundles_named(*names):
    """Sentiment models of these names, and a forecaster."""
    cards = [fakes.sentiment_card(name=name) for name in names]
    return [fakes.forecast_bundle(), *map(fakes.sentiment_bundle, cards)]


@pytest.mark.parametrize(
    ("names", "setting", "answers"),
    [
        (["airline", "sentiment"], None, "sentiment"),
        (["airline", "sentiment"], "airline", "airline"),
        (["tweets", "airline"], None, "airline"),
        (["tweets"], None, "tweets"),
        (["tweets"], "airline", "tweets"),
    ],
    ids=["sentiment", "the setting's", "the first by name", "the only one", "the setting's is not there"],
)
def test_the_default_classifier_is_that_of_the_setting_then_sentiment_then_the_first(names, setting, answers):
    """Requests that name no sentiment model are answered by one."""

    async def run():
        registry = Registry(map(fakes.loaded, bundles_named(*names)), setting)
        name = registry.classifier().predictor.card.name
        defaults = [m.predictor.card.name for m in registry if registry.is_default_classifier(m)]
        await registry.retire()
        return name, defaults

    assert asyncio.run(run()) == (answers, [answers])


def test_a_classifier_is_asked_for_by_name():
    """The other models are named for a name that no sentiment model has."""
    bundles = bundles_named("airline", "sentiment")
    named = with_registry(lambda registry: name_and_version(registry.classifier("airline", "1")), bundles)
    assert named == ("airline", "1")
    for name, message in (
        ("nope", "no model of that name is loaded; sentiment models are 'airline', 'sentiment'"),
        ("gru", "'gru' is a forecaster, which answers /forecast; sentiment models are 'airline', 'sentiment'"),
    ):
        with pytest.raises(UnknownModel, match=message):
            with_registry(lambda registry, name=name: registry.classifier(name), bundles)


async def is_closed(model):
    """Whether the batcher of a forecaster refuses what is asked of it."""
    try:
        await model.batcher.submit_many([], 0.0)
    except Overloaded:
        return True
    return False


def test_models_are_closed_only_after_the_last_request_has_left():
    async def work():
        registry = fakes.registry([fakes.forecast_bundle()])
        (model,) = registry
        registry.enter()
        registry.enter()
        retiring = asyncio.create_task(registry.retire())
        registry.leave()
        await asyncio.sleep(0)
        before = await is_closed(model)
        registry.leave()
        await retiring
        return before, await is_closed(model)

    assert asyncio.run(work()) == (False, True)


def test_a_model_of_two_registries_is_closed_with_the_second():
    """A reload lists the unchanged models in a new registry."""

    async def work():
        model = fakes.loaded(fakes.forecast_bundle())
        first, second = Registry([model]), Registry([model])
        await first.retire()
        before = await is_closed(model)
        await second.retire()
        return before, await is_closed(model)

    assert asyncio.run(work()) == (False, True)


def test_an_idle_registry_has_nothing_to_wait_for():
    assert with_registry(lambda registry: registry.wait_seconds) == 0.0


def test_names_are_quoted():
    assert (quoted(["a", 1]), quoted([])) == ("'a', '1'", "none")


def canaried(work, arms, bundles=None):
    """What `work(registry)` returns, where names have these arms."""

    async def run():
        registry = Registry(map(fakes.loaded, bundles or fakes.default_bundles()), None, arms)
        result = work(registry)
        await registry.retire()
        return result

    return asyncio.run(run())


def test_without_a_canary_a_request_enters_the_registry_itself():
    assert canaried(lambda registry: registry.view("a") is registry, {"gru": Arms(1)})
    assert canaried(lambda registry: registry.view("a") is registry, {"gru": Arms(1, 2, 0)})


def test_a_request_with_the_same_id_enters_the_same_view():
    """One of two, each with its own default."""

    def work(registry):
        views = {registry.view(f"{number}") for number in range(1000)}
        assert views == {registry.view(f"{number}") for number in range(1000)}
        return sorted(view.get("gru").predictor.card.version for view in views)

    assert canaried(work, {"gru": Arms(1, 2, 10)}) == ["1", "2"]


def test_a_view_has_all_versions_and_its_own_defaults():
    def work(registry):
        view = registry.view("anything")
        assert [*view] == [*registry]
        assert name_and_version(view.get("gru", "1")) == ("gru", "1")
        assert view.view("anything") is view
        return [name_and_version(m) for m in view.forecasters(None, None)], name_and_version(registry.get("gru"))

    forecasters = [("gru", "2"), ("simple_rnn", "1")]
    assert canaried(work, {"gru": Arms(1, 2, 100)}) == (forecasters, ("gru", "1"))


def test_the_default_choice_is_that_of_the_view():
    """Forecasters are ranked by the cards of the versions that answer in it: 2 is worse than another model, 1 is better."""
    errors = [fakes.forecast_card().step_errors.model_copy(update={"model_rmse": [rmse]}) for rmse in (1.0, 3.0, 2.0)]
    bundles = [
        fakes.forecast_bundle(fakes.forecast_card("gru", "1", step_errors=errors[0])),
        fakes.forecast_bundle(fakes.forecast_card("gru", "2", step_errors=errors[1])),
        fakes.forecast_bundle(fakes.forecast_card("lstm", "1", step_errors=errors[2])),
    ]
    options = ForecastOptions(1, None, None, None)

    def work(registry):
        views = [registry, registry.view("anything"), registry]
        return [name_and_version(find_eligible(view, options).of_one_series[0]) for view in views]

    assert canaried(work, {"gru": Arms(1, 2, 100)}, bundles) == [("gru", "1"), ("lstm", "1"), ("gru", "1")]


def test_a_request_in_a_view_keeps_the_models_open():
    async def run():
        registry = Registry(map(fakes.loaded, fakes.default_bundles()), None, {"gru": Arms(1, 2, 100)})
        view = registry.view("a")
        view.enter()
        retiring = asyncio.create_task(registry.retire())
        await asyncio.sleep(0)
        closed = await is_closed(view.get("gru"))
        view.leave()
        await retiring
        return closed, await is_closed(view.get("gru"))

    assert asyncio.run(run()) == (False, True)


def test_views_of_many_canaries_are_bounded():
    names = [f"model{number}" for number in range(20)]
    bundles = [fakes.forecast_bundle(fakes.forecast_card(name, version)) for name in names for version in "12"]

    def work(registry):
        for number in range(1000):
            view = registry.view(f"{number}")
            assert view is registry.view(f"{number}")
        return len(registry._views)

    assert canaried(work, {name: Arms(1, 2, 50) for name in names}, bundles) == MAX_VIEWS
