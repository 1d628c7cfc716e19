"""Who reaches whom: Services, routes, and the NetworkPolicy."""

import pytest

from tests.deploy.chart.charts import CASES, Object, Rendering, rendered, with_values


def labels(chart: Rendering) -> dict[str, str]:
    return dict(chart.one("Deployment")["spec"]["template"]["metadata"]["labels"])


@pytest.mark.parametrize("case", CASES)
def test_selectors_find_the_pods_of_the_service_and_no_others(case: str) -> None:
    """The pod of the test must not get requests, nor count as one that serves."""
    chart = rendered(case)
    selectors = [each["spec"]["selector"] for each in chart.all("Service")]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in chart.all("PodDisruptionBudget")]
    selectors += [each["spec"]["podSelector"]["matchLabels"] for each in chart.all("NetworkPolicy")]
    selectors.append(chart.one("Deployment")["spec"]["selector"]["matchLabels"])
    selectors += [each["labelSelector"]["matchLabels"] for each in chart.pod.get("topologySpreadConstraints", [])]
    for selector in selectors:
        assert selector.items() <= labels(chart).items()
        assert not any(selector.items() <= each["metadata"]["labels"].items() for each in chart.all("Pod"))


def test_what_changes_with_a_release_is_in_no_selector() -> None:
    """A selector cannot be changed: an upgrade would be refused."""
    assert set(rendered("defaults").one("Deployment")["spec"]["selector"]["matchLabels"]) == {
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
    }


@pytest.mark.parametrize("case", CASES)
def test_operations_are_not_in_the_public_service(case: str) -> None:
    """A LoadBalancer would show metrics and /admin to everybody."""
    public, operations = rendered(case).all("Service")
    assert [each["name"] for each in public["spec"]["ports"]] == ["http"]
    assert operations["spec"]["clusterIP"] == "None"
    assert operations["spec"]["publishNotReadyAddresses"]


def test_routes_lead_to_the_public_service() -> None:
    """By the name and the port that it has."""
    service = rendered("gateway").all("Service")[0]
    (rule,) = rendered("gateway").one("HTTPRoute")["spec"]["rules"]
    (backend,) = rule["backendRefs"]
    assert (backend["name"], backend["port"]) == (service["metadata"]["name"], service["spec"]["ports"][0]["port"])
    (host,) = rendered("production").one("Ingress")["spec"]["rules"]
    (path,) = host["http"]["paths"]
    assert path["backend"]["service"] == {
        "name": rendered("production").all("Service")[0]["metadata"]["name"],
        "port": {"name": "http"},
    }
    assert (host["host"], path["path"]) == ("forecasts.example.com", "/")


def policy(case: str) -> Object:
    return dict(rendered(case).one("NetworkPolicy")["spec"])


def test_nothing_leaves_a_pod_by_default() -> None:
    """The service calls nobody."""
    assert policy("defaults")["policyTypes"] == ["Ingress", "Egress"]
    assert policy("defaults")["egress"] == []


def test_traces_may_leave_to_the_port_of_the_collector() -> None:
    """And its name may be looked up."""
    ports = [port["port"] for rule in policy("production")["egress"] for port in rule["ports"]]
    assert ports == [53, 53, 4318]
    chart = with_values('tracing.endpoint="https://traces.example.com"')
    assert chart.one("NetworkPolicy")["spec"]["egress"][1]["ports"] == [{"port": 443, "protocol": "TCP"}]


def test_operations_are_open_to_the_cluster_only() -> None:
    """Requests to whoever may send them."""
    requests, operations = policy("defaults")["ingress"]
    assert requests == {"ports": [{"port": "http", "protocol": "TCP"}]}
    assert operations["from"] == [{"namespaceSelector": {}}]


def test_the_test_may_ask_where_callers_are_limited() -> None:
    """`helm test` would fail otherwise."""
    peers = policy("production")["ingress"][0]["from"]
    (pod,) = rendered("production").all("Pod")
    assert any(
        peer.get("podSelector", {}).get("matchLabels", {"": ""}).items() <= pod["metadata"]["labels"].items()
        for peer in peers
    )
    assert len(peers) == 2


def test_pods_are_spread_over_zones_and_nodes() -> None:
    """Each rollout by itself."""
    constraints = rendered("defaults").pod["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in constraints] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert all(each["matchLabelKeys"] == ["pod-template-hash"] for each in constraints)
