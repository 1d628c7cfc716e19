"""The environment: what is wrong with it is told at once, by variable, in words, and without secrets."""

import os
import subprocess

import pytest

from service.environment import EnvironmentFault, read_settings, warnings
from service.settings import Settings

WORKERS = "must be a whole number from 1 to 256, or auto: one for each core that the service may use"


@pytest.fixture
def environ(monkeypatch):
    """Sets variables, after all of ours are removed: environ(PORT="1")."""
    for name in [name for name in os.environ if name.upper().startswith("GATECAST_")]:
        monkeypatch.delenv(name)

    def put(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"GATECAST_{name}", str(value))
        return os.environ

    return put


def faults(environ):
    with pytest.raises(EnvironmentFault) as refusal:
        read_settings(environ)
    return refusal.value.faults


def test_nothing_set_gives_the_defaults(environ):
    """In particular the service listens on this machine only."""
    assert read_settings(environ()) == Settings()
    assert read_settings(environ()).host == "127.0.0.1"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_an_empty_value_counts_as_not_set(environ, name):
    """`GATECAST_HOST=` does not listen on every address."""
    settings = read_settings(environ(**{name.upper(): ""}))
    assert getattr(settings, name) == getattr(Settings(), name)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PROT", "GATECAST_PORT"),
        ("HOSTS", "GATECAST_HOST"),
        ("LOGLEVEL", "GATECAST_LOG_LEVEL"),
        ("MAX_INFLIGHT", "GATECAST_MAX_IN_FLIGHT"),
        ("SHUTDOWN", "GATECAST_SHUTDOWN_S"),
        ("TLS_CERT", "GATECAST_TLS_CERT_FILE"),
        ("SERVICE", "no such setting"),
        ("PORT_", "GATECAST_PORT"),
    ],
)
def test_an_unknown_variable_is_a_fault_with_the_nearest_name(environ, name, near):
    (fault,) = faults(environ(**{name: "secret"}))
    assert fault.startswith(f"GATECAST_{name}: ")
    assert near in fault
    assert "secret" not in fault


def test_what_kubernetes_sets_for_a_service_is_ignored(environ):
    """The address in the place of the port is worth a warning, which says how to get rid of it."""
    variables = environ(
        SERVICE_HOST="10.0.0.1",
        SERVICE_PORT="8000",
        SERVICE_PORT_HTTP="8000",
        PORT="tcp://10.0.0.1:8000",
        PORT_8000_TCP="tcp://10.0.0.1:8000",
        PORT_8000_TCP_PROTO="tcp",
        PORT_8000_TCP_PORT="8000",
        PORT_8000_TCP_ADDR="10.0.0.1",
        OPERATIONS_SERVICE_HOST="10.0.0.2",  # of a Service gatecast-operations
        OPERATIONS_PORT="tcp://[fd00::1]:9000",
        CANARY_PORT="udp://10.0.0.3:1",
    )
    settings = read_settings(variables)
    assert (settings.port, settings.operations_port) == (8000, None)
    told = warnings(variables)
    assert [line.split()[0] for line in told] == ["GATECAST_PORT", "GATECAST_OPERATIONS_PORT"]
    assert all("enableServiceLinks: false" in line for line in told)


def test_an_address_where_none_belongs_is_no_service_link(environ):
    assert faults(environ(THREADS="tcp://10.0.0.1:8000")) == ["GATECAST_THREADS: must be a whole number from 1 to 256"]


def test_words_of_a_choice_may_be_in_any_case(environ):
    settings = read_settings(environ(LOG_LEVEL="INFO", ENGINE=" Onnx", LOG_FORMAT="JSON", ON_BAD_VERSION="Refuse"))
    assert (settings.log_level, settings.engine, settings.log_format, settings.on_bad_version) == (
        "info",
        "onnx",
        "json",
        "refuse",
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "http", "must be a whole number from 0 to 65535"),
        ("PORT", "65536", "must be a whole number from 0 to 65535"),
        ("PORT", "9" * 5000, "must be a whole number from 0 to 65535"),
        ("WORKERS", "0", WORKERS),
        ("WORKERS", "257", WORKERS),
        ("WORKERS", "some", WORKERS),
        ("LOG_LEVEL", "loud", "must be critical, error, warning, info or debug"),
        ("LOG_FORMAT", "xml", "must be text or json"),
        ("ON_BAD_VERSION", "shrug", "must be skip or refuse"),
        ("ACCESS_LOG", "maybe", "must be true or false"),
        ("WATCH_S", "0", "must be a number from 0.5 to 86400"),
        ("KEEP_ALIVE_S", "nan", "must be a number from 0 to 3600"),
        ("RATE_ITEMS", "0", "must be a number above 0"),
        ("RATE_ITEMS", "inf", "must be a number above 0"),
        ("MAX_BUFFERED_BYTES", "1", "must be a whole number of at least 1048576"),
        (
            "ROOT_PATH",
            "models/",
            "must be a path like /models/v1: each part after a slash, of letters, digits and . _ ~ -",
        ),
        ("ADMIN_KEY", "tiny secret", "must have at least 16 characters"),
        (
            "ADMIN_KEY",
            "clé secrète de la maison",
            "must be one line of ASCII characters without spaces around it, so that a header can carry it",
        ),
        (
            "ADMIN_KEY",
            " " * 8 + "correct horse",
            "must be one line of ASCII characters without spaces around it, so that a header can carry it",
        ),
    ],
)
def test_a_value_that_is_not_valid_is_told_in_words(environ, name, value, words):
    """The variable, and what would be right; no regular expression, no phrase of a library, and not what was sent."""
    assert faults(environ(**{name: value})) == [f"GATECAST_{name}: {words}"]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_that_can_be_wrong_has_words_for_it(environ, name):
    """A value that nothing takes, for every setting whose text is not free."""
    if name in ("host", "models_dir"):
        return
    (fault,) = [f for f in faults(environ(**{name.upper(): "/\u00a0?!"})) if f.startswith(f"GATECAST_{name.upper()}:")]
    assert "must be" in fault or "must have" in fault or "cannot be read" in fault


