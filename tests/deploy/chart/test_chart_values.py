"""The schema of the values: it refuses what is wrong with the name of the value, and knows neither more nor less than there is."""

import json
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.chart import sources
from tests.deploy.chart.charts import CHART, Refused, with_values

# decided by values of their own
OF_THE_CHART = {
    "port": "8000 always",
    "operations_port": "metrics.port",
    "workers": "workers",
    "models_dir": "models.source",
    "versions": "models.versions",
    "watch_s": "models.watchSeconds",
    "trusted_keys_file": "models.trustedKeys",
    "grace_s": "graceSeconds",
    "shutdown_s": "shutdownSeconds",
    "admin_key": "adminKey",
    "admin_key_file": "adminKey",
    "api_keys_file": "apiKeys",
    "tls_cert_file": "tls",
    "tls_key_file": "tls",
}
WRONG = [
    ('replicas="3"', "/replicas"),
    ("replicas=-1", "/replicas"),
    ("replicaCount=3", "replicaCount"),
    ('workers="all"', "/workers"),
    ("workers=0", "/workers"),
    ('image.tag="a b"', "/image/tag"),
    ('image.digest="latest"', "/image/digest"),
    ('image.pullPolicy="Sometimes"', "/image/pullPolicy"),
    ('image.repository="gatecast@sha256:1"', "/image/repository"),
    ('imagePullSecrets=["registry"]', "/imagePullSecrets/0"),
    ('resources.limits.memory="1 GB"', "/resources/limits/memory"),
    ('resources.requests.cpu="one"', "/resources/requests/cpu"),
    ("resources.memory=1", "/resources"),
    ("shutdownSeconds=7.5", "/shutdownSeconds"),
    ("settings.max_queu=3", "max_queu"),
    ("settings.port=9000", "port"),
    ('settings.max_queue="many"', "/settings/max_queue"),
    ("settings.max_queue=0", "/settings/max_queue"),
    ('settings.log_format="xml"', "/settings/log_format"),
    ('models.source="s3"', "/models/source"),
    ("models.watchSeconds=0.1", "/models/watchSeconds"),
    ('models.images=[{"path": "gru"}]', "/models/images/0"),
    ('models.images=[{"reference": "r", "path": "gru/latest"}]', "/models/images/0/path"),
    ('models.init.path="models"', "/models/init/path"),
    ('apiKeys.existingSecret="Callers"', "/apiKeys/existingSecret"),
    ('apiKeys.value="gc_secret"', "/apiKeys"),
    ('adminKey.key="a/b"', "/adminKey/key"),
    ('service.type="ExternalName"', "/service/type"),
    ('service.annotations={"a": true}', "/service/annotations/a"),
    ("metrics.port=80", "/metrics/port"),
    ('metrics.serviceMonitor.interval="often"', "/metrics/serviceMonitor/interval"),
    ('metrics.serviceMonitor.interval=""', "/metrics/serviceMonitor/interval"),
    ("resources=null", "resources is null"),
    ("probes=null", "missing property 'probes'"),
    ('image.repository="gatecast:latest"', "/image/repository"),
    ('image.repository="https://registry.example.com/gatecast"', "/image/repository"),
    ('image.repository="registry.example.com:5000/gatecast:1"', "/image/repository"),
    ('image.repository="[::1]:5000/gatecast:1"', "/image/repository"),
    ('fullnameOverride="-abc"', "/fullnameOverride"),
    ('nameOverride="-"', "/nameOverride"),
    ("rollout.maxSurge=0", "rollout.maxSurge must not be 0"),
    ('rollout.maxSurge="0%"', "rollout.maxSurge must not be 0"),
    ('fullnameOverride="2nd"', "2nd begins with a digit"),
    ('tracing.endpoint="collector:4317"', "/tracing/endpoint"),
    ("tracing.sampleRatio=5", "/tracing/sampleRatio"),
    ('autoscaling.kind="hpa"', "/autoscaling/kind"),
    ("autoscaling.enabled=true", "/autoscaling"),
    ("autoscaling.cpuPercent=700", "/autoscaling/cpuPercent"),
    ("autoscaling.queue.seconds=0", "/autoscaling/queue/seconds"),
    ('podDisruptionBudget.maxUnavailable="half"', "/podDisruptionBudget/maxUnavailable"),
    ("podDisruptionBudget.minAvailable=2", "/podDisruptionBudget"),
    ("ingress.enabled=true", "/ingress/hosts"),
    ('ingress.hosts=[{"path": "/"}]', "/ingress/hosts/0"),
    ("httpRoute.enabled=true", "/httpRoute/parentRefs"),
    ('httpRoute.requestTimeout="a minute"', "/httpRoute/requestTimeout"),
    ("probes.liveness.path=1", "/probes/liveness"),
    ('topologySpread.whenUnsatisfiable="Never"', "/topologySpread/whenUnsatisfiable"),
    ('nodeSelector={"ssd": true}', "/nodeSelector/ssd"),
    ('extraEnv=[{"value": "a"}]', "/extraEnv/0"),
    ('extraVolumes=[{"emptyDir": {}}]', "/extraVolumes/0': missing property 'name'"),
    ('extraVolumes=[{"name": 7}]', "/extraVolumes/0/name"),
    ('extraVolumeMounts=[{"mountPath": "/data"}]', "/extraVolumeMounts/0': missing property 'name'"),
    ('extraVolumeMounts=[{"name": "tmp"}]', "/extraVolumeMounts/0': missing property 'mountPath'"),
    ('extraVolumeMounts=[{"name": "tmp", "mountPath": ""}]', "/extraVolumeMounts/0/mountPath"),
]


