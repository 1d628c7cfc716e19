"""Who is let in: keys, scopes, throttling, and limits by caller."""

import json
import logging
from hashlib import sha256

import pytest

from service.app import create_app
from service.errors import Forbidden, GatecastError, InvalidRequest, TooManyRequests, Unauthorised
from service.http.access import OPEN, SCOPE_OF, Access, read_keys
from service.http.callers import Callers, OwnPairs
from service.http.host import OwnMemory
from service.keys import KeysError
from tests import fakes

ADMIN = "correct horse battery"
NOTHING: dict[bytes, bytes] = {}
HOME = "203.0.113.7"
AWAY = "198.51.100.1"
PROTECTED = {
    "/forecast": "forecast",
    "/forecast/batch": "forecast",
    "/anomalies": "forecast",
    "/anomalies/batch": "forecast",
    "/nixtla/v2/forecast": "forecast",
    "/nixtla/v2/cross_validation": "forecast",
    "/nixtla/v2/anomaly_detection": "forecast",
    "/nixtla/v2/online_anomaly_detection": "forecast",
    "/nixtla/v2/models": "forecast",
    "/nixtla/v2/finetuned_models": "forecast",
    "/nixtla/model_params": "forecast",
    "/nixtla/validate_api_key": "forecast",
    "/nixtla/usage": "forecast",
    "/sentiment": "sentiment",
    "/sentiment/batch": "sentiment",
    "/predict": "sentiment",
    "/models": "models",
    "/models/gru": "models",
    "/models/gru/versions/1": "models",
    "/metrics": "metrics",
    "/admin/reload": "admin",
}


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def reload(access):
    """Read the keys again and use them."""
    access.prepare()
    return access.commit()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys_file(tmp_path):
    """Write a file of keys whose secrets are `<name>-secret`: keys_file(shop={"scopes": ["forecast"]}) → its path."""

    def write(**entries):
        path = tmp_path / "keys.json"
        keys = [{"name": n, "sha256": sha256(f"{n}-secret".encode()).hexdigest()} | e for n, e in entries.items()]
        path.write_text(json.dumps({"keys": keys}))
        return path

    return write


@pytest.fixture
def make(tmp_path, clock):
    """Access with some settings, at the time of the fake clock."""

    def make(**settings):
        settings = fakes.settings(tmp_path, **settings)
        return Access(settings, read_keys(settings), clock, clock)

    return make


@pytest.fixture
def guarded(make, keys_file):
    """Access with a key for every scope, named after it, and one for all."""
    scopes = sorted(set(PROTECTED.values()))
    entries = {scope: {"scopes": [scope]} for scope in scopes} | {"all": {"scopes": scopes}}
    return make(api_keys_file=keys_file(**entries))


def bearer(secret):
    return {b"authorization": b"Bearer " + secret.encode()}


def refusal(kind, call, *arguments):
    with pytest.raises(kind) as error:
        call(*arguments)
    return error.value


def fail(access, times, client=HOME, secret="wrong"):
    """Statuses of wrong keys."""
    return [refusal(GatecastError, access.admit, "/forecast", bearer(secret), client).status for _ in range(times)]


# What needs a key


@pytest.mark.parametrize("path", sorted(PROTECTED))
def test_every_route_has_its_scope(guarded, path):
    scope = PROTECTED[path]
    for name in (scope, "all"):
        assert guarded.admit(path, bearer(f"{name}-secret"), HOME).key == name
    for other in set(PROTECTED.values()) - {scope}:
        error = refusal(Forbidden, guarded.admit, path, bearer(f"{other}-secret"), HOME)
        assert error.detail == f"this needs a key with the scope '{scope}'; the key '{other}' has {other}"
        assert (
            error.headers["WWW-Authenticate"] == f'Bearer realm="gatecast", error="insufficient_scope", scope="{scope}"'
        )


@pytest.mark.parametrize("path", [*sorted(OPEN), "/static/redoc.standalone.js", "/playground/app.js"])
def test_probes_and_documentation_need_no_key(guarded, path):
    caller = guarded.admit(path, {}, HOME)
    assert caller.key == ""
    assert guarded.limit_headers(caller) == {}
    guarded.admit(path, bearer("wrong"), HOME)
    assert guarded.failed_tries == 0


