"""GATECAST_… variables → Settings, or all that is wrong with them, in words.

What may be a secret is never repeated. Unknown names are faults, so that a misspelt one is not ignored; names that
Kubernetes sets for a Service of the name gatecast are none.
"""

import ipaddress
import re
import ssl
import stat
import sys
import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from .policies import PolicyFault, read_setting
from .settings import MIN_KEY_CHARACTERS, Settings, is_service_link

PREFIX = "GATECAST_"
# What Kubernetes sets for each Service, here for one whose name is gatecast or begins with gatecast-.
KUBERNETES = re.compile(
    r"GATECAST_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
# What the words by type, in `expected`, would not say.
EXPECTED = {
    "sentiment_model": "must be the name of a model: lower-case letters, digits, _ and -, the first one a letter",
    "workers": "must be a whole number from 1 to 256, or auto: one for each core that the service may use",
    "admin_key": f"must have at least {MIN_KEY_CHARACTERS} characters",
    "root_path": "must be a path like /models/v1: each part after a slash, of letters, digits and . _ ~ -",
}
HOST = re.compile(
    r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?", re.IGNORECASE
)
ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
MAX_SHOWN = 60  # characters of a value in a message


class EnvironmentFault(Exception):
    """The service must not start with these variables. `faults` has a line for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Fault(NamedTuple):
    """A fault, and the settings that it is about."""

    names: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{variable(self.names[0])}: {self.text}"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of the environment, which must be that of this process. Raises EnvironmentFault with all faults."""
    faults = list(_unknown(environ))
    refused: set[str] = set()
    try:
        settings = Settings()
    except ValidationError as error:
        refused = {str(fault["loc"][0]) for fault in error.errors(include_url=False, include_input=False)}
        fields = Settings.model_fields
        faults += [f"{variable(name)}: {expected(name, fields[name])}" for name in fields if name in refused]
        # the other settings are checked too, beside the defaults of those that are refused
        settings = Settings(**{name: fields[name].default for name in refused})
    faults += [str(fault) for fault in _combined(settings) if not refused.intersection(fault.names)]
    if faults:
        raise EnvironmentFault(faults)
    return settings


def warnings(environ: Mapping[str, str]) -> list[str]:
    """Return what is worth a line in the log: variables that are no settings, although their names are."""
    return [
        f"{name} is ignored: it is the address of a Kubernetes Service, and no port; "
        "`enableServiceLinks: false` in the pod's specification keeps such variables away"
        for name, value in environ.items()
        if (setting := _setting(name)) and is_service_link(setting, value)
    ]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _setting(name: str) -> str | None:
    """The setting that an environment variable is for."""
    setting = name.upper().removeprefix(PREFIX).lower()
    return setting if name.upper().startswith(PREFIX) and setting in Settings.model_fields else None


def _unknown(environ: Mapping[str, str]) -> Iterator[str]:
    """Faults of names: those that are no settings, and those that are set twice."""
    names = sorted(name for name in environ if name.upper().startswith(PREFIX))
    for name in names:
        is_service = KUBERNETES.fullmatch(name) or is_service_link(name.lower(), environ[name])
        if _setting(name) is None and not is_service:
            close = get_close_matches(name.upper(), map(variable, Settings.model_fields), 1, 0.7)
            hint = f"did you mean {close[0]}?" if close else "docs/operating.md lists them"
            yield f"{_shown(name)[1:-1]}: there is no such setting; {hint}"
        if name != name.upper() and name.upper() in names:
            yield f"{name.upper()}: is set twice, the other time as {name}"


def expected(name: str, field: FieldInfo) -> str:
    """Return what a setting must be, in words."""
    if name in EXPECTED:
        return EXPECTED[name]
    kind = field.annotation
    if get_origin(kind) in (Union, types.UnionType):  # with None
        (kind,) = [part for part in get_args(kind) if part is not type(None)]
    if get_origin(kind) is Literal:
        *others, last = get_args(kind)
        return f"must be {', '.join(others)} or {last}"
    if kind is bool:
        return "must be true or false"
    if kind in (int, float):
        return f"must be a {'whole ' if kind is int else ''}number{_range(field)}"
    return "must be text in UTF-8"


def _range(field: FieldInfo) -> str:
    bounds: dict[type, Any] = {type(bound): bound for bound in field.metadata}
    if Gt in bounds:
        return f" above {bounds[Gt].gt}"
    if Le in bounds:
        return f" from {bounds[Ge].ge} to {bounds[Le].le}"
    return f" of at least {bounds[Ge].ge}" if Ge in bounds else ""


def _combined(settings: Settings) -> Iterator[_Fault]:
    """What is wrong with settings that are valid one by one."""
    yield from _files(settings)
    yield from _entries(settings)
    if settings.workers != 1 and not sys.platform.startswith("linux"):
        yield _Fault(
            ("workers",), "only Linux shares a port between processes as this needs; leave it out, or set it to 1"
        )
    if settings.admin_key and settings.admin_key_file:
        yield _Fault(("admin_key", "admin_key_file"), "GATECAST_ADMIN_KEY_FILE is set too; one of them has to go")
    if settings.operations_port is not None and settings.operations_port == settings.port != 0:
        yield _Fault(("operations_port", "port"), f"must not be {settings.port}, the port of GATECAST_PORT")
    if settings.max_timeout_ms < settings.timeout_ms:
        yield _Fault(
            ("max_timeout_ms", "timeout_ms"),
            f"is {settings.max_timeout_ms}; it must be at least GATECAST_TIMEOUT_MS, which is {settings.timeout_ms}",
        )


def _files(settings: Settings) -> Iterator[_Fault]:
    """Faults of the files that settings name."""
    unreadable = set()
    for name in ("admin_key_file", "api_keys_file", "trusted_keys_file", "tls_cert_file", "tls_key_file"):
        path: Path | None = getattr(settings, name)
        if path is not None and (fault := _file_fault(path)):
            unreadable.add(name)
            yield _Fault((name,), fault)  # the path is not repeated: it may be the secret itself, by mistake
    if not unreadable & {"tls_cert_file", "tls_key_file"}:
        yield from _tls(settings)
    if "admin_key_file" not in unreadable:
        yield from _admin_key(settings)


def _file_fault(path: Path) -> str | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "must be the path of a plain file"
        with path.open("rb"):
            return None
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"


def _tls(settings: Settings) -> Iterator[_Fault]:
    chain, key = settings.tls_cert_file, settings.tls_key_file
    if chain is None or key is None:
        for name, path, other in (("tls_key_file", key, chain), ("tls_cert_file", chain, key)):
            if path is None and other is not None:
                set_one = "tls_cert_file" if name == "tls_key_file" else "tls_key_file"
                yield _Fault((name, set_one), f"must be set too, where {variable(set_one)} is")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = (error.reason if isinstance(error, ssl.SSLError) else None) or str(error)
        what = "the certificate is of another key" if reason == "KEY_VALUES_MISMATCH" else reason
        yield _Fault(
            ("tls_cert_file", "tls_key_file"),
            "with GATECAST_TLS_KEY_FILE cannot be used; a certificate chain and its key, both PEM, the key without a "
            f"password, are needed ({what})",
        )


def _no_password() -> str:
    """Instead of OpenSSL's question at the terminal."""
    raise ValueError("the key has a password")


def _admin_key(settings: Settings) -> Iterator[_Fault]:
    """Faults of the admin key, which is never shown. A key that no header can carry would never be right."""
    name = "admin_key" if settings.admin_key_file is None else "admin_key_file"
    where = "" if settings.admin_key_file is None else "the key in the file "
    try:
        secret = settings.admin_secret
    except UnicodeDecodeError:
        secret = SecretStr("\0" * MIN_KEY_CHARACTERS)
    if secret is None:
        return
    key = secret.get_secret_value()
    if len(key) < MIN_KEY_CHARACTERS:
        yield _Fault((name,), f"{where}must have at least {MIN_KEY_CHARACTERS} characters")
    elif not (key.isascii() and key.isprintable() and key == key.strip()):
        yield _Fault(
            (name,),
            f"{where}must be one line of ASCII characters without spaces around it, so that a header can carry it",
        )


def _entries(settings: Settings) -> Iterator[_Fault]:
    """Faults of the entries of lists."""
    try:
        read_setting(settings.versions)
    except PolicyFault as fault:
        yield _Fault(("versions",), str(fault))
    for number, network in enumerate(settings.trusted_proxies, 1):
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            inside = f" ({error})" if "host bits" in str(error) else ""
            yield _Fault(
                ("trusted_proxies",),
                f"entry {number}, {_shown(network)}, must be an address or a network, like 10.0.0.7 or 10.0.0.0/8{inside}",
            )
    for number, host in enumerate(settings.allowed_hosts, 1):
        if not _is_host(host):
            yield _Fault(
                ("allowed_hosts",),
                f"entry {number}, {_shown(host)}, must be a host without scheme, port and path, like api.example.com, "
                "*.example.com or 10.0.0.7",
            )
    for number, origin in enumerate(settings.cors_origins, 1):
        if origin != "*" and not ORIGIN.fullmatch(origin):
            yield _Fault(
                ("cors_origins",),
                f"entry {number}, {_shown(origin)}, must be * or an origin as browsers send it: scheme and host in "
                "lower case, a port where it is not the usual one, no path, like https://app.example.com",
            )


def _is_host(host: str) -> bool:
    if host == "*" or (len(host) <= 255 and HOST.fullmatch(host)):
        return True
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _shown(value: object) -> str:
    """A value in a message: short, in one line, in quotes."""
    return ascii(str(value)[:MAX_SHOWN])
