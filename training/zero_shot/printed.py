"""What others have printed of the same sets (printed.json, with its sources), and which sets are for validation."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from training.evaluation.set_scores import SetScore

FILE = Path(__file__).with_name("printed.json")


class PrintedSet(BaseModel):
    """The figures of one set. `names` are those that files give it; MASE compares with readings `lag` before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: list[str]
    horizon: int
    lag: int
    naive_mase: float | None
    mase: dict[str, float]
    wql: dict[str, float]


class Printed(BaseModel):
    """All printed figures, in the order of `methods`; figure → address in `sources`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    sources: dict[str, str]
    validation: list[str]
    methods: list[str]
    sets: list[PrintedSet]

    def find(self, score: SetScore) -> PrintedSet | None:
        """Return the figures of the same set, asked the same way; None if there are none."""
        for each in self.sets:
            names = [name.lower() for name in each.names]
            if score.name.lower() in names and (each.horizon, each.lag) == (score.horizon, score.lag):
                return each
        return None


def read() -> Printed:
    """Read the committed figures."""
    return Printed.model_validate_json(FILE.read_bytes())