@pytest.mark.parametrize(
    "path",
    [
        "/nonsense",
        "//forecast",
        "/livez/",
        "/docs/..",
        "/openapi.json.bak",
        "",
        "*",
        "/playground",
        "/playgrounds/app.js",
    ],
)
def test_a_path_that_is_not_known_needs_any_key(guarded, path):
    """A route that is added later is not open because somebody forgot it."""
    refusal(Unauthorised, guarded.admit, path, {}, HOME)
    assert guarded.admit(path, bearer("metrics-secret"), HOME).key == "metrics"


def test_no_route_of_the_service_is_forgotten(tmp_path):
    """Every path of the schema is open or has a scope, but for those of /v2: theirs is that of the model's task."""
    paths = create_app(fakes.settings(tmp_path), fakes.FakeLoad(tmp_path, [])).api.openapi()["paths"]
    guarded = {path for path in paths if path not in OPEN and not path.startswith("/v2")}
    assert {path for path in guarded if path[1:].partition("/")[0] not in SCOPE_OF} == set()
    assert guarded <= {p.replace("gru", "{name}").replace("/1", "/{version}") for p in PROTECTED}


def test_without_a_file_of_keys_all_but_admin_is_open(make):
    access = make(admin_key=ADMIN)
    assert access.is_open
    for path in set(PROTECTED) - {"/admin/reload"}:
        for headers in (NOTHING, bearer("wrong"), bearer(ADMIN)):
            assert access.admit(path, headers, HOME).key == ""
    refusal(Unauthorised, access.admit, "/admin/reload", {}, HOME)
    refusal(Unauthorised, access.admit, "/admin/reload", bearer("wrong"), HOME)
    assert access.admit("/admin/reload", bearer(ADMIN), HOME).key == "admin"
    assert access.admit("/admin/reload", {b"x-api-key": ADMIN.encode()}, HOME).key == "admin"


def test_admin_is_shut_without_a_key_for_it(make, keys_file):
    """Whatever is sent."""
    for access in (make(), make(api_keys_file=keys_file(shop={"scopes": ["forecast"]}))):
        for headers in (NOTHING, bearer("shop-secret"), bearer("wrong")):
            assert "shut" in refusal(Forbidden, access.admit, "/admin/reload", headers, HOME).detail
    assert access.failed_tries == 0


def test_the_admin_key_is_accepted_beside_the_file(make, keys_file):
    access = make(api_keys_file=keys_file(shop={"scopes": ["forecast"]}), admin_key=ADMIN)
    assert not access.is_open
    assert access.admit("/admin/reload", bearer(ADMIN), HOME).key == "admin"
    assert "scope 'forecast'" in refusal(Forbidden, access.admit, "/forecast", bearer(ADMIN), HOME).detail
    refusal(Forbidden, access.admit, "/admin/reload", bearer("shop-secret"), HOME)


def test_a_file_without_keys_lets_nobody_in(make, keys_file):
    access = make(api_keys_file=keys_file())
    assert not access.is_open
    refusal(Unauthorised, access.admit, "/forecast", bearer("shop-secret"), HOME)


def test_the_admin_key_may_be_in_a_file(make, tmp_path):
    path = tmp_path / "admin.key"
    path.write_text(f"{ADMIN}\n")
    assert make(admin_key_file=path).admit("/admin/reload", bearer(ADMIN), HOME).key == "admin"
    with pytest.raises(KeysError, match="both"):
        make(admin_key_file=path, admin_key=ADMIN)
    with pytest.raises(KeysError, match="cannot be read"):
        make(admin_key_file=tmp_path / "none")
    with pytest.raises(KeysError, match=r"GATECAST_ADMIN_KEY: .* 16 to 512 bytes"):
        make(admin_key="x" * 513)


# How a key is sent


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": b"Bearer all-secret"},
        {b"authorization": b"bearer all-secret"},
        {b"authorization": b"BEARER   all-secret "},
        {b"x-api-key": b"all-secret"},
        {b"x-api-key": b" all-secret "},
        {b"x-api-key": b"all-secret", b"authorization": b"Bearer all-secret"},
        {b"x-api-key": b"all-secret", b"authorization": b"Basic dXNlcjpwYXNz"},
    ],
)
def test_a_key_is_sent_in_either_header(guarded, headers):
    assert guarded.admit("/forecast", headers, HOME).key == "all"


@pytest.mark.parametrize("headers", [{}, {b"authorization": b"Basic all-secret"}, {b"authorization": b"all-secret"}])
def test_a_key_that_is_missing_is_asked_for(guarded, headers):
    error = refusal(Unauthorised, guarded.admit, "/forecast", headers, HOME)
    assert error.headers == {"WWW-Authenticate": 'Bearer realm="gatecast"'}
    assert "Authorization: Bearer <key>" in error.detail
    assert guarded.failed_tries == 0


