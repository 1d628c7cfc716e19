"""How many pods there are: by CPU, or by the seconds of waiting work."""

import pytest

from tests.deploy.chart.charts import Refused, rendered, with_values

PROMETHEUS = 'autoscaling.queue.serverAddress="http://prometheus:9090"'


def test_by_cpu_it_is_the_container_that_counts() -> None:
    """A sidecar that idles would make the pods look less busy."""
    spec = rendered("production").one("HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"]["name"] == rendered("production").one("Deployment")["metadata"]["name"]
    (metric,) = spec["metrics"]
    assert metric["containerResource"]["container"] == rendered("production").container["name"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 20)


def test_by_queue_the_longest_one_counts_and_cpu_is_the_floor() -> None:
    """Without CPU, pods would go as soon as the queue is empty, and come back when it is long."""
    spec = rendered("keda").one("ScaledObject")["spec"]
    queue, cpu = spec["triggers"]
    assert (
        queue["metadata"]["query"] == 'max(avg_over_time(gatecast_queue_seconds{job="gatecast/ml/shop-gatecast"}[1m]))'
    )
    assert queue["metadata"]["threshold"] == "0.25"
    assert queue["metricType"] == "Value"  # seconds of one pod, not shared out among the pods
    assert cpu["metadata"]["containerName"] == rendered("keda").container["name"]
    assert spec["scaleTargetRef"]["name"] == rendered("keda").one("Deployment")["metadata"]["name"]


def test_the_query_asks_for_the_label_that_the_scrape_sets() -> None:
    """Otherwise it would find nothing."""
    (endpoint,) = rendered("keda").one("ServiceMonitor")["spec"]["endpoints"]
    (relabeling,) = endpoint["relabelings"]
    query = rendered("keda").one("ScaledObject")["spec"]["triggers"][0]["metadata"]["query"]
    assert f'{relabeling["targetLabel"]}="{relabeling["replacement"]}"' in query


def test_without_prometheus_no_pod_goes() -> None:
    """The fallback is a floor: CPU may have asked for more. An answer without series is such a fault too."""
    spec = rendered("keda").one("ScaledObject")["spec"]
    assert spec["fallback"] == {"failureThreshold": 3, "replicas": 6, "behavior": "currentReplicasIfHigher"}
    assert spec["triggers"][0]["metadata"]["ignoreNullValues"] == "false"


def test_both_ways_grow_at_once_and_shrink_slowly() -> None:
    """The same behaviour for both."""
    own = rendered("production").one("HorizontalPodAutoscaler")["spec"]["behavior"]
    assert own == rendered("keda").one("ScaledObject")["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert own["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert own["scaleDown"]["stabilizationWindowSeconds"] == 300


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (['autoscaling.kind="queue"'], "autoscaling.queue.serverAddress must be"),
        (['autoscaling.kind="cpu"', "autoscaling.minReplicas=20"], "autoscaling.maxReplicas is 12"),
        (['autoscaling.kind="queue"', PROMETHEUS, "autoscaling.minReplicas=0"], "/autoscaling/minReplicas"),
        (['autoscaling.kind="cpu"', "resources.requests=null"], "resources.requests.cpu must be set"),
    ],
)
def test_what_cannot_scale_is_refused(values: list[str], message: str) -> None:
    """With the value that has to change."""
    with pytest.raises(Refused, match=message):
        with_values(*values)


def test_a_drain_takes_one_pod_at_a_time() -> None:
    """And is never held up by pods that do not serve."""
    spec = rendered("defaults").one("PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
