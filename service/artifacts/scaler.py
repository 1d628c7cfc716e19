"""The reversible transform between the original units of a series and the scaled units that a network reads.

Its parameters are plain numbers in `scaler.json`, so that serving needs numpy only.
"""

from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np

from ..interfaces import Array

Values = TypeVar("Values", float, Array)


@dataclass(frozen=True)
class MinMax:
    """x → (x − minimum) / (maximum − minimum), the range of the training readings mapped to 0…1.

    The formula of scikit-learn's MinMaxScaler with its default feature range.
    Raises ValueError if a bound is not finite, or if they are not in ascending order.
    """

    minimum: float
    maximum: float

    def __post_init__(self) -> None:
        if not np.isfinite([self.minimum, self.maximum]).all() or self.minimum >= self.maximum:
            raise ValueError(f"a min-max scaler needs finite minimum < maximum, got {self.minimum} and {self.maximum}")

    def transform(self, values: Values) -> Values:
        """Original units → scaled units, for a number or an array of any shape."""
        return (values - self.minimum) / (self.maximum - self.minimum)

    def inverse(self, values: Values) -> Values:
        """Scaled units → original units, for a number or an array of any shape."""
        return values * (self.maximum - self.minimum) + self.minimum

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "min_max", "minimum": self.minimum, "maximum": self.maximum}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises ValueError for anything else."""
        if set(data) != {"kind", "minimum", "maximum"} or data["kind"] != "min_max":
            raise ValueError("expected the keys kind='min_max', minimum and maximum")
        bounds = [data["minimum"], data["maximum"]]
        if not all(isinstance(b, int | float) and not isinstance(b, bool) for b in bounds):
            raise ValueError("minimum and maximum must be numbers")
        return cls(float(bounds[0]), float(bounds[1]))
