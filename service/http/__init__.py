"""HTTP: bytes in, bytes out. Knows no numpy."""

import importlib
import os

PROPAGATORS = "OTEL_PROPAGATORS"


def _import_propagators() -> None:
    """Import what FastAPI imports of OpenTelemetry, without this variable: it raises for any name that is not installed (b3).

    A wrong tracing variable ends no start; tracing/options.py reads this one, and warns.
    """
    names = os.environ.pop(PROPAGATORS, None)
    try:
        importlib.import_module("opentelemetry.propagate")
    finally:
        if names is not None:
            os.environ[PROPAGATORS] = names


_import_propagators()
