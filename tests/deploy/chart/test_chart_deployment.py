"""The Deployment: that it fits the service, that it starts, stops and is replaced as promised, and that it has no rights."""

import json
from pathlib import Path

import pytest

from tests.deploy.chart import sources
from tests.deploy.chart.charts import CASES, Refused, parsed, rendered, template, with_values

OTHERS = {"TZ", "K8S_POD_NAME", "K8S_NAMESPACE_NAME"}  # neither settings of the service nor of OpenTelemetry


@pytest.mark.parametrize("case", CASES)
def test_every_variable_is_a_setting_of_the_service(case: str) -> None:
    """The service refuses to start with any other GATECAST_ variable."""
    names = {name for name in rendered(case).variables if not name.startswith("OTEL_")}
    assert names - OTHERS <= sources.variables()


@pytest.mark.parametrize("case", CASES)
def test_ports_line_up(case: str) -> None:
    """What the service is told, what the container declares, and what Services and probes use."""
    chart = rendered(case)
    ports = {each["name"]: each["containerPort"] for each in chart.container["ports"]}
    assert str(ports["http"]) == chart.variables["GATECAST_PORT"]
    assert str(ports["operations"]) == chart.variables["GATECAST_OPERATIONS_PORT"]
    targets = {port["targetPort"] for service in chart.all("Service") for port in service["spec"]["ports"]}
    probes = {chart.container[name]["httpGet"]["port"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert targets | probes == set(ports)


def test_probes_ask_for_paths_that_the_service_has() -> None:
    """Readiness where callers come in; whether it lives on the port that they cannot fill."""
    container = rendered("defaults").container
    asked = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert asked == {"startupProbe": "/livez", "readinessProbe": "/readyz", "livenessProbe": "/livez"}
    assert set(asked.values()) <= sources.paths()
    assert container["readinessProbe"]["httpGet"]["port"] == "http"
    assert container["livenessProbe"]["httpGet"]["port"] == "operations"


def test_with_a_certificate_the_probes_speak_tls() -> None:
    """Both ports do then."""
    chart = rendered("keys")
    assert {chart.container[name]["httpGet"]["scheme"] for name in ("readinessProbe", "livenessProbe")} == {"HTTPS"}
    assert {port["appProtocol"] for each in chart.all("Service") for port in each["spec"]["ports"]} == {"https"}


@pytest.mark.parametrize("case", CASES)
def test_the_pod_has_the_time_that_a_stop_takes(case: str) -> None:
    """Grace, the requests in flight, and the closing, before it is killed."""
    variables = rendered(case).variables
    needed = float(variables["GATECAST_GRACE_S"]) + float(variables["GATECAST_SHUTDOWN_S"]) + sources.closing_seconds()
    assert rendered(case).pod["terminationGracePeriodSeconds"] >= needed


def test_requests_with_the_default_deadline_outlast_a_stop() -> None:
    """No request of usual length is cut off: the time for those in flight is not below the default deadline (10 s)."""
    assert float(rendered("defaults").variables["GATECAST_SHUTDOWN_S"]) >= 10


@pytest.mark.parametrize("case", CASES)
def test_no_pod_goes_before_another_is_ready(case: str) -> None:
    """A rollout never has fewer pods than wanted."""
    update = rendered(case).one("Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert update["maxUnavailable"] == 0
    assert update["maxSurge"] not in (0, "0%")


@pytest.mark.parametrize("case", CASES)
def test_the_number_of_pods_has_one_owner(case: str) -> None:
    """With autoscaling, an upgrade must not set the replicas back."""
    spec = rendered(case).one("Deployment")["spec"]
    scaled = any(rendered(case).all(kind) for kind in ("HorizontalPodAutoscaler", "ScaledObject"))
    assert ("replicas" in spec) != scaled


@pytest.mark.parametrize("case", CASES)
def test_containers_have_no_rights(case: str) -> None:
    """The user of the image by number, nothing to write but volumes, no capability, no token, no variables of Services."""
    chart = rendered(case)
    pods = [chart.pod] + [each["spec"] for each in chart.all("Pod")]
    for pod in pods:
        own = pod["securityContext"]
        assert (own["runAsUser"], own["runAsGroup"]) == sources.user()
        assert own["runAsNonRoot"]
        assert own["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        for container in pod["containers"] + pod.get("initContainers", []):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}


def test_the_only_writable_place_is_tmp() -> None:
    """A volume of its own, of bounded size."""
    chart = rendered("keys")
    writable = [each["mountPath"] for each in chart.container["volumeMounts"] if not each.get("readOnly")]
    assert writable == ["/tmp"]
    assert chart.pod["volumes"][0] == {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}
    larger = with_values("tmpSizeLimit=1073741824").pod["volumes"][0]
    assert larger["emptyDir"] == {"sizeLimit": 1 << 30}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"requests": {"cpu": "1"}}, "1"),
        ({"requests": {"cpu": "250m"}}, "1"),
        ({"requests": {"cpu": "3900m"}}, "3"),
        ({"requests": {"cpu": 2}}, "2"),
        ({"requests": {"cpu": 1}, "limits": {"cpu": 4}}, "4"),
        ({"requests": {"cpu": "500m"}, "limits": {"cpu": "2.5"}}, "2"),
    ],
)
def test_workers_are_the_whole_cores(resources: dict[str, dict[str, object]], expected: str) -> None:
    """Of the limit, or else of the request, and at least one."""
    resources.setdefault("limits", {})["memory"] = "2Gi"
    assert with_values(f"resources={json.dumps(resources)}").variables["GATECAST_WORKERS"] == expected


