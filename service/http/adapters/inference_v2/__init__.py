"""The Open Inference Protocol, version 2, under /v2: tensors in, tensors out, for the clients of Triton and KServe."""

from collections.abc import Mapping

from ...error_forms import ErrorForm
from . import infer, metadata
from .errors import as_error

PREDICT_ROUTES = infer.PREDICT_ROUTES
ERROR_FORMS: Mapping[str, ErrorForm] = {"v2": as_error}
ROUTERS = (infer.router, metadata.router)
