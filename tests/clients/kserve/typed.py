"""Manifests by the typed models of kserve and of Kubernetes: every field has to be known, and to have its type.

The models' own reader takes unknown fields for none, and knows no types of the other package.
"""

import re
from collections.abc import Iterator
from typing import Any

import kserve.models
import kubernetes.client.models

PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object}
QUANTITIES = ("ResourceQuantity", "V1beta1MetricQuantity", "IntOrString")
OF_GO = re.compile(r"K8sIoApi(?:Apps|Core|Autoscaling)(?=V\d)")  # in names of Kubernetes' types


def faults(value: Any, kind: str, path: str = "") -> Iterator[str]:
    """What is wrong with a value that should have a type."""
    if inner := re.fullmatch(r"[Ll]ist\[(.+)\]", kind):
        yield from _of_list(value, inner[1], path)
    elif inner := re.fullmatch(r"[Dd]ict[(\[]str, (.+)[)\]]", kind):
        yield from _of_map(value, inner[1], path)
    elif kind in QUANTITIES:
        if not isinstance(value, (str, int, float)):
            yield f"{path}: {value!r} is no {kind}"
    elif plain := PLAIN.get(kind):
        if not isinstance(value, plain) or (kind != "bool" and isinstance(value, bool)):
            yield f"{path}: {value!r} is no {kind}"
    else:
        yield from _of_model(value, _model(kind), path)


def _of_list(value: Any, kind: str, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: is no list"
        return
    for index, each in enumerate(value):
        yield from faults(each, kind, f"{path}[{index}]")


def _of_map(value: Any, kind: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: is no map"
        return
    for name, each in value.items():
        yield from faults(each, kind, f"{path}.{name}")


def _of_model(value: Any, model: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: is no {model.__name__}"
        return
    attributes = {text: name for name, text in model.attribute_map.items()}
    for name, each in value.items():
        if name not in attributes:
            yield f"{path}.{name}: {model.__name__} has no such field"
        else:
            yield from faults(each, model.openapi_types[attributes[name]], f"{path}.{name}")
    try:  # a field that has to be there is missed by the model itself
        model(**{attributes[name]: each for name, each in value.items() if name in attributes})
    except ValueError as error:
        yield f"{path}: {' '.join(str(error).split())}"


def _model(kind: str) -> Any:
    name = OF_GO.sub("", kind)
    for package in (kserve.models, kubernetes.client.models):
        if hasattr(package, name):
            return getattr(package, name)
    raise LookupError(f"neither kserve nor Kubernetes has a type {kind}")
