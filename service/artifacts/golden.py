"""golden.json: requests with the answers that training's evaluation gave, and their verification."""

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from ..errors import GatecastError
from ..interfaces import Predictor
from .files import BundleError


class GoldenCase(BaseModel):
    """A request as a caller would send it, with the answer that training's evaluation gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: dict[str, Any]
    answer: list[FiniteFloat] = Field(min_length=1)


class Golden(BaseModel):
    """Golden requests and answers, and how closely they must be repeated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relative_tolerance: float = Field(gt=0, le=0.01)
    absolute_tolerance: FiniteFloat = Field(gt=0, description="in the answer's own units")
    cases: list[GoldenCase] = Field(min_length=1, max_length=100)


def verify(predictor: Predictor[Any, Any], golden: Golden, label: str) -> None:
    """Replay the golden requests through the serving path. This also warms the model up.

    Raises BundleError, which names the case and the difference, if an answer differs.
    """
    for number, case in enumerate(golden.cases, 1):
        try:
            answer = predictor.replay(case.request)
        except GatecastError as error:
            raise BundleError(f"{label}: golden case {number} is refused: {error}") from error
        except Exception as error:  # whatever a network that does not fit its card may raise
            raise BundleError(f"{label}: golden case {number} fails: {error!r}") from error
        if len(answer) != len(case.answer):
            raise BundleError(
                f"{label}: golden case {number} has {len(case.answer)} numbers, the model gave {len(answer)}"
            )
        if not np.allclose(answer, case.answer, rtol=golden.relative_tolerance, atol=golden.absolute_tolerance):
            worst = float(np.max(np.abs(np.subtract(answer, case.answer))))
            raise BundleError(f"{label}: golden case {number} differs by up to {worst:g}")