@pytest.mark.parametrize(
    "secret", [b"wrong", b"", b"all-secre", b"all-secret2", b"ALL-SECRET", b"\xff\xfe", b"x" * 30_000, b"all-secret,"]
)
@pytest.mark.parametrize("header", [b"authorization", b"x-api-key"])
def test_a_wrong_key_is_told_so_and_not_repeated(guarded, header, secret):
    sent = b"Bearer " + secret if header == b"authorization" else secret
    error = refusal(Unauthorised, guarded.admit, "/forecast", {header: sent}, HOME)
    assert error.headers == {"WWW-Authenticate": 'Bearer realm="gatecast", error="invalid_token"'}
    assert not secret or secret.decode("latin-1") not in error.detail
    assert guarded.failed_tries == 1


def test_two_different_keys_are_refused(guarded):
    headers = bearer("all-secret") | {b"x-api-key": b"forecast-secret"}
    error = refusal(Unauthorised, guarded.admit, "/forecast", headers, HOME)
    assert 'error="invalid_request"' in error.headers["WWW-Authenticate"]
    assert "different keys" in error.detail


def test_an_expired_key_is_told_so(make, keys_file, clock):
    access = make(api_keys_file=keys_file(shop={"scopes": ["forecast"], "expires": "1970-01-01T00:20:00Z"}))
    clock.now = 1199.0
    assert access.admit("/forecast", bearer("shop-secret"), HOME).key == "shop"
    clock.now = 1200.0
    error = refusal(Unauthorised, access.admit, "/forecast", bearer("shop-secret"), HOME)
    assert "the key 'shop' has expired" in error.detail
    assert 'error="invalid_token"' in error.headers["WWW-Authenticate"]
    assert access.failed_tries == 1


# Wrong keys are throttled


def test_wrong_keys_are_throttled_by_address(guarded, clock):
    """Ten at once, then one a second; the count of tries goes on."""
    assert fail(guarded, 15) == [401] * 10 + [429] * 5
    assert (guarded.failed_tries, guarded.throttled) == (10, 5)
    error = refusal(TooManyRequests, guarded.admit, "/forecast", bearer("wrong"), HOME)
    assert error.headers["Retry-After"] == "1"
    clock.now += 1
    assert fail(guarded, 3) == [401, 429, 429]
    clock.now += 1000
    assert fail(guarded, 11) == [401] * 10 + [429]


def test_a_throttled_address_learns_nothing(guarded, clock):
    """The right key is refused like a wrong one, until a try is left."""
    fail(guarded, 10)
    wrong = refusal(TooManyRequests, guarded.admit, "/forecast", bearer("wrong"), HOME)
    right = refusal(TooManyRequests, guarded.admit, "/forecast", bearer("all-secret"), HOME)
    assert (wrong.detail, wrong.headers) == (right.detail, right.headers)
    clock.now += 1
    assert guarded.admit("/forecast", bearer("all-secret"), HOME).key == "all"


def test_nobody_is_locked_out_by_others(guarded):
    """Neither at another address, nor at the same one with a key that was accepted there before."""
    guarded.admit("/forecast", bearer("forecast-secret"), HOME)
    fail(guarded, 50)
    for _ in range(20):
        assert guarded.admit("/forecast", bearer("forecast-secret"), HOME).key == "forecast"
        assert guarded.admit("/forecast", bearer("all-secret"), AWAY).key == "all"
    refusal(TooManyRequests, guarded.admit, "/forecast", bearer("all-secret"), HOME)
    assert fail(guarded, 1) == [429]


def test_right_keys_and_missing_ones_use_no_tries(guarded):
    for _ in range(50):
        guarded.admit("/forecast", bearer("all-secret"), HOME)
        refusal(Unauthorised, guarded.admit, "/forecast", {}, HOME)
        refusal(Forbidden, guarded.admit, "/admin/reload", bearer("forecast-secret"), HOME)
    assert fail(guarded, 10) == [401] * 10


def test_all_addresses_of_a_network_share_their_tries(guarded):
    statuses = [fail(guarded, 1, f"2001:db8:1:2::{host:x}")[0] for host in range(15)]
    assert statuses == [401] * 10 + [429] * 5
    assert fail(guarded, 1, "2001:db8:1:3::1") == [401]


