"""The profile `observability` of docker-compose.yml: what it starts, and that none of it may do more than the service."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from live import CONFIGURATION, ROOT

GRAFANA = ROOT / "deploy/observability/grafana"
PROFILE = ["prometheus", "grafana", "jaeger"]
HARDENED = {"read_only": True, "init": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return described


def test_without_the_profile_the_service_starts_alone(services):
    assert [name for name, service in services.items() if not service.get("profiles")] == ["gatecast"]
    assert [name for name, service in services.items() if service.get("profiles") == ["observability"]] == PROFILE


@pytest.mark.parametrize("name", PROFILE)
def test_each_is_as_hardened_as_the_service(services, name):
    service = services[name]
    assert {key: service[key] for key in HARDENED} == HARDENED
    assert {"mem_limit", "cpus", "pids_limit", "logging", "restart"} <= set(service)
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])


@pytest.mark.parametrize("name", PROFILE)
def test_each_is_one_version_and_open_to_this_host_only(services, name):
    assert re.fullmatch(r"docker\.io/[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", services[name]["image"])
    assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])


@pytest.mark.parametrize("name", PROFILE)
def test_files_are_there_and_read_only(services, name):
    mounts = [volume.split(":") for volume in services[name].get("volumes", []) if volume.startswith(".")]
    assert all((ROOT / mount[0]).is_dir() and mount[2:] == ["ro"] for mount in mounts)


def test_every_place_that_is_written_to_is_a_volume(services):
    volumes = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"]
    named = {
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if volume[0] != "."
    }
    assert named == set(volumes)


def test_grafana_finds_data_sources_and_dashboard_under_the_names_of_the_services(services):
    provisioned = yaml.safe_load((GRAFANA / "provisioning/datasources/datasources.yml").read_text())["datasources"]
    assert {source["url"] for source in provisioned} == {"http://prometheus:9090", "http://jaeger:16686"}
    leads_to = provisioned[0]["jsonData"]["exemplarTraceIdDestinations"]
    assert leads_to == [{"name": "trace_id", "datasourceUid": provisioned[1]["uid"]}]
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/dashboards.yml").read_text())["providers"][0]
    assert any(volume.split(":")[1] == provider["options"]["path"] for volume in services["grafana"]["volumes"])


def test_prometheus_scrapes_the_service_and_keeps_exemplars(services):
    scraped = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())["scrape_configs"]
    assert scraped[0]["static_configs"] == [{"targets": ["gatecast:8000"]}]
    assert "--enable-feature=exemplar-storage" in services["prometheus"]["command"]


def test_compose_itself_takes_the_file():
    compose = shutil.which("docker-compose")
    plug_in = (
        subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
        if shutil.which("docker")
        else False
    )
    if not (compose or plug_in):
        pytest.skip("neither docker-compose nor Docker's plug-in is here")
    command = ["docker", "compose"] if plug_in else [compose]
    done = subprocess.run(
        [*command, "--profile", "observability", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
