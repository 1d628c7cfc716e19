"""`python -m service.keys NAME`: make a key and add it to the file; `--list` and `--revoke NAME` do what they say."""

import argparse
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from . import MAX_FILE_BYTES, MAX_KEYS, NAME, RULES, SCOPES, Key, KeysError, Scope, read_file

PREFIX = "gc_"  # by which people, and scanners of source code, recognise a key
SECRET_BYTES = 32
USUAL_SCOPES: tuple[Scope, ...] = ("forecast", "sentiment", "models")  # of a new key, unless others are asked for


@dataclass(frozen=True)
class Options:
    """What the command is asked for. None leaves an existing key's value as it is."""

    name: str | None
    file: Path
    scopes: frozenset[Scope] | None
    expires: datetime | Literal["never"] | None
    rate_requests: float | None
    rate_items: float | None
    replace: bool
    list: bool
    revoke: str | None


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m service.keys") -> int:
    """Run the command; returns the exit status. `program` is what messages call it."""
    options = _parse(arguments, program)
    try:
        if options.list:
            _list(options.file)
        elif options.revoke is not None:
            _revoke(options.file, options.revoke)
        else:
            _add(options)
    except KeysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parse(arguments: Sequence[str] | None, program: str) -> Options:
    parser = argparse.ArgumentParser(program, description="Make, list and revoke the keys of callers.")
    parser.add_argument("name", nargs="?", type=_name, help="name of the new key, for logs and limits")
    parser.add_argument(
        "--file",
        type=Path,
        default=Path(os.environ.get("GATECAST_API_KEYS_FILE") or "keys.json"),
        help="file of the keys (default: GATECAST_API_KEYS_FILE, or keys.json)",
    )
    parser.add_argument(
        "--scopes", type=_scopes, help=f"what the key may do, of {','.join(SCOPES)} (default: {','.join(USUAL_SCOPES)})"
    )
    parser.add_argument("--expires", type=_expires, help="end of its validity: 2027-01-01 (from 0:00 UTC), or never")
    parser.add_argument("--rate-requests", type=_rate, help="requests a second, on average (default: the settings')")
    parser.add_argument("--rate-items", type=_rate, help="series or texts a second, on average")
    parser.add_argument("--replace", action="store_true", help="give an existing name a new key; the old one is void")
    parser.add_argument("--list", action="store_true", help="print the names, scopes and ends of all keys")
    parser.add_argument("--revoke", metavar="NAME", help="remove the key of this name")
    options = Options(**vars(parser.parse_args(arguments)))
    if [options.name is not None, options.list, options.revoke is not None].count(True) != 1:
        parser.error("give the NAME of a key to make, or --list, or --revoke NAME: one of the three")
    return options


def _add(options: Options) -> None:
    """Make a key, add it to the file, and print it."""
    assert options.name is not None
    path = options.file
    keys = read_file(path) if path.exists() else []
    old = next((key for key in keys if key.name == options.name), None)
    if old is not None and not options.replace:
        raise KeysError(f"{path}: has a key named '{options.name}'; --replace makes a new one in its place")
    if old is None and options.replace:
        raise KeysError(f"{path}: has no key named '{options.name}' to replace; without --replace it is made")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    expires = old.expires if old and options.expires is None else options.expires
    key = Key(
        name=options.name,
        sha256=sha256(secret.encode()).hexdigest(),
        scopes=options.scopes or (old.scopes if old else frozenset(USUAL_SCOPES)),
        rate_requests=options.rate_requests or (old.rate_requests if old else None),
        rate_items=options.rate_items or (old.rate_items if old else None),
        expires=None if expires == "never" else expires,
    )
    if key.is_expired(datetime.now(UTC).timestamp()):
        raise KeysError(f"{path}: '{options.name}' would have expired already; give --expires a day to come, or never")
    _write(path, [key if other is old else other for other in keys] + ([key] if old is None else []))
    print(secret)
    print(
        f"{path}: '{key.name}' may do {', '.join(scope for scope in SCOPES if scope in key.scopes)}. The key is shown "
        "this once. A running service knows it after POST /admin/reload or SIGHUP.",
        file=sys.stderr,
    )


def _list(path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    for key in read_file(path):
        end = "never expires" if key.expires is None else f"expires {key.expires.isoformat()}"
        scopes = ",".join(scope for scope in SCOPES if scope in key.scopes)
        print(f"{key.name}\t{scopes}\t{'expired' if key.is_expired(now) else end}")


def _revoke(path: Path, name: str) -> None:
    keys = read_file(path)
    kept = [key for key in keys if key.name != name]
    if len(kept) == len(keys):
        raise KeysError(f"{path}: has no key of that name; --list prints the names")
    _write(path, kept)
    print(
        f"{path}: '{name}' is revoked. A running service knows it until POST /admin/reload or SIGHUP.", file=sys.stderr
    )


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file at once. A new one is for its owner only; an old one's mode and owner are kept."""
    lines = ",\n".join("  " + json.dumps(key.model_dump(mode="json", exclude_none=True)) for key in keys)
    content = f'{{"keys": [\n{lines}\n]}}\n'.encode()
    if len(content) > MAX_FILE_BYTES or len(keys) > MAX_KEYS:
        raise KeysError(f"{path}: would have more than {MAX_KEYS:,} keys or {MAX_FILE_BYTES} bytes; revoke some")
    path = path.resolve()  # a link stays one
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                old = path.stat()
                with suppress(PermissionError):
                    os.chown(temporary, old.st_uid, old.st_gid)
                os.chmod(temporary, old.st_mode & 0o777)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise KeysError(f"{path}: cannot be written: {error.strerror}") from None


def _name(sent: str) -> str:
    if not NAME.fullmatch(sent):
        raise argparse.ArgumentTypeError(f"a name is {RULES['name']}")
    return sent


def _scopes(sent: str) -> frozenset[Scope]:
    asked = frozenset(part.strip() for part in sent.split(","))
    if not asked <= frozenset(SCOPES):
        raise argparse.ArgumentTypeError(f"scopes are written with commas, of {','.join(SCOPES)}")
    return frozenset(scope for scope in SCOPES if scope in asked)


def _expires(sent: str) -> datetime | Literal["never"]:
    if sent == "never":
        return "never"
    try:
        day = date.fromisoformat(sent)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(sent)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("write a day (2027-01-01), a time with its zone (2027-01-01T12:00Z), or never")
    return moment


def _rate(sent: str) -> float:
    try:
        rate = float(sent)
    except ValueError:
        rate = 0
    if not 1e-6 <= rate <= 1e6:
        raise argparse.ArgumentTypeError("a rate is a number above 0 and at most 1,000,000, a second")
    return rate


if __name__ == "__main__":
    sys.exit(main())
