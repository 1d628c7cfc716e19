"""The cases of the checklist, by family. They were written for this project, before any model was tested on them."""

from training.evaluation.checklist_cases import (
    fairness,
    form,
    length,
    negation,
    neutral,
    reasoning,
    symbols,
    verdicts,
    words,
)
from training.evaluation.checklist_cases.case import Case

CASES: tuple[Case, ...] = (
    *words.CASES,
    *negation.CASES,
    *neutral.CASES,
    *reasoning.CASES,
    *verdicts.CASES,
    *symbols.CASES,
    *form.CASES,
    *length.CASES,
    *fairness.CASES,
)
