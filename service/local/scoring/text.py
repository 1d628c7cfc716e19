"""A frame with a column of texts → the same frame with what each text says."""

from dataclasses import dataclass

import pandas as pd

from ...sentiment.classifier import SentimentClassifier
from ..texts import judge_all, text_columns, text_frame
from .cache import model_at
from .columns import Column
from .frames import beside, check_column, check_free


@dataclass(frozen=True)
class TextScoring:
    """Judges a column of texts: frame → the same rows and columns, and those of `schema()`.

    Engines call it for batches of rows, in any number of processes: it can be pickled, holds no state, and each process
    loads the model once. A text that cannot be judged has its error in the column `error`, which is missing elsewhere.

    model: a path, as for `load`. Name the version (models/sentiment/5) to be sure that all processes use the same one.
    text: the name of the column. prefix: stands before the names of the new columns.
    """

    model: str
    text: str = "text"
    prefix: str = ""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with new columns. Raises LoadError, and DataError for a missing or a taken column."""
        check_column(frame, self.text, "text")
        check_free(frame, self.schema())
        classifier = self._classifier()
        outcomes = judge_all(classifier, frame[self.text].tolist())
        return beside(frame, text_frame(classifier, outcomes, nullable=True), self.prefix)

    def schema(self) -> list[Column]:
        """Return the names and kinds of the new columns. Loads the model."""
        columns = [*text_columns(self._classifier().card), Column("error", "string")]
        return [Column(self.prefix + name, kind) for name, kind in columns]

    def _classifier(self) -> SentimentClassifier:
        return model_at(self.model).classifier
