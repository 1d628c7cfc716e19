"""The network beside the forecaster of any series on the origins of the folds: whether it answers unasked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.artifacts import bundle
from service.artifacts.card import Comparison
from service.forecast.features.context_features import HORIZON
from training.evaluation import served
from training.evaluation.rolling import Method
from training.networks import universal

SHIPPED = Path(__file__).resolve().parents[3] / "models"
MEASURED_ON = "rolling origins of the folds, each forecast by a network fitted before it"


@dataclass(frozen=True)
class AnySeries:
    """One version of `universal`; `is_served` says whether it lies in the models directory of the run."""

    path: Path
    is_served: bool

    @property
    def name(self) -> str:
        return f"{universal.NAME}/{self.path.name}"

    def method(self, season_length: int) -> Method:
        """Return it as a method. Raises BundleError where it does not load."""
        return served.load_method(self.path, season_length)


def find_any_series(models_dir: Path, shipped: Path = SHIPPED) -> AnySeries | None:
    """Return the newest `universal` of a models directory; where there is none, the one that the repository ships."""
    for directory, is_served in ((models_dir, True), (shipped, False)):
        found = bundle.versions(directory / universal.NAME)
        if found:
            return AnySeries(found[-1], is_served)
    return None


def remarks(any_series: AnySeries | None, models_dir: Path, steps: int) -> list[str]:
    """Say where `universal` is from, or why it is not measured."""
    if any_series is None:
        return [f"{models_dir} holds no 'universal': it is not measured, and 'finetuned' has nothing to start from"]
    if steps > HORIZON:
        return [f"'universal' and 'finetuned' are left out: they forecast at most {HORIZON} steps"]
    if not any_series.is_served:
        return [
            f"{models_dir} holds no 'universal': the one of {any_series.path.parent.parent} is measured beside the others"
        ]
    return []


def compare(
    network: Sequence[float], any_series: Sequence[float], naive: Sequence[float], name: str, origins: int
) -> Comparison:
    """Return the card's comparison from the RMSE of each step on the same origins of the folds."""
    return Comparison(
        any_series=name,
        measured_on=MEASURED_ON,
        origins=origins,
        baseline="seasonal_naive",
        model_rmse=list(network),
        any_series_rmse=list(any_series),
        baseline_rmse=list(naive),
    )


def answers_unasked(comparison: Comparison | None) -> bool:
    """Whether the service lets the network answer readings of its series: by the rounded ratios that it compares."""
    if comparison is None:
        return False
    model, other, naive = (
        sum(rmse**2 for rmse in errors)
        for errors in (comparison.model_rmse, comparison.any_series_rmse, comparison.baseline_rmse)
    )
    return naive > 0 and round((model / naive) ** 0.5, 4) < round((other / naive) ** 0.5, 4)


def verdict(name: str, comparison: Comparison | None, barred: str | None, any_series: AnySeries | None) -> str:
    """Say whether a network answers readings of its series that come without `model`, and why."""
    if any_series is None or not any_series.is_served:
        alone = "as long as no forecaster of any series is served beside it"
        return f"'{name}' answers without `model` {alone}" + (f"; {_beside(comparison, barred)}" if any_series else "")
    return f"'{name}' {_beside(comparison, barred)}"


def _beside(comparison: Comparison | None, barred: str | None) -> str:
    if barred is not None:
        return f"does not answer beside 'universal' without `model`: {barred}"
    if comparison is None:
        return "does not answer beside 'universal' without `model`: they were not compared"
    errors = [
        (sum(rmse**2 for rmse in each) / len(each)) ** 0.5
        for each in (comparison.model_rmse, comparison.any_series_rmse)
    ]
    figures = f"its RMSE on the folds is {errors[0]:.4g}, that of {comparison.any_series} {errors[1]:.4g}"
    how = "answers" if answers_unasked(comparison) else "does not answer"
    return f"{how} readings of its series beside 'universal' without `model`: {figures}"
