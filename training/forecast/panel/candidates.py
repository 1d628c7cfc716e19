"""The networks of a panel: `universal` as it is, and the same trained further on all series."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from training.forecast.fitting import finetuning
from training.forecast.panel.parts import Member
from training.networks import averaging

LEAST_UPDATES, MOST_UPDATES, UPDATES_PER_SERIES = 200, 800, 13
SHARES = (1.0, 0.5)  # of what was learnt that is kept; the folds choose


def updates_for(series: int) -> int:
    """Return how many batches are drawn: more for more series, within bounds."""
    return int(np.clip(UPDATES_PER_SERIES * series, LEAST_UPDATES, MOST_UPDATES))


class Finetuned:
    """The pretrained network, trained further on all series of a panel; a fit for each part, and one on all readings.

    `on_fit` is called after every fit.
    """

    def __init__(
        self,
        pretrained: keras.Model,
        members: Sequence[Member],
        season_length: int,
        steps: int,
        seeds: Sequence[int],
        on_fit: Callable[[], None],
    ) -> None:
        self.pretrained, self._members, self._season_length = pretrained, members, season_length
        self._steps, self._seeds, self._on_fit = steps, seeds, on_fit

    def fit(self, part: int | None) -> keras.Model:
        """Fit to the readings before a part, or to all of them, with every seed; return the mean of the weights."""
        series = [m.readings if part is None else m.readings[: m.parts[part].cut] for m in self._members]
        models = []
        for seed in self._seeds:
            models.append(
                finetuning.fine_tune_many(
                    self.pretrained, series, self._season_length, self._steps, seed, updates_for(len(series))
                )
            )
            self._on_fit()
        return averaging.average(models)

    def blend(self, fitted: keras.Model, share: float) -> keras.Model:
        """Return the network between the pretrained and a fitted one, weight by weight.

        See WiSE-FT (Wortsman et al., 2022, arXiv 2109.01903).
        """
        blended = keras.models.clone_model(fitted)
        pairs = zip(self.pretrained.get_weights(), fitted.get_weights(), strict=True)
        blended.set_weights([(1 - share) * before + share * after for before, after in pairs])
        return blended
