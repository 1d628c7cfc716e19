"""The protocol of the Nixtla client: forecasts, cross-validation and anomalies of many series, in flat arrays."""

from collections.abc import Mapping

from ...error_forms import ErrorForm
from . import metadata, routes

PREDICT_ROUTES = routes.PREDICT_ROUTES
ERROR_FORMS: Mapping[str, ErrorForm] = {}  # the client shows any JSON
ROUTERS = (routes.router, metadata.router, metadata.elsewhere)