@pytest.mark.parametrize(("assignment", "named"), WRONG)
def test_a_wrong_value_is_refused_by_its_name(assignment: str, named: str) -> None:
    """So that its user finds it."""
    with pytest.raises(Refused, match=named):
        with_values(assignment)


@pytest.mark.parametrize(
    "repository",
    [
        "gatecast",
        "registry.example.com/ml/gatecast",
        "localhost:5000/a",
        "my_host:5000/a",
        "[::1]:5000/x",
        "[fd00::1]/a/b_c",
    ],
)
def test_an_image_of_any_registry_is_taken(repository: str) -> None:
    """By name or by address, with or without a port."""
    assert with_values(f'image.repository="{repository}"').container["image"].startswith(f"{repository}:")


def test_a_metrics_port_that_requests_have_is_refused() -> None:
    """The service would not start with it."""
    with pytest.raises(Refused, match=r"metrics\.port must not be 8000"):
        with_values("metrics.port=8000")


def test_a_release_whose_name_begins_with_a_digit_is_refused() -> None:
    """No Service may have such a name; another name of the objects helps."""
    with pytest.raises(Refused, match="set fullnameOverride"):
        with_values(release="2nd")
    assert with_values('fullnameOverride="second"', release="2nd").one("Deployment")


def test_the_schema_knows_the_values_and_no_others() -> None:
    """A value that values.yaml does not show would be known to nobody."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    hidden = names(schema()) - shown(values)
    assert {
        each
        for each in hidden
        if not each.startswith(("settings.", "global", "resources.", "models.init.resources.", "probes."))
    } == set()


def test_the_schema_knows_every_setting_of_the_service() -> None:
    """Or a value of the chart decides it."""
    assert set(settings()) | set(OF_THE_CHART) == set(sources.settings())
    assert set(settings()) & set(OF_THE_CHART) == set()


def test_the_schema_has_the_bounds_of_the_service() -> None:
    """What the chart takes, the service takes."""
    words = {"minimum": "ge", "exclusiveMinimum": "gt", "maximum": "le"}
    for name, schema_ in settings().items():
        assert {words[key]: value for key, value in schema_.items() if key in words} == sources.settings()[name], name


def test_every_value_of_the_first_level_is_explained() -> None:
    """The README lists them all."""
    readme = (CHART / "README.md").read_text()
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert [name for name in values if f"`{name}" not in readme] == []


def schema() -> dict[str, Any]:
    return dict(json.loads((CHART / "values.schema.json").read_text()))


def settings() -> dict[str, Any]:
    return dict(schema()["properties"]["settings"]["properties"])


def names(part: dict[str, Any], prefix: str = "") -> set[str]:
    """Every value that the schema knows, with dots."""
    found = set()
    for name, each in part.get("properties", {}).items():
        inner = schema()["$defs"].get(each.get("$ref", "").rpartition("/")[2], each)
        found |= names(inner, f"{prefix}{name}.") or {prefix + name}
    return found


def shown(values: dict[str, Any], prefix: str = "") -> set[str]:
    """Every value of values.yaml, with dots."""
    found = set()
    for name, each in values.items():
        found |= {prefix + name} | (shown(each, f"{prefix}{name}.") if isinstance(each, dict) else set())
    return found
