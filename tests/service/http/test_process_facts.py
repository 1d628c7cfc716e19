"""The process's own figures, as client libraries of Prometheus name them."""

import sys

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from service.http import process_facts
from service.http.process_facts import ProcessFacts
from service.measures import Measures


def published(measures):
    return {family.definition.name: family.values.get(()) for family in measures.collect()}


@pytest.mark.skipif(sys.platform != "linux", reason="the figures come from /proc")
def test_the_figures_are_those_of_the_client_library():
    """The same names, and the same values where they do not change meanwhile."""
    measures = Measures()
    measures.publish_by(ProcessFacts(measures).publish)
    ours = published(measures)
    families = ProcessCollector(registry=CollectorRegistry()).collect()
    theirs = {sample.name: sample.value for family in families for sample in family.samples}
    assert set(ours) == set(theirs)
    for name in ("process_max_fds", "process_start_time_seconds"):
        assert ours[name] == theirs[name]
    assert 0.5 < ours["process_resident_memory_bytes"] / theirs["process_resident_memory_bytes"] < 2
    assert 0 < ours["process_cpu_seconds_total"] <= theirs["process_cpu_seconds_total"] + 1


def test_a_system_without_proc_has_processor_time_only(tmp_path, monkeypatch):
    monkeypatch.setattr(process_facts, "PROC", tmp_path)
    measures = Measures()
    measures.publish_by(ProcessFacts(measures).publish)
    assert [name for name, value in published(measures).items() if value is not None] == ["process_cpu_seconds_total"]
