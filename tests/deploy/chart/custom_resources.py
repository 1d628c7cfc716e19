"""Schemas of objects that Kubernetes itself does not know: only the fields that the chart uses, and no other."""

from typing import Any

from jsonschema import Draft202012Validator

TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": TEXT}
OBJECTS = {"type": "array", "items": {"type": "object"}}


def _object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required.split()}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


METADATA = _object("name namespace labels", name=TEXT, namespace=TEXT, labels=TEXTS, annotations=TEXTS)
POLICY = _object("type value periodSeconds", type={"enum": ["Pods", "Percent"]}, value=COUNT, periodSeconds=COUNT)
RULES = _object(stabilizationWindowSeconds=COUNT, selectPolicy={"enum": ["Max", "Min"]}, policies=_array(POLICY))
TRIGGER = _object(
    "type metadata",
    type={"enum": ["prometheus", "cpu"]},
    name=TEXT,
    metricType={"enum": ["Value", "AverageValue", "Utilization"]},
    metadata=TEXTS,  # KEDA reads texts alone
    authenticationRef=_object("name", name=TEXT),
)
SCALED_OBJECT = _object(
    "scaleTargetRef triggers",
    scaleTargetRef=_object("name", name=TEXT),
    minReplicaCount=COUNT,
    maxReplicaCount=COUNT,
    pollingInterval=COUNT,
    fallback=_object("failureThreshold replicas", failureThreshold=COUNT, replicas=COUNT, behavior=TEXT),
    advanced=_object(horizontalPodAutoscalerConfig=_object(behavior=_object(scaleUp=RULES, scaleDown=RULES))),
    triggers=_array(TRIGGER),
)
ENDPOINT = _object(
    port=TEXT,
    path=TEXT,
    scheme={"enum": ["http", "https"]},
    interval={"type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$"},
    tlsConfig=_object(insecureSkipVerify={"type": "boolean"}),
    authorization=_object("credentials", type=TEXT, credentials=_object("name key", name=TEXT, key=TEXT)),
    relabelings=_array(_object(action=TEXT, targetLabel=TEXT, replacement=TEXT)),
    metricRelabelings=OBJECTS,
)
SERVICE_MONITOR = _object(
    "selector endpoints",
    selector=_object("matchLabels", matchLabels=TEXTS),
    namespaceSelector=_object(matchNames=_array(TEXT)),
    endpoints=_array(ENDPOINT),
)
RULE = _object("expr", record=TEXT, alert=TEXT, expr=TEXT, labels=TEXTS, annotations=TEXTS, **{"for": TEXT})
PROMETHEUS_RULE = _object("groups", groups=_array(_object("name rules", name=TEXT, interval=TEXT, rules=_array(RULE))))
HTTP_ROUTE = _object(
    "parentRefs rules",
    parentRefs=_array(_object("name", name=TEXT, namespace=TEXT, sectionName=TEXT)),
    hostnames=_array(TEXT),
    rules=_array(
        _object(
            matches=_array(_object(path=_object(type={"const": "PathPrefix"}, value=TEXT))),
            backendRefs=_array(_object("name port", name=TEXT, port=COUNT)),
            timeouts=_object(request={"type": "string", "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$"}),
        )
    ),
)
SPECS = {
    ("keda.sh/v1alpha1", "ScaledObject"): SCALED_OBJECT,
    ("monitoring.coreos.com/v1", "ServiceMonitor"): SERVICE_MONITOR,
    ("monitoring.coreos.com/v1", "PrometheusRule"): PROMETHEUS_RULE,
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): HTTP_ROUTE,
}


def validator(api_version: str, kind: str) -> Draft202012Validator | None:
    """The schema of such an object; None for one of Kubernetes' own."""
    spec = SPECS.get((api_version, kind))
    if spec is None:
        return None
    return Draft202012Validator(_object("spec", apiVersion=TEXT, kind=TEXT, metadata=METADATA, spec=spec))
