"""The file of keys, the lookup of a key, and the command that makes one."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from service.keys import MAX_FILE_BYTES, MAX_KEYS, MAX_SECRET_BYTES, Key, Keys, KeysError, read_file, read_secret
from service.keys.__main__ import main
from tests.processes import ROOT

SECRET = b"gc_a secret of a test"
HASH = sha256(SECRET).hexdigest()
ENTRY = {"name": "shop", "sha256": HASH, "scopes": ["forecast", "models"]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


@pytest.fixture
def run(path, capsys):
    """Run the command on the file: run("shop", "--scopes", "forecast") → status, stdout, stderr."""

    def run(*arguments):
        try:
            status = main([*arguments, "--file", str(path)])
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return run


def write(path, *entries):
    path.write_text(json.dumps({"keys": entries}))
    return path


def entry(**changes):
    return ENTRY | changes


def test_a_key_is_found_by_its_secret(path):
    key = Keys.read(write(path, entry(rate_items=5, expires="2027-01-01T00:00:00+01:00"))).find(SECRET)
    assert (key.name, key.scopes, key.rate_items) == ("shop", {"forecast", "models"}, 5)
    assert key.expires == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize("secret", [b"", b"\x00", SECRET[:-1], SECRET + b" ", HASH.encode(), b"\xff" * 512])
def test_another_secret_is_unknown(path, secret):
    """The hash in the file is no key either."""
    assert Keys.read(write(path, ENTRY)).find(secret) is None


def test_a_secret_that_is_too_long_is_unknown(path):
    """What is hashed has a bound."""
    longest = b"x" * MAX_SECRET_BYTES
    keys = Keys.read(
        write(path, *(entry(name=f"{len(s)}", sha256=sha256(s).hexdigest()) for s in (longest, longest + b"x")))
    )
    assert keys.find(longest).name == str(MAX_SECRET_BYTES)
    assert keys.find(longest + b"x") is None


def test_a_hash_may_be_written_in_upper_case(path):
    assert Keys.read(write(path, entry(sha256=HASH.upper()))).find(SECRET).name == "shop"


def test_a_file_without_keys_lets_nobody_in(path):
    """So that revoking the last key shuts the service, at a reload too."""
    keys = Keys.read(write(path))
    assert (len(keys), keys.scopes, keys.find(SECRET)) == (0, frozenset(), None)


def test_a_key_expires_at_its_time(path):
    key = Keys.read(write(path, entry(expires="1970-01-01T00:01:00Z"))).find(SECRET)
    assert [key.is_expired(now) for now in (59.9, 60, 61)] == [False, True, True]
    assert not Keys.read(write(path, ENTRY)).find(SECRET).is_expired(1e12)


def test_what_is_shown_of_a_key_holds_no_hash(path):
    assert HASH not in repr(read_file(write(path, ENTRY)))


def test_the_admin_key_stands_beside_the_file(path):
    keys = Keys.read(write(path, ENTRY)).with_admin(b"correct horse battery")
    assert (keys.find(b"correct horse battery").name, keys.find(b"correct horse battery").scopes) == (
        "admin",
        {"admin"},
    )
    assert keys.find(SECRET).scopes == {"forecast", "models"}
    assert Keys.read(path).scopes == {"forecast", "models"}
    assert keys.scopes == {"forecast", "models", "admin"}


def test_an_admin_key_that_the_file_has_too_keeps_its_entry(path):
    key = Keys.read(write(path, ENTRY)).with_admin(SECRET).find(SECRET)
    assert (key.name, key.scopes) == ("shop", {"forecast", "models", "admin"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        ("[]", 'must be {"keys": [...]}'),
        ("{}", 'must be {"keys": [...]}'),
        ('{"keys": {}}', 'must be {"keys": [...]}'),
        ('{"keys": [], "more": 1}', 'must be {"keys": [...]}'),
        ('{"keys": [1]}', "keys[0] is not valid"),
        ('{"keys": [], "keys": []}', "'keys' stands twice"),
        (f'{{"keys": [{{"name": "a", "name": "b", "sha256": "{HASH}", "scopes": ["admin"]}}]}}', "'name' stands twice"),
    ],
)
def test_a_file_that_is_not_a_list_of_keys_is_refused(path, content, said):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(KeysError) as refused:
        Keys.read(path)
    assert str(refused.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("", "Shop", "a b", "a\n", "ä", "a" * 65, 5, None)),
        *(("sha256", value) for value in ("", HASH[:-1], HASH + "0", "g" * 64, HASH + "\n", 5, None)),
        *(("scopes", value) for value in ([], "forecast", ["all"], ["forecast", 1], {"forecast": 1}, None)),
        *(("rate_requests", value) for value in (0, -1, "5", True, float("nan"), float("inf"), 1e7)),
        *(("rate_items", value) for value in (0, -1, "5", [5], float("-inf"))),
        *(("expires", value) for value in ("2027-01-01", "2027-01-01T00:00:00", "soon", 1_800_000_000, "")),
    ],
)
def test_a_field_that_is_not_valid_is_named_with_its_entry(path, field, value):
    """The message says what would be right, and holds no hash."""
    write(path, entry(name="first", sha256="0" * 64), entry(**{field: value}))
    with pytest.raises(KeysError) as refused:
        Keys.read(path)
    message = str(refused.value)
    label = "keys[1]" if field == "name" else "keys[1] ('shop')"
    assert message.startswith(f"{path}: {label}: {field} must be ")
    assert HASH[:-1] not in message
    assert len(message) < 300


@pytest.mark.parametrize("field", ["name", "sha256", "scopes"])
def test_a_field_that_is_missing_is_named(path, field):
    write(path, {name: value for name, value in ENTRY.items() if name != field})
    with pytest.raises(KeysError, match=f"has no {field}, which is "):
        Keys.read(path)


def test_an_unknown_field_is_named_unless_it_may_be_a_secret(path):
    with pytest.raises(KeysError, match=r"keys\[0\] \('shop'\) has the unknown field 'scope'; .* fields name, sha256"):
        Keys.read(write(path, entry(scope="forecast")))
    with pytest.raises(KeysError) as refused:
        Keys.read(write(path, entry(**{HASH[::-1]: 1})))
    assert HASH[::-1] not in str(refused.value)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (entry(sha256="0" * 64), "keys[1] ('shop') has the name of keys[0] ('shop')"),
        (entry(name="b"), "keys[1] ('b') has the sha256 of keys[0] ('shop')"),
        (entry(name="b", sha256=HASH.upper()), "keys[1] ('b') has the sha256 of keys[0] ('shop')"),
    ],
)
def test_two_entries_share_no_name_and_no_hash(path, second, said):
    with pytest.raises(KeysError) as refused:
        Keys.read(write(path, ENTRY, second))
    assert said in str(refused.value)


def test_files_have_a_bound(path):
    path.write_bytes(b" " * (MAX_FILE_BYTES + 1))
    with pytest.raises(KeysError, match="larger than 1048576 bytes"):
        Keys.read(path)
    path.write_text('{"keys": [' + ",".join(["1"] * (MAX_KEYS + 1)) + "]}")
    with pytest.raises(KeysError, match="keys"):
        Keys.read(path)


def test_what_cannot_be_read_is_refused_without_waiting(tmp_path):
    """A pipe would wait for its writer."""
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("pipe", "is not a file"), (".", "is not a file"), ("none", "No such file")):
        with pytest.raises(KeysError, match=said):
            Keys.read(tmp_path / name)


@pytest.mark.parametrize(
    "content", [b"short", b" " * 40, b"x" * 513, b"two lines of a\nsecret", b"a tab is\x00 no key"]
)
def test_a_secret_that_no_header_can_carry_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(KeysError) as refused:
        read_secret(path)
    assert content.decode().strip() not in str(refused.value) or not content.strip()


def test_white_space_around_a_secret_does_not_count(path):
    path.write_bytes(b"  correct horse battery\r\n")
    assert read_secret(path) == b"correct horse battery"


# The command


def test_a_new_key_is_printed_once_and_its_hash_is_kept(run, path):
    status, out, err = run("shop")
    secret = out.strip()
    assert status == 0
    assert out == secret + "\n"
    assert secret.startswith("gc_")
    assert len(secret) >= 3 + 43  # 256 bits in base64
    assert secret not in err + path.read_text()
    key = Keys.read(path).find(secret.encode())
    assert (key.name, key.scopes, key.expires) == ("shop", {"forecast", "sentiment", "models"}, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_what_is_asked_for_is_in_the_entry(run, path):
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()  # to come, also if this test runs over midnight
    run("a", "--scopes", "metrics, admin", "--expires", day, "--rate-requests", "0.5", "--rate-items", "100")
    (key,) = read_file(path)
    assert key.scopes == {"metrics", "admin"}
    assert (key.rate_requests, key.rate_items) == (0.5, 100)
    assert key.expires == datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_a_key_is_added_to_those_there_are(run, path):
    """Nothing else of the file changes: neither its other keys nor its mode."""
    write(path, entry(rate_items=5, expires="2127-01-01T00:00:00Z"))
    path.chmod(0o640)
    before = read_file(path)
    assert run("b")[0] == 0
    assert read_file(path)[0] == before[0]
    assert [key.name for key in read_file(path)] == ["shop", "b"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_to_the_file_stays_one(run, path, tmp_path):
    (tmp_path / "real").mkdir()
    path.symlink_to(write(tmp_path / "real" / "file.json", ENTRY))
    assert run("b")[0] == 0
    assert path.is_symlink()
    assert len(read_file(path)) == 2


def test_a_name_is_given_once(run, path):
    write(path, ENTRY)
    before = path.read_bytes()
    status, out, err = run("shop")
    assert (status, out) == (2, "")
    assert "--replace" in err
    assert path.read_bytes() == before


def test_a_key_is_rotated_under_its_name(run, path):
    """The old secret is void; scopes, rates and end stay unless others are given."""
    write(path, entry(rate_items=5, expires="2127-01-01T00:00:00Z"), entry(name="b", sha256="0" * 64))
    secret = run("shop", "--replace")[1].strip().encode()
    keys = Keys.read(path)
    assert keys.find(SECRET) is None
    assert keys.find(secret) == Key(
        **entry(scopes=frozenset(ENTRY["scopes"]), sha256=sha256(secret).hexdigest())
    ).model_copy(update={"rate_items": 5.0, "expires": datetime(2127, 1, 1, tzinfo=UTC)})
    assert [key.name for key in read_file(path)] == ["shop", "b"]
    run("shop", "--replace", "--expires", "never", "--scopes", "admin")
    assert read_file(path)[0].expires is None
    assert read_file(path)[0].scopes == {"admin"}


def test_only_a_key_that_exists_is_replaced(run, path):
    assert run("shop", "--replace")[0] == 2
    assert not path.exists()


def test_a_key_that_has_expired_is_not_made(run, path):
    assert run("shop", "--expires", "2020-01-01")[0] == 2
    assert not path.exists()
    write(path, entry(expires="2020-01-01T00:00:00Z"))
    assert run("shop", "--replace")[0] == 2
    assert run("shop", "--replace", "--expires", "never")[0] == 0


def test_keys_are_listed_without_their_hashes(run, path):
    write(
        path,
        ENTRY,
        entry(name="old", sha256="0" * 64, scopes=["admin"], expires="2020-01-01T00:00:00Z"),
        entry(name="new", sha256="1" * 64, expires="2127-01-01T00:00:00Z"),
    )
    status, out, _ = run("--list")
    assert status == 0
    assert out.splitlines() == [
        "shop\tforecast,models\tnever expires",
        "old\tadmin\texpired",
        "new\tforecast,models\texpires 2127-01-01T00:00:00+00:00",
    ]


def test_a_key_is_revoked(run, path):
    write(path, ENTRY, entry(name="b", sha256="0" * 64))
    assert run("--revoke", "shop")[0] == 0
    assert [key.name for key in read_file(path)] == ["b"]
    assert run("--revoke", "b")[0] == 0
    assert read_file(path) == []
    status, _, err = run("--revoke", "b")
    assert (status, "--list" in err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["shop", "--list"],
        ["shop", "--revoke", "shop"],
        ["Shop"],
        ["a" * 65],
        ["a b"],
        ["shop", "--scopes", "all"],
        ["shop", "--scopes", ""],
        ["shop", "--expires", "soon"],
        ["shop", "--expires", "2127-01-01T12:00"],
        ["shop", "--rate-items", "0"],
        ["shop", "--rate-items", "many"],
        ["shop", "--rate-requests", "nan"],
        ["--nonsense"],
    ],
)
def test_what_the_command_does_not_know_is_refused(run, path, arguments):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert "error: " in err
    assert not path.exists()


def test_a_file_that_is_not_valid_is_not_overwritten(run, path):
    path.write_text("not JSON")
    for arguments in (["shop"], ["--list"], ["--revoke", "shop"]):
        status, out, err = run(*arguments)
        assert (status, out) == (2, "")
        assert err.startswith(f"error: {path}: is not JSON")
    assert path.read_text() == "not JSON"


def test_a_file_that_cannot_be_written_is_named(run, path):
    path.parent.rmdir()
    status, out, err = run("shop")
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {path}: cannot be written: ")


def test_a_file_that_would_be_too_large_is_left_as_it_is(run, path):
    names = (f"{index:064d}" for index in range(MAX_KEYS))
    lines = (json.dumps({"name": n, "sha256": sha256(n.encode()).hexdigest(), "scopes": ["admin"]}) for n in names)
    content, size = [], 20
    for line in lines:
        size += len(line) + 4
        if size > MAX_FILE_BYTES:
            break
        content.append(line)
    path.write_text('{"keys": [\n' + ",\n".join(content) + "\n]}")
    before = path.read_bytes()
    status, out, err = run("x" * 64)
    assert (status, out, "revoke" in err) == (2, "", True)
    assert path.read_bytes() == before


def test_a_failed_write_leaves_the_old_file_alone(run, path, monkeypatch):
    write(path, ENTRY)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, out, err = run("b")
    assert (status, out, "No space left" in err) == (2, "", True)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_the_command_loads_nothing_heavy(path):
    """It starts at once: no model, no server, no settings."""
    script = (
        "import sys, service.keys.__main__\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:]))\n"
        "print(*[name for name in sys.modules if name.startswith('service.')])"
    )
    heavy = ["numpy", "pandas", "onnxruntime", "tensorflow", "fastapi", "starlette", "uvicorn", "pydantic_settings"]
    ended = subprocess.run([sys.executable, "-c", script, *heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["", "service.keys service.keys.__main__"]


def test_the_command_runs_as_a_module(path):
    command = [sys.executable, "-m", "service.keys", "shop"]
    environment = os.environ | {"GATECAST_API_KEYS_FILE": str(path)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert Keys.read(path).find(ended.stdout.strip().encode()).name == "shop"
