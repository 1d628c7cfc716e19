"""Values that stand where the chart has set something itself, or where nothing can be put: refused by their names."""

import json

import pytest

from tests.deploy.chart.charts import Refused, with_values

TWICE = [
    (
        'podLabels={"app.kubernetes.io/name": "mine"}',
        "podLabels: app.kubernetes.io/name is set by the chart; leave it out, and use nameOverride for another name",
    ),
    (
        'podLabels={"app.kubernetes.io/component": "mine"}',
        "podLabels: app.kubernetes.io/component is set by the chart; leave it out",
    ),
    (
        'podAnnotations={"kubectl.kubernetes.io/default-container": "a"}',
        "podAnnotations: kubectl.kubernetes.io/default-container is set by the chart; leave it out",
    ),
    (
        'metrics.rules.labels={"app.kubernetes.io/version": "2"}',
        "metrics.rules.labels: app.kubernetes.io/version is set by the chart; leave it out",
    ),
    (
        'extraVolumes=[{"name": "tmp", "emptyDir": {}}]',
        "extraVolumes: the volume tmp is there already; give yours another name",
    ),
    (
        'extraVolumeMounts=[{"name": "tmp", "mountPath": "/tmp/"}]',
        "extraVolumeMounts: something is mounted at /tmp/ already",
    ),
    (
        'extraVolumeMounts=[{"name": "data", "mountPath": "/data"}]',
        "extraVolumeMounts: there is no volume data; add it to extraVolumes",
    ),
]
EXTRA = 'extraVolumes=[{"name": "more", "emptyDir": {}}]'
PLACES = {
    "image": ('models.source="image"', 'models.images=[{"reference": "all:1", "path": "gru"}]'),
    "pvc": ('models.source="pvc"', 'models.pvc.claimName="models"'),
    "init": ('models.source="init"', 'models.init.image="all:1"'),
    "baked": (),
}


@pytest.mark.parametrize(("assignment", "said"), TWICE)
def test_what_the_chart_sets_itself_is_refused(assignment: str, said: str) -> None:
    """In these words, and no more: what helps for a name does not help for the others."""
    with pytest.raises(Refused) as refused:
        with_values(assignment)
    assert f": {said}\n" in str(refused.value)


def test_an_annotation_of_trusted_keys_is_the_users_without_inline_ones() -> None:
    """With inline ones, the chart sets it."""
    values = 'podAnnotations={"checksum/trusted-keys": "a"}'
    pod = with_values(values, 'models.trustedKeys.existingConfigMap="keys"').one("Deployment")["spec"]["template"]
    assert pod["metadata"]["annotations"]["checksum/trusted-keys"] == "a"
    with pytest.raises(Refused, match="podAnnotations: checksum/trusted-keys is set by the chart"):
        with_values(values, 'models.trustedKeys.inline="a"')


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (['tracing.endpoint="http://c:4318"', 'extraEnv=[{"name": "OTEL_SERVICE_NAME"}]'], "OTEL_SERVICE_NAME"),
        (['tracing.endpoint="http://c:4318"', 'extraEnv=[{"name": "K8S_POD_NAME"}]'], "K8S_POD_NAME"),
        (['extraEnv=[{"name": "TZ"}, {"name": "TZ"}]'], "TZ"),
    ],
)
def test_a_variable_that_is_set_twice_is_refused(values: list[str], name: str) -> None:
    """Which of the two counts would be for Kubernetes to say."""
    with pytest.raises(Refused, match=f"extraEnv: {name} stands there twice"):
        with_values(*values)


@pytest.mark.parametrize(
    ("inner", "said"),
    [("gru/3", 'b:1 would be mounted at "gru/3", within a:1'), ("grus", None), ("gru", "have the same path")],
)
def test_an_image_within_another_is_refused(inner: str, said: str | None) -> None:
    """A read-only image has no place for it, but one beside it may begin with the same letters."""
    images = [{"reference": "a:1", "path": "gru"}, {"reference": "b:1", "path": inner}]
    values = ('models.source="image"', f"models.images={json.dumps(images)}")
    if said is None:
        assert with_values(*values).one("Deployment")
        return
    with pytest.raises(Refused, match=said):
        with_values(*values)


def more_at(path: str) -> str:
    return f'extraVolumeMounts=[{{"name": "more", "mountPath": "{path}"}}]'


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("image", "/models/gru/3"),
        ("pvc", "/models/x"),
        ("pvc", "/models//x/"),
        ("pvc", "/tmp/../models/x"),
        ("init", "/models/x"),
    ],
)
def test_a_mount_within_the_models_is_refused(source: str, path: str) -> None:
    """They are read-only, so no directory can be made for it."""
    with pytest.raises(
        Refused, match=f"extraVolumeMounts: more would be mounted at {path}, within the models at /models"
    ):
        with_values(*PLACES[source], EXTRA, more_at(path))


@pytest.mark.parametrize(("source", "path"), [("image", "/models/grus"), ("pvc", "/models2/x"), ("baked", "/models/x")])
def test_a_mount_beside_the_models_is_taken(source: str, path: str) -> None:
    """Though its path begins with the same letters."""
    assert with_values(*PLACES[source], EXTRA, more_at(path)).container["volumeMounts"][-1]["mountPath"] == path


@pytest.mark.parametrize("path", ["/models", "/models/", "//models/."])
def test_a_mount_over_the_models_is_refused(path: str) -> None:
    """However its path is written."""
    with pytest.raises(Refused, match=f"something is mounted at {path} already"):
        with_values(*PLACES["pvc"], EXTRA, more_at(path))
