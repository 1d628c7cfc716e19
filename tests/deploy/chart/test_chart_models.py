"""The places that models come from."""

import json
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from tests.deploy.chart.charts import Refused, Rendering, rendered, with_values
from tests.patience import PATIENCE_S


def mounts(chart: Rendering) -> dict[str, dict[str, object]]:
    return {each["mountPath"]: each for each in chart.container["volumeMounts"] if each["name"].startswith("models")}


def test_baked_in_models_need_nothing() -> None:
    """The image's own directory is the service's default."""
    assert mounts(rendered("defaults")) == {}
    assert "GATECAST_MODELS_DIR" not in rendered("defaults").variables


def test_images_are_mounted_as_name_and_version() -> None:
    """One image for each version, read-only."""
    chart = rendered("image_volumes")
    assert chart.variables["GATECAST_MODELS_DIR"] == "/models"
    assert list(mounts(chart)) == ["/models/universal/3", "/models/sentiment/5"]
    assert all(each["readOnly"] for each in mounts(chart).values())
    assert mounts(chart)["/models/sentiment/5"]["subPath"] == "models/sentiment/5"
    images = [each["image"] for each in chart.pod["volumes"] if "image" in each]
    assert images[0] == {"reference": "registry.example.com/models/universal:3", "pullPolicy": "IfNotPresent"}


def test_one_image_of_all_models_is_the_whole_directory() -> None:
    """With its path left empty."""
    chart = with_values('models.source="image"', 'models.images=[{"reference": "all:1"}]')
    assert list(mounts(chart)) == ["/models"]


@pytest.mark.parametrize(("kubernetes", "message"), [("1.32", "needs Kubernetes 1.35"), ("1.34", "ImageVolume is on")])
def test_image_volumes_are_refused_where_kubernetes_lacks_them(kubernetes: str, message: str) -> None:
    """In words, before the cluster would say something else."""
    values = ('models.source="image"', 'models.images=[{"reference": "all:1"}]')
    with pytest.raises(Refused, match=message):
        with_values(*values, kubernetes=kubernetes)


def test_image_volumes_behind_their_gate_are_allowed_on_request() -> None:
    """Kubernetes 1.33 and 1.34 have them, switched off."""
    values = ('models.source="image"', 'models.images=[{"reference": "all:1"}]', "models.imageVolumeGate=true")
    assert list(mounts(with_values(*values, kubernetes="1.33"))) == ["/models"]


def test_a_volume_is_read_and_watched() -> None:
    """Something else writes it; its new versions are served without a new pod."""
    chart = rendered("pvc")
    (volume,) = [each for each in chart.pod["volumes"] if each["name"] == "models"]
    assert volume["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    assert mounts(chart)["/models"] == {"name": "models", "mountPath": "/models", "readOnly": True, "subPath": "served"}
    assert chart.variables["GATECAST_WATCH_S"] == "10"


def test_an_init_container_copies_the_content_of_its_directory() -> None:
    """Into the volume that the service reads; only it may write there."""
    chart = rendered("init")
    (container,) = chart.pod["initContainers"]
    assert container["command"] == ["cp", "-R", "/models/.", "/to/"]
    assert container["volumeMounts"] == [{"name": "models", "mountPath": "/to"}]
    assert mounts(chart)["/models"]["readOnly"]


@pytest.mark.parametrize("path", ["/models", "/a/models/", "/tools", "/data/to"])
def test_no_volume_hides_what_is_copied(path: str, tmp_path: Path) -> None:
    """The command finds the files of the image, and what it copies is in the volume."""
    chart = with_values('models.source="init"', f'models.init={{"image": "all:1", "path": "{path}"}}')
    (container,) = chart.pod["initContainers"]
    program, option, source, target = container["command"]
    for mount in container["volumeMounts"]:
        assert not PurePosixPath(source).is_relative_to(mount["mountPath"])
        assert not PurePosixPath(mount["mountPath"]).is_relative_to(source)
    version = tmp_path / path[1:] / "gru/3"
    version.mkdir(parents=True)
    (version / "card.json").write_text("{}")
    (tmp_path / "to").mkdir()
    subprocess.run([program, option, f"{tmp_path}{source}", f"{tmp_path}{target}"], check=True, timeout=PATIENCE_S)
    assert (tmp_path / "to/gru/3/card.json").read_text() == "{}"


@pytest.mark.parametrize("path", ["/", "/to", "/to/", "/to/models", "/models/../to", "//"])
def test_a_directory_that_the_volume_would_hide_is_refused(path: str) -> None:
    """It, what lies below it, and what holds it."""
    with pytest.raises(Refused, match=r"models\.init\.path is .* other than / and /to"):
        with_values('models.source="init"', f'models.init={{"image": "all:1", "path": "{path}"}}')


@pytest.mark.parametrize("path", ["", "gru/3"])
def test_two_images_at_one_place_are_refused(path: str) -> None:
    """One of them would hide the other."""
    images = [{"reference": "all:1", "path": path}, {"reference": "all:2", "path": path}]
    with pytest.raises(Refused, match="all:1 and all:2 have the same path"):
        with_values('models.source="image"', f"models.images={json.dumps(images)}")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (['models.source="image"'], "models.images must name"),
        (['models.source="pvc"'], "models.pvc.claimName must name"),
        (['models.source="init"'], "models.init.image must name"),
        (["models.watchSeconds=5"], "models.watchSeconds is for models.source pvc"),
    ],
)
def test_a_place_without_its_particulars_is_refused(values: list[str], message: str) -> None:
    """With the value that is missing."""
    with pytest.raises(Refused, match=message):
        with_values(*values)


def test_the_versions_that_answer_are_handed_over() -> None:
    """Which works with a directory that nobody can write to."""
    assert rendered("production").variables["GATECAST_VERSIONS"] == "gru=3, sentiment=5+6:5%"


@pytest.mark.parametrize("text", ["gru=2,\nx=3\n", "gru=2,,x=3", ",gru=2", " gru = newest ,", "gru=2+3:500%", "", "\n"])
def test_versions_are_for_the_service_to_read(text: str) -> None:
    """It allows space, line ends and empty entries, and says itself what is wrong with a version."""
    variables = with_values(f"models.versions={json.dumps(text)}").variables
    assert variables.get("GATECAST_VERSIONS", "") == text


@pytest.mark.parametrize("text", ["gru", "gru=2, sentiment", "gru=2,\nsentiment\n", "sentiment: 2"])
def test_an_entry_of_versions_without_a_version_is_refused(text: str) -> None:
    """By its own words."""
    with pytest.raises(Refused, match=rf"models\.versions: {text.split(',')[-1].strip()} is no MODEL=VERSION"):
        with_values(f"models.versions={json.dumps(text)}")
