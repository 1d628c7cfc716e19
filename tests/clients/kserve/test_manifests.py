"""deploy/kserve by kserve's own typed models, and the service with the variables of the ServingRuntime, over the layouts that KServe mounts."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

from tests.clients.kserve import typed

ROOT = Path(__file__).parents[3]
KSERVE = ROOT / "deploy/kserve"
TYPES = {"ServingRuntime": "V1alpha1ServingRuntime", "InferenceService": "V1beta1InferenceService"}
FILES = sorted(KSERVE.glob("*.yaml"))
SERVICES = [path for path in FILES if path.name.startswith("inferenceservice")]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def runtime() -> Any:
    return load(KSERVE / "servingruntime.yaml")["spec"]


def container() -> Any:
    (only,) = runtime()["containers"]
    return only


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_manifest_is_what_kserves_types_say(path: Path) -> None:
    """Every field is known, and has its type."""
    manifest = load(path)
    assert list(typed.faults(manifest, TYPES[manifest["kind"]])) == []


def test_the_runtime_is_one_for_all_namespaces_by_its_kind_alone() -> None:
    """As the README says."""
    cluster = load(KSERVE / "servingruntime.yaml") | {"kind": "ClusterServingRuntime"}
    assert list(typed.faults(cluster, "V1alpha1ClusterServingRuntime")) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"supportedModelFormat": []}, ".supportedModelFormat: V1alpha1ServingRuntimeSpec has no such field"),
        ({"protocolVersions": "v2"}, ".protocolVersions: is no list"),
        ({"containers": [{"name": "a", "ports": [{"containerPort": "8080"}]}]}, "[0].containerPort: '8080' is no int"),
        ({"containers": [{"image": "a"}]}, "V1Container name Field required"),
    ],
)
def test_a_wrong_field_would_be_found(change: dict[str, Any], fault: str) -> None:
    """A wrong name, type, or lack."""
    assert fault in "; ".join(typed.faults({"spec": runtime() | change}, "V1alpha1ServingRuntime"))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_an_inference_service_fits_the_runtime(path: Path) -> None:
    """Its format and its protocol are ones that the runtime has, and there is one kind of address."""
    predictor = load(path)["spec"]["predictor"]
    model = predictor["model"]
    assert model["runtime"] == load(KSERVE / "servingruntime.yaml")["metadata"]["name"]
    assert model["modelFormat"]["name"] in [each["name"] for each in runtime()["supportedModelFormats"]]
    assert model["protocolVersion"] in runtime()["protocolVersions"]
    assert ("storageUri" in model) != ("storageUris" in predictor)
    assert predictor["deploymentStrategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_the_pod_has_the_time_that_a_stop_takes() -> None:
    """Grace, the requests in flight, and 5 s for closing."""
    seconds = {each["name"]: each.get("value") for each in container()["env"]}
    needed = float(seconds["GATECAST_GRACE_S"]) + float(seconds["GATECAST_SHUTDOWN_S"]) + 5
    assert all(load(path)["spec"]["predictor"]["terminationGracePeriodSeconds"] >= needed for path in SERVICES)


def test_ports_and_probes_line_up() -> None:
    """One declared port, where requests and probes go; metrics on the other, as the annotation says."""
    variables = {each["name"]: each.get("value") for each in container()["env"]}
    (port,) = container()["ports"]
    assert str(port["containerPort"]) == variables["GATECAST_PORT"]
    probes = [container()[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert {each["port"] for each in probes} == {port["containerPort"]}
    assert runtime()["annotations"]["prometheus.kserve.io/port"] == variables["GATECAST_OPERATIONS_PORT"]


def mounted(folder: Path) -> Path:
    """One model as <name>/<version>/, and its directory behind a link, as a modelcar leaves it at /mnt/models."""
    models_dir = folder / "root/models"
    shutil.copytree(ROOT / "models/universal", models_dir / "universal")
    (folder / "mnt").mkdir()
    (folder / "mnt/models").symlink_to(models_dir)
    return folder / "mnt/models"


def test_the_service_serves_what_kserve_mounts(tmp_path: Path, start_service: Callable[..., str]) -> None:
    """With the variables of the runtime, but for ports and places; asked by KServe's client."""
    variables = {each["name"]: each.get("value", "1") for each in container()["env"]}
    for name in ("GATECAST_HOST", "GATECAST_PORT", "GATECAST_OPERATIONS_PORT"):
        del variables[name]
    url = start_service(**variables | {"GATECAST_MODELS_DIR": str(mounted(tmp_path)), "GATECAST_GRACE_S": "0"})

    async def ask() -> Any:
        client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=300))
        assert await client.is_model_ready(url, "universal")
        readings = InferInput("readings", [1, 48], "FP64", [[float(each % 12) for each in range(48)]])
        return await client.infer(url, InferRequest("universal", [readings]), model_name="universal")

    assert asyncio.run(ask()).outputs[0].name == "forecast"


def test_an_address_of_one_model_is_refused_in_words(tmp_path: Path) -> None:
    """Its versions would lie in /mnt/models itself, and their names are no models': mountPath has to name the model."""
    shutil.copytree(ROOT / "models/universal/2", tmp_path / "2")
    python = ROOT / ".venv/bin/python"
    environment = {"GATECAST_MODELS_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [python, "-m", "service", "--check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "holds no model version, as <name>/<version>/" in done.stderr
