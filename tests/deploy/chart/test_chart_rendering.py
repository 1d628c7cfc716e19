"""Every case of values, for four versions of Kubernetes: Helm renders it, and each object is what its schema says."""

import json
from functools import cache

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.chart import charts, custom_resources
from tests.deploy.chart.charts import CASES, CHART, VERSIONS, Object, helm, rendered, supported

EVERYWHERE = [(case, version) for case in CASES for version in VERSIONS if supported(case, version)]


@cache  # most objects are the same in many cases
def fault(version: str, text: str) -> str | None:
    """What is wrong with an object, given as JSON."""
    each = json.loads(text)
    if schema := custom_resources.validator(each["apiVersion"], each["kind"]):
        return next((f"{error.json_path}: {error.message}" for error in schema.iter_errors(each)), None)
    try:
        kubernetes_validate.validate(each, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"
    return None


@pytest.mark.parametrize(("case", "version"), EVERYWHERE)
def test_every_object_is_valid_for_every_version(case: str, version: str) -> None:
    """Strictly: no field that this version of Kubernetes does not know."""
    faults = {
        name(each): found for each in rendered(case, version).objects if (found := fault(version, json.dumps(each)))
    }
    assert faults == {}


@pytest.mark.parametrize("case", CASES)
def test_lint_finds_nothing_in_a_case(case: str) -> None:
    """`helm lint --strict`, with warnings as errors."""
    helm(
        "lint", "--strict", str(CHART), "--namespace", charts.NAMESPACE, "--values", str(charts.VALUES / f"{case}.yaml")
    )


@pytest.mark.parametrize("case", CASES)
def test_every_object_has_a_name_of_its_own_and_its_namespace(case: str) -> None:
    """What is applied does not overwrite itself, and goes where the release is."""
    objects = rendered(case).objects
    assert len({(each["kind"], name(each)) for each in objects}) == len(objects)
    assert {each["metadata"]["namespace"] for each in objects} == {charts.NAMESPACE}


def test_an_older_kubernetes_is_refused() -> None:
    """Fields that it does not know would be dropped without a word."""
    with pytest.raises(charts.Refused, match="which is incompatible with Kubernetes"):
        charts.template(kubernetes="1.27")


def test_a_cluster_that_chooses_users_gets_none() -> None:
    """OpenShift: null takes a value away."""
    pod = charts.with_values('podSecurityContext={"runAsUser": null, "runAsGroup": null, "fsGroup": null}').pod
    assert set(pod["securityContext"]) == {"runAsNonRoot", "fsGroupChangePolicy", "seccompProfile"}


def test_all_off_leaves_what_serving_needs() -> None:
    """A Deployment and its two Services."""
    assert sorted(each["kind"] for each in rendered("bare").objects) == ["Deployment", "Service", "Service"]


@pytest.mark.parametrize("release", ["a", "x" * 53, "gatecast.of-a-team-with-a-name-that-fills-it-wholly"])
def test_names_and_labels_fit_for_every_release(release: str) -> None:
    """At most 63 characters, with their suffixes whole."""
    everything = charts.with_values("metrics.dashboard.enabled=true", 'models.trustedKeys.inline="k"', release=release)
    for each in everything.objects:
        assert len(name(each)) <= 63
        assert all(len(value) <= 63 for value in each["metadata"]["labels"].values())
    ends = {name(each).rsplit("-", 1)[1] for each in everything.objects if "-" in name(each)}
    assert {"operations", "dashboard", "trust", "test"} <= ends


def test_a_package_of_the_chart_renders_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that the chart needs lies outside of what is shipped."""
    folder = tmp_path_factory.mktemp("package")
    helm("package", str(CHART), "--destination", str(folder))
    (package,) = folder.glob("gatecast-*.tgz")
    options = ("--values", str(charts.VALUES / "production.yaml"))
    assert charts.template(*options, chart=package) == charts.template(*options)


@pytest.mark.parametrize("case", CASES)
def test_the_notes_say_what_to_do_next(case: str) -> None:
    """And warn where nobody is asked for a key."""
    options = ("--dry-run=client", "--namespace", charts.NAMESPACE, "--values", str(charts.VALUES / f"{case}.yaml"))
    notes = helm("install", charts.RELEASE, str(CHART), *options).partition("NOTES:")[2]
    assert "rollout status deployment/" in notes
    assert ("helm test" in notes) == bool(rendered(case).all("Pod"))
    assert ("WARNING: whoever reaches the Service" in notes) == (
        "GATECAST_API_KEYS_FILE" not in rendered(case).variables
    )


def test_two_renderings_are_the_same() -> None:
    """Nothing is random: an upgrade without a change replaces no pod."""
    assert charts.template() == charts.template()


def test_the_chart_has_the_version_of_the_service() -> None:
    """Its appVersion is the tag of the image."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert f'version = "{chart["appVersion"]}"' in (charts.ROOT / "pyproject.toml").read_text()


def name(each: Object) -> str:
    return str(each["metadata"]["name"])