def test_workers_auto_without_a_limit_are_refused() -> None:
    """They would be every core of the node."""
    with pytest.raises(Refused, match=r"workers auto needs resources\.limits\.cpu"):
        with_values('workers="auto"')
    assert rendered("init").variables["GATECAST_WORKERS"] == "auto"


@pytest.mark.parametrize(
    ("assignments", "least"),
    [
        (["workers=1", 'resources.limits.memory="280Mi"'], "288Mi"),
        (["workers=8"], "1408Mi"),
        (['settings.engine="tensorflow"'], "1088Mi"),
        (["workers=4", 'resources.limits.memory="700M"'], "768Mi"),
        (["resources.limits.memory=104857600"], "288Mi"),
    ],
)
def test_too_little_memory_is_refused_in_words(assignments: list[str], least: str) -> None:
    """125 MB of a worker with all models (680 MB with TensorFlow), the files of libraries once, and the bodies of requests."""
    with pytest.raises(Refused, match=rf"memory is [0-9]+(Mi|M)?, and \d workers need at least {least}"):
        with_values(*assignments)


@pytest.mark.parametrize("memory", ["671088640", "1073741824", '"671088640"'])
def test_memory_in_bytes_is_read_as_such(memory: str) -> None:
    """A number in a file of values is a float to Helm, and large ones are written with an exponent."""
    limits = with_values(f"resources.limits.memory={memory}").container["resources"]["limits"]
    assert int(float(limits["memory"])) == int(memory.strip('"'))


def test_memory_in_bytes_of_a_file_is_read_as_such(tmp_path: Path) -> None:
    """As with --set-json."""
    file = tmp_path / "values.yaml"
    file.write_text("resources: {limits: {memory: 1073741824}}")
    assert parsed(template("--values", str(file))).variables["GATECAST_WORKERS"] == "1"
    file.write_text("resources: {limits: {memory: 104857600}}")
    with pytest.raises(Refused, match="memory is 104857600, and"):
        template("--values", str(file))


def test_the_default_memory_holds_the_highest_peak_that_was_measured() -> None:
    """390 MB, under hostile requests with one worker."""
    assert rendered("defaults").container["resources"]["limits"]["memory"] == "640Mi"
    assert 640 * 2**20 > 390e6 * 1.5


def test_other_trusted_keys_replace_the_pods() -> None:
    """A ConfigMap alone would change under the running ones."""
    key = "checksum/trusted-keys"
    sums = [
        with_values(f'models.trustedKeys.inline="{text}"').one("Deployment")["spec"]["template"]["metadata"][
            "annotations"
        ][key]
        for text in ("a", "b")
    ]
    assert sums[0] != sums[1]


def test_settings_reach_the_service_as_they_are_written() -> None:
    """Large numbers without an exponent, fractions, lists with commas, booleans."""
    variables = rendered("production").variables
    assert variables["GATECAST_MAX_FRAME_BYTES"] == "104857600"
    assert variables["GATECAST_KEEP_ALIVE_S"] == "0.5"
    assert variables["GATECAST_TRUSTED_PROXIES"] == "10.0.0.0/8, 192.168.0.1"
    assert variables["GATECAST_PLAYGROUND"] == "false"


def test_traces_are_asked_for_by_the_standard_variables() -> None:
    """And not at all without an endpoint."""
    variables = rendered("production").variables
    assert variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector.observability.svc:4318"
    assert variables["OTEL_TRACES_SAMPLER_ARG"] == "0.05"
    assert not any(name.startswith("OTEL_") for name in rendered("defaults").variables)