def test_a_revoked_key_is_throttled_like_any_other(guarded, keys_file):
    guarded.admit("/forecast", bearer("all-secret"), HOME)
    keys_file(forecast={"scopes": ["forecast"]})
    assert reload(guarded) is None
    assert fail(guarded, 12, secret="all-secret") == [401] * 10 + [429] * 2


def test_memory_for_wrong_keys_has_a_bound(guarded, clock):
    guarded._accepted = OwnPairs(20)
    for host in range(12_000):
        client = f"10.0.{host // 256}.{host % 256}"
        clock.now += 0.001
        assert fail(guarded, 1, client) == [401]
        if host % 100 == 0:
            guarded.admit("/forecast", bearer("all-secret"), client)
    assert len(guarded._tries) <= 10_001
    assert len(guarded._lines) <= 10_001
    assert len(guarded._accepted) == 20


def test_wrong_keys_are_logged_once_a_second_without_the_key(guarded, clock, caplog):
    with caplog.at_level(logging.WARNING):
        fail(guarded, 5, secret="a-guess")
        assert len(caplog.records) == 1
        fail(guarded, 5, client=AWAY, secret="a-guess")
        assert len(caplog.records) == 2
        clock.now += 1
        fail(guarded, 5, client="nonsense\nmade up", secret="a-guess")
        fail(guarded, 5, secret="a-guess")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == f"wrong API key from {HOME}: unknown; 1 such requests and 0 more throttled since the start"
    assert [line.split()[4].rstrip(":") for line in lines] == [HOME, AWAY, "unknown", HOME]
    assert "a-guess" not in "".join(lines)
    assert "\n" not in "".join(lines)


def test_many_addresses_do_not_fill_the_log(guarded, clock, caplog):
    with caplog.at_level(logging.WARNING):
        for host in range(200):
            fail(guarded, 1, f"10.0.0.{host}")
        assert len(caplog.records) == 10
        clock.now += 1
        fail(guarded, 1)
        assert "201 such requests" in caplog.records[-1].getMessage()


# Keys are replaced


def test_keys_are_read_again(guarded, keys_file):
    keys_file(shop={"scopes": ["forecast"]})
    refusal(Unauthorised, guarded.admit, "/forecast", bearer("shop-secret"), HOME)
    assert reload(guarded) is None
    assert guarded.admit("/forecast", bearer("shop-secret"), HOME).key == "shop"
    refusal(Unauthorised, guarded.admit, "/forecast", bearer("all-secret"), HOME)
    refusal(Forbidden, guarded.admit, "/admin/reload", bearer("shop-secret"), HOME)


def test_a_file_that_cannot_be_used_leaves_the_old_keys(guarded, keys_file):
    path = keys_file(shop={"scopes": []})
    assert reload(guarded).startswith(f"{path}: keys[0] ('shop'): scopes must be")
    path.unlink()
    assert "the keys from before stay in use" in reload(guarded)
    assert guarded.admit("/forecast", bearer("all-secret"), HOME).key == "all"


def test_the_admin_key_of_a_file_is_read_again(make, tmp_path):
    path = tmp_path / "admin.key"
    path.write_text(ADMIN)
    access = make(admin_key_file=path)
    path.write_text("another secret, as long")
    assert reload(access) is None
    refusal(Unauthorised, access.admit, "/admin/reload", bearer(ADMIN), HOME)
    access.admit("/admin/reload", bearer("another secret, as long"), HOME)


# Limits


def admitted(access, path, headers, client=HOME, tries=100):
    """How many of some requests at once are admitted."""
    count = 0
    for _ in range(tries):
        try:
            access.admit(path, headers, client)
            count += 1
        except TooManyRequests:
            pass
    return count


def test_a_caller_without_a_key_is_limited_by_address(make, clock):
    access = make(rate_requests=2, rate_burst_s=5)
    assert admitted(access, "/models", {}) == 10
    assert admitted(access, "/models", {}, AWAY) == 10
    assert admitted(access, "/forecast", bearer("ignored")) == 0
    clock.now += 1
    assert admitted(access, "/forecast", {}) == 2
    for path in OPEN:
        access.admit(path, {}, HOME)