def test_all_faults_are_told_at_once(environ, tmp_path):
    told = faults(
        environ(PORT="x", PROT="1", THREADS="0", TLS_KEY_FILE=tmp_path / "key", MAX_TIMEOUT_MS="5", CORS_ORIGINS="a")
    )
    assert [fault.split(":")[0] for fault in told] == [
        "GATECAST_PROT",
        "GATECAST_PORT",
        "GATECAST_THREADS",
        "GATECAST_TLS_KEY_FILE",
        "GATECAST_CORS_ORIGINS",
        "GATECAST_MAX_TIMEOUT_MS",
    ]


def test_settings_that_do_not_go_together_are_told(environ, tmp_path):
    key = tmp_path / "key"
    key.write_text("correct horse battery")
    told = faults(
        environ(
            ADMIN_KEY="correct horse battery", ADMIN_KEY_FILE=key, PORT=9000, OPERATIONS_PORT=9000, TIMEOUT_MS=70_000
        )
    )
    assert told == [
        "GATECAST_ADMIN_KEY: GATECAST_ADMIN_KEY_FILE is set too; one of them has to go",
        "GATECAST_OPERATIONS_PORT: must not be 9000, the port of GATECAST_PORT",
        "GATECAST_MAX_TIMEOUT_MS: is 60000; it must be at least GATECAST_TIMEOUT_MS, which is 70000",
    ]
    assert read_settings(environ(ADMIN_KEY="", PORT=0, OPERATIONS_PORT=0, TIMEOUT_MS="")).operations_port == 0


@pytest.mark.parametrize("one", ["TLS_CERT_FILE", "TLS_KEY_FILE"])
def test_a_certificate_and_its_key_go_together(environ, tmp_path, one):
    other = ({"TLS_CERT_FILE", "TLS_KEY_FILE"} - {one}).pop()
    (tmp_path / "file").write_text("x")
    assert faults(environ(**{one: tmp_path / "file"})) == [
        f"GATECAST_{other}: must be set too, where GATECAST_{one} is"
    ]


