"""The result of a run: its networks, and the one that ships."""

from dataclasses import dataclass

from training.evaluation import classification
from training.sentiment.linear.baseline import Baseline
from training.sentiment.network.fitting import Words
from training.sentiment.network.initialization import Initialization
from training.sentiment.network.seeds import Encoded, SeedRun
from training.sentiment.options import FitConfig
from training.sentiment.texts.corpus import Corpus


@dataclass(frozen=True)
class TrainingResult:
    """What a run produced, before anything is exported; `held_out` has the validation part, then the test parts."""

    corpus: Corpus
    held_out: list[Encoded]
    initialization: Initialization
    words: Words
    config: FitConfig
    has_teacher: bool
    runs: list[SeedRun]
    average: SeedRun | None  # of the weights of all runs
    baseline: Baseline | None = None
    saw_validation: bool = False  # whether the n-gram weights that ship were fitted to the validation part, too

    @property
    def shipped(self) -> SeedRun:
        """The network of least validation loss, in which every set weighs the same."""
        return min([*self.runs, *([self.average] if self.average else [])], key=self._loss)

    @property
    def loss(self) -> float:
        """The validation loss of the shipped network."""
        return self._loss(self.shipped)

    def _loss(self, run: SeedRun) -> float:
        part = self.held_out[0].part
        return classification.log_loss(part.labels, run.logits[part.name], part.weights)
