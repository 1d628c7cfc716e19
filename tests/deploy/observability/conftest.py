"""What the tests share: the dashboard, the rules, and a live service with the Prometheus that scrapes it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.observability.live import CONFIGURATION, ROOT, Prometheus, asked, measuring, serving, until


@pytest.fixture(scope="session")
def dashboard() -> dict[str, Any]:
    """The dashboard that Grafana loads."""
    text = (ROOT / "deploy/observability/grafana/dashboards/gatecast.json").read_text()
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    """All rules, of all groups of all files."""
    files = [yaml.safe_load(path.read_text()) for path in sorted((CONFIGURATION / "rules").glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped a service under load and computed all rules some times."""
    directory = tmp_path_factory.mktemp("live")
    with serving(directory) as port, measuring(directory, port) as server:
        with asked(port) as answered:
            for _ in range(3):  # what is counted has to rise between scrapes, however slow the service is
                before, scraped = answered[:], scrapes(server)
                until(lambda: all(now > then for now, then in zip(answered, before, strict=True)), "all are answered")  # noqa: B023 - it ends in this round
                until(lambda: scrapes(server) > scraped + 1, "Prometheus has scraped")  # noqa: B023
            until(lambda: moment(server), "Prometheus has scraped and computed all rules")
        yield server._replace(at=moment(server))


def scrapes(server: Prometheus) -> float:
    """How often Prometheus has scraped the service, of the last hour: what rises must not leave it while others wait for a rise."""
    return sum(float(each["value"][1]) for each in server.query('sum_over_time(up{job="gatecast"}[1h])'))


def moment(server: Prometheus) -> str:
    """The time of the newest scrape, if there are some, and rules that need others have been computed; else nothing."""
    scraped = server.query('sum_over_time(up{job="gatecast"}[5m]) >= 6')
    computed = server.query("count_over_time(job:gatecast_slow:ratio_rate1h[5m]) >= 5")
    newest = server.query('max_over_time(timestamp(up{job="gatecast"} == 1)[5m:1s])')
    return newest[0]["value"][1] if scraped and computed and newest else ""