def test_a_key_is_limited_by_its_name_and_its_own_rates(make, keys_file):
    """From wherever it is used; what it does not say is the settings'."""
    keys = keys_file(
        a={"scopes": ["forecast"]},
        b={"scopes": ["forecast"], "rate_requests": 1},
        c={"scopes": ["forecast"], "rate_items": 0.5},
    )
    access = make(rate_requests=2, rate_items=3, rate_burst_s=5, api_keys_file=keys)
    assert admitted(access, "/forecast", bearer("a-secret"), AWAY) == 10
    assert admitted(access, "/forecast", bearer("a-secret"), HOME) == 0
    assert admitted(access, "/forecast", bearer("b-secret")) == 5
    assert admitted(access, "/forecast", bearer("c-secret")) == 2


def test_the_name_of_a_key_is_no_address(make, keys_file):
    """A key that is named like an address has tokens of its own."""
    keys = keys_file(**{HOME: {"scopes": ["forecast"]}, "other": {"scopes": ["forecast"]}})
    access = make(rate_requests=1, rate_burst_s=5, api_keys_file=keys)
    assert admitted(access, "/forecast", bearer("other-secret"), HOME) == 5
    assert admitted(access, "/forecast", bearer(f"{HOME}-secret"), HOME) == 5


def test_items_are_charged_and_given_back(make):
    """A request that predicts has one item at least; a batch is charged for the rest when it was read."""
    access = make(rate_items=1, rate_burst_s=10)
    caller = access.admit("/forecast/batch", {}, HOME)
    access.charge(caller, 8)
    assert '"items";r=2;' in access.limit_headers(caller)["RateLimit"]
    access.give_back(caller, 8)
    access.charge(access.admit("/sentiment/batch", {}, HOME), 10)
    assert "series and texts" in refusal(TooManyRequests, access.admit, "/sentiment", {}, HOME).detail
    access.admit("/models", {}, HOME, items=0)
    with pytest.raises(InvalidRequest, match="at most 10"):
        access.charge(access.admit("/forecast/batch", {}, AWAY), 11)


def test_a_refusal_has_the_headers_of_the_limit(make):
    access = make(rate_requests=1, rate_burst_s=1)
    caller = access.admit("/forecast", {}, HOME)
    error = refusal(TooManyRequests, access.admit, "/forecast", {}, HOME)
    assert error.headers == {"Retry-After": "1"} | access.limit_headers(caller)


def test_without_limits_nothing_is_counted(make):
    access = make()
    caller = access.admit("/forecast/batch", {}, HOME)
    access.charge(caller, 1000)
    access.give_back(caller, 1000)
    assert access.limit_headers(caller) == {}
    assert admitted(access, "/forecast", {}) == 100


def test_requests_with_wrong_keys_use_nobodys_limit(make, keys_file):
    access = make(rate_requests=1, rate_burst_s=5, api_keys_file=keys_file(a={"scopes": ["forecast"]}))
    fail(access, 20)
    assert admitted(access, "/forecast", bearer("a-secret"), AWAY) == 5


def test_a_rate_is_changed_at_a_reload(make, keys_file):
    access = make(api_keys_file=keys_file(a={"scopes": ["forecast"], "rate_requests": 1}), rate_burst_s=5)
    assert admitted(access, "/forecast", bearer("a-secret")) == 5
    keys_file(a={"scopes": ["forecast"]})
    reload(access)
    assert admitted(access, "/forecast", bearer("a-secret")) == 100


def test_workers_of_a_host_throttle_and_count_together(tmp_path, clock, keys_file):
    """Wrong keys, keys that were accepted, and rates, whichever worker is asked; over memory as workers share it."""
    memories: dict[str, OwnMemory] = {}

    def memory(name, size):
        return memories.setdefault(name, OwnMemory(size))

    file = keys_file(all={"scopes": ["forecast"]}, slow={"scopes": ["forecast"], "rate_requests": 0.5})
    settings = fakes.settings(tmp_path, api_keys_file=file, rate_burst_s=4)
    one, other = (Access(settings, read_keys(settings), clock, clock, Callers(memory)) for _ in range(2))
    one.admit("/forecast", bearer("all-secret"), HOME)
    assert fail(one, 6) + fail(other, 6) == [401] * 10 + [429] * 2
    other.admit("/forecast", bearer("all-secret"), HOME)  # accepted before, by the other worker
    assert fail(other, 1, secret="slow-secret") == [429]
    one.admit("/forecast", bearer("slow-secret"), AWAY)
    other.admit("/forecast", bearer("slow-secret"), AWAY)
    assert fail(one, 1, AWAY, "slow-secret") == [429]
