"""Which service is attacked next, and what is measured again. No service is started."""

import pytest

from benchmarks.hostile import __main__ as command
from benchmarks.hostile.attack import Attack
from benchmarks.hostile.outcome import Outcome
from benchmarks.hostile.sending import in_turn

LATE = ["/livez: p99 60 ms"]


class Service:
    """A service that lives; it remembers for which attack it was started."""

    started: list[str]

    def __init__(self, attack):
        self.attack = attack

    def __enter__(self):
        self.started.append(self.attack.name)
        return self

    def __exit__(self, *_):
        pass

    def is_alive(self):
        return True

    def memory_mb(self):
        return 100.0


@pytest.fixture
def run(monkeypatch):
    """Attack services with these attacks; each has its outcomes in turn. Returns the run."""
    monkeypatch.setattr(command, "LiveService", Service)
    monkeypatch.setattr(Service, "started", [], raising=False)

    def run(attacks, **changes):
        outcomes = {name: iter(values) for name, values in changes.items()}

        def measure(service, kind, attack, seconds):
            assert attack.service == service.attack.service
            values = {"before_mb": 100.0, "after_mb": 101.0} | next(outcomes.get(attack.name, iter([{}])))
            return Outcome(attack.name, kind, **values)

        monkeypatch.setattr(command, "measure", measure)
        running = command.Run(1.0)
        running.attack_all([("kind", attack) for attack in attacks])
        return running

    return run


def attack(name, **options):
    return Attack(name, in_turn, **options)


def test_attacks_share_a_service_while_it_is_sound(run):
    running = run([attack("a"), attack("b")])
    assert Service.started == ["a"]
    assert [outcome.name for outcome in running.outcomes] == ["a", "b"]
    assert running.processes == ["100 → 101 MB"]


@pytest.mark.parametrize("harm", [{"alive": False}, {"after_mb": 120.0}, {"stop": (1.0, 0)}])
def test_a_service_that_was_harmed_is_replaced(run, harm):
    run([attack("a"), attack("b"), attack("c")], a=[harm])
    assert Service.started == ["a", "b"]


def test_other_settings_need_another_service_and_the_defaults_come_first(run):
    run([attack("keys", keys=True), attack("rates", settings={"RATE": "1"}), attack("a"), attack("more", keys=True)])
    assert Service.started == ["a", "rates", "keys"]


def test_what_was_late_on_a_busy_machine_is_measured_again(run):
    busy = {"missed": LATE, "disturbed": 0.5}
    (outcome,) = run([attack("a")], a=[busy, {}]).outcomes
    assert (outcome.repeats, outcome.missed) == (1, [])
    (outcome,) = run([attack("a")], a=[busy] * 9).outcomes
    assert (outcome.repeats, outcome.missed) == (command.REPEATS, LATE)


@pytest.mark.parametrize("miss", [{"missed": LATE, "disturbed": 0.1}, {"missed": ["1 × 500", *LATE], "disturbed": 0.5}])
def test_a_miss_that_the_machine_did_not_cause_stays(run, miss):
    (outcome,) = run([attack("a")], a=[miss, {}]).outcomes
    assert outcome.repeats == 0
    assert outcome.missed == miss["missed"]
