"""Forecasts and sentiment from small recurrent networks: a service, and a Python face without one.

    import gatecast

    model = gatecast.load("models/universal")
    forecast = model.forecast(series, horizon=12)

In the wheel this package is called gatecast. The names of `__all__` are imported when they are first used, so that a
process that serves, or only asks for the version, does not wait for pandas. Never imports training.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import GatecastError, InvalidRequest
    from .local.errors import DataError, LoadError
    from .local.loading import load
    from .local.model import Model
    from .local.scoring.columns import Column
    from .local.scoring.panel import PanelScoring
    from .local.scoring.series import SeriesScoring
    from .local.scoring.text import TextScoring

__version__ = "0.1.0"
__all__ = [
    "Column",
    "DataError",
    "GatecastError",
    "InvalidRequest",
    "LoadError",
    "Model",
    "PanelScoring",
    "SeriesScoring",
    "TextScoring",
    "__version__",
    "load",
]
_HOMES = {
    "Column": ".local.scoring.columns",
    "DataError": ".local.errors",
    "GatecastError": ".errors",
    "InvalidRequest": ".errors",
    "LoadError": ".local.errors",
    "Model": ".local.model",
    "PanelScoring": ".local.scoring.panel",
    "SeriesScoring": ".local.scoring.series",
    "TextScoring": ".local.scoring.text",
    "load": ".local.loading",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
