"""Texts that YAML would read as something else: they stay texts wherever the chart writes them."""

from typing import Any

from tests.deploy.chart.charts import with_values

NUMBERS = (
    'fullnameOverride="on"',
    'nameOverride="123"',
    'priorityClassName="7"',
    'serviceAccount.name="007"',
    'apiKeys.existingSecret="1e3"',
    'adminKey.existingSecret="2024"',
    'tls.existingSecret="0"',
    'models.source="pvc"',
    'models.pvc.claimName="42"',
    'models.trustedKeys.existingConfigMap="99"',
    'topologySpread.keys=["true"]',
    'tests.apiKeySecret.name="5"',
    'tracing.endpoint="http://collector:4318"',
    "metrics.serviceMonitor.enabled=true",
    'metrics.serviceMonitor.apiKeySecret={"name": "8", "key": "9"}',
    "ingress.enabled=true",
    'ingress.className="1"',
    'ingress.hosts=[{"host": "a.example", "path": "/a #b"}]',
    "httpRoute.enabled=true",
    'httpRoute.parentRefs=[{"name": "gateway"}]',
    'httpRoute.path="/a, b: {c}"',
    'autoscaling.kind="queue"',
    'autoscaling.queue.serverAddress="http://prometheus:9090"',
    'autoscaling.queue.authenticationRef="12"',
)
TEXTS = {
    "name",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "namespace",
    "secretName",
    "claimName",
    "serviceAccountName",
    "priorityClassName",
    "topologyKey",
    "ingressClassName",
    "key",
    "path",
}


def test_names_that_look_like_numbers_stay_texts() -> None:
    """Kubernetes allows them, and refuses a number in their place."""
    chart = with_values(*NUMBERS, release="2024")
    wrong = [(key, value) for key, value in pairs(chart.objects) if key in TEXTS and not isinstance(value, str | dict)]
    assert wrong == []
    assert chart.one("Deployment")["metadata"]["name"] == "on"
    assert chart.pod["priorityClassName"] == "7"
    assert chart.one("ScaledObject")["spec"]["triggers"][0]["authenticationRef"] == {"name": "12"}


def test_paths_with_the_signs_of_yaml_are_whole() -> None:
    """A comment, a list or a key in them would be read as one."""
    chart = with_values(*NUMBERS)
    (rule,) = chart.one("Ingress")["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == "/a #b"
    (match,) = chart.one("HTTPRoute")["spec"]["rules"][0]["matches"]
    assert match["path"] == {"type": "PathPrefix", "value": "/a, b: {c}"}


def test_a_name_of_an_entry_that_looks_like_a_boolean_is_one_name() -> None:
    """It is the same in the ConfigMap and in the path of the file."""
    chart = with_values('models.trustedKeys.inline="release key"', 'models.trustedKeys.key="on"')
    assert chart.one("ConfigMap")["data"] == {"on": "release key"}
    assert chart.variables["GATECAST_TRUSTED_KEYS_FILE"] == "/run/gatecast/trust/on"


def pairs(each: Any) -> list[tuple[str, Any]]:
    """Every key with its value, at any depth."""
    if isinstance(each, dict):
        return [*each.items(), *(pair for value in each.values() for pair in pairs(value))]
    return [pair for value in each for pair in pairs(value)] if isinstance(each, list | tuple) else []