def openssl(directory, name, *options):
    """A self-signed certificate and its key."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=localhost"]
    files = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run([*command, *options, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def test_certificates_that_cannot_be_used_are_told_before_the_start(environ, tmp_path):
    """Text that is no certificate, the key of another one, and a key with a password, for which nobody is asked."""
    (first, key), (_, other_key) = openssl(tmp_path, "a", "-nodes"), openssl(tmp_path, "b", "-nodes")
    (locked, locked_key) = openssl(tmp_path, "c", "-passout", "pass:secret")
    text = tmp_path / "text"
    text.write_text("certificate")
    assert read_settings(environ(TLS_CERT_FILE=first, TLS_KEY_FILE=key)).tls_cert_file == first
    for chain, private, reason in (
        (first, other_key, "another key"),
        (text, key, "NO_START_LINE|PEM"),
        (locked, locked_key, "password"),
    ):
        (fault,) = faults(environ(TLS_CERT_FILE=chain, TLS_KEY_FILE=private))
        assert fault.startswith("GATECAST_TLS_CERT_FILE: ")
        assert any(word in fault for word in reason.split("|")), fault


@pytest.mark.parametrize("name", ["ADMIN_KEY_FILE", "API_KEYS_FILE", "TLS_CERT_FILE", "TRUSTED_KEYS_FILE"])
def test_files_that_cannot_be_read_are_told_without_their_path(environ, tmp_path, name):
    """The path may be the secret itself, put into the wrong variable. A FIFO is not waited for."""
    os.mkfifo(tmp_path / "fifo")
    for path, words in (
        (tmp_path / "correct-horse", "the file cannot be read: No such file or directory"),
        (tmp_path, "must be the path of a plain file"),
        (tmp_path / "fifo", "must be the path of a plain file"),
        ("x" * 5000, "the file cannot be read: File name too long"),
    ):
        assert f"GATECAST_{name}: {words}" in faults(environ(**{name: path}))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_admin_key_may_come_from_a_file(environ, tmp_path, end):
    """The line end that an editor adds is no part of it, and it is not shown."""
    (tmp_path / "key").write_bytes(b"correct horse battery" + end.encode())
    settings = read_settings(environ(ADMIN_KEY_FILE=tmp_path / "key"))
    assert settings.admin_secret.get_secret_value() == "correct horse battery"
    assert "correct horse" not in repr(settings) + str(settings.admin_secret)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the key in the file must have at least 16 characters"),
        (b"tiny secret\n", "the key in the file must have at least 16 characters"),
        (b"correct horse battery\n\n", "the key in the file must be one line"),
        (b"\xff" * 20, "the key in the file must be one line"),
        (b"\0" * 100_000, "the key in the file must be one line"),
    ],
)
def test_a_file_with_another_content_than_a_key_is_told(environ, tmp_path, content, words):
    (tmp_path / "key").write_bytes(content)
    (fault,) = faults(environ(ADMIN_KEY_FILE=tmp_path / "key"))
    assert fault.startswith(f"GATECAST_ADMIN_KEY_FILE: {words}")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "TRUSTED_PROXIES",
            ["127.0.0.1", "10.0.0.0/8", "fd00::/8", "::1", "10.0.0.0/255.0.0.0"],
            ["proxy", "10.0.0.1/8", "10.0.0.0/33", "*", "10.0.0.256", "http://10.0.0.1", "10.0.0.1:80"],
        ),
        (
            "ALLOWED_HOSTS",
            [
                "example.com",
                "*.example.com",
                "localhost",
                "10.0.0.1",
                "[::1]",
                "::1",
                "*",
                "my_host",
                "A.Example.",
                "xn--bcher-kva.de",
            ],
            [
                "https://example.com",
                "example.com:80",
                "example.com/x",
                "a..b",
                "*example.com",
                "a.*",
                "-a.b",
                "a" * 64,
                "bücher.de",
            ],
        ),
        (
            "CORS_ORIGINS",
            ["https://app.example.com", "http://localhost:3000", "*", "http://[::1]:80", "capacitor://localhost"],
            [
                "app.example.com",
                "https://a.b/",
                "https://A.b",
                "null",
                "https://*.a.b",
                "https://a.b:x",
                "https://u@a.b",
            ],
        ),
    ],
)
def test_entries_of_lists_are_checked_one_by_one(environ, name, good, bad):
    read_settings(environ(**{name: ",".join(good)}))
    told = faults(environ(**{name: ", ".join([*good, *bad])}))
    assert [fault.split(",")[0] for fault in told] == [
        f"GATECAST_{name}: entry {number}" for number in range(len(good) + 1, len(good) + len(bad) + 1)
    ]
    assert all("like" in fault for fault in told)


def test_a_variable_that_is_set_twice_is_told(environ):
    """Names may be in any case; which of two counts would be chance."""
    variables = environ(PORT=1)
    variables["gatecast_port"] = "2"
    try:
        assert faults(variables) == ["GATECAST_PORT: is set twice, the other time as gatecast_port"]
    finally:
        del variables["gatecast_port"]


def test_a_message_is_one_short_line(environ):
    """Whatever bytes the environment holds."""
    variables = environ(TRUSTED_PROXIES="\udcff\n" + "x" * 100_000, **{"X\nY": "1"})
    assert all(len(fault) < 300 and fault.isascii() and fault.isprintable() for fault in faults(variables))


def test_policies_of_versions_that_cannot_be_used_say_which_and_why(environ):
    assert read_settings(environ(VERSIONS="gru=2, sentiment=5+6:5%")).versions == ("gru=2", "sentiment=5+6:5%")
    (fault,) = faults(environ(VERSIONS="gru=2, sentiment=5+6"))
    assert fault == (
        "GATECAST_VERSIONS: entry 2, 'sentiment=5+6', must be like gru=2, gru=newest or sentiment=5+6:5% "
        "(version 5, and version 6 for 5 % of the requests)"
    )


def test_several_workers_are_refused_where_the_system_cannot_share_a_port(environ, monkeypatch):
    """One worker is not."""
    monkeypatch.setattr("sys.platform", "darwin")
    for value in ("2", "auto"):
        (fault,) = faults(environ(WORKERS=value))
        assert "GATECAST_WORKERS: only Linux" in fault
    assert read_settings(environ(WORKERS="1")).workers == 1


def test_workers_are_a_number_or_auto_in_any_case(environ):
    assert [read_settings(environ(WORKERS=value)).workers for value in ("3", "AUTO")] == [3, "auto"]
