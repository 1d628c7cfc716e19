"""Which forecasters a request of the Nixtla client can name."""

import re

from ....errors import UnknownModel
from ....serving.registry import LoadedForecaster, Registry, quoted

OURS = re.compile(r"timegpt(-.{1,100})?")


def names_of(registry: Registry) -> list[str]:
    """The names of the loaded forecasters."""
    return sorted({model.predictor.card.name for model in registry if isinstance(model, LoadedForecaster)})


def named_forecaster(name: str, registry: Registry) -> str | None:
    """The name of a loaded forecaster; None where the client's own models are named. Raises UnknownModel."""
    if OURS.fullmatch(name):
        return None
    if name not in (names := names_of(registry)):
        raise UnknownModel(f"no forecaster of that name is loaded; loaded are {quoted(names)}")
    return name
