"""A model version on disk: written completely, and refused when anything of it was changed."""

import json
import os

import pytest

from service.artifacts import bundle, files
from service.artifacts.files import BundleError
from tests import fakes


@pytest.fixture
def version(tmp_path):
    """A version directory that is complete, except that TensorFlow could not load its network."""
    original = fakes.forecast_bundle()

    def write(path):
        (path / "variables").mkdir()
        (path / "variables" / "data").write_bytes(b"weights")
        (path / "saved_model.pb").write_bytes(b"")

    return bundle.save(tmp_path, original.card, original.golden, write, scaler=original.scaler)


def write_sums(version):
    """Make SHA256SUMS fit the files, as someone would who changed them on purpose."""
    lines = [
        f"{files.sha256(path)}  {path.relative_to(version).as_posix()}\n"
        for path in sorted(version.rglob("*"))
        if path.is_file() and path.name != bundle.SUMS
    ]
    (version / bundle.SUMS).write_text("".join(lines))


def edit(version, file, **changes):
    content = json.loads((version / file).read_text())
    (version / file).write_text(json.dumps(content | changes))
    write_sums(version)


def test_a_saved_version_is_read_back(version):
    """Card, scaler and golden answers are those that were saved."""
    bundle.verify(version)
    card, scaler, golden = bundle.read(version)
    original = fakes.forecast_bundle()
    assert (card, scaler, golden) == (original.card, original.scaler, original.golden)


def test_a_version_is_never_overwritten(version, tmp_path):
    original = fakes.forecast_bundle()
    with pytest.raises(FileExistsError):
        bundle.save(tmp_path, original.card, original.golden, lambda path: None, scaler=original.scaler)


def test_a_save_that_fails_leaves_nothing(tmp_path):
    original = fakes.forecast_bundle()

    def fail(path):
        (path / "half").write_text("written")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        bundle.save(tmp_path, original.card, original.golden, fail, scaler=original.scaler)
    assert list((tmp_path / "gru").iterdir()) == []


def test_the_next_version_follows_the_newest(version, tmp_path):
    (tmp_path / "gru" / "10").mkdir()
    assert bundle.next_version(tmp_path, "gru") == "11"
    assert bundle.next_version(tmp_path, "lstm") == "1"


def test_versions_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("9", "10", ".11"):
        (tmp_path / name).mkdir()
    assert bundle.versions(tmp_path) == [tmp_path / "9", tmp_path / "10"]
    assert bundle.versions(tmp_path / "none") == []


def test_a_missing_checksum_file_is_refused(version):
    (version / "SHA256SUMS").unlink()
    with pytest.raises(BundleError, match="SHA256SUMS is missing: the version is half written"):
        bundle.load(version)


def test_a_missing_file_is_refused_by_name(version):
    (version / "scaler.json").unlink()
    with pytest.raises(BundleError, match=r"scaler\.json is missing"):
        bundle.load(version)


def test_an_extra_file_is_refused_by_name(version):
    (version / "extra.py").write_text("x")
    with pytest.raises(BundleError, match=r"extra\.py is not listed"):
        bundle.load(version)


def test_a_changed_byte_is_refused_by_name(version):
    (version / "variables" / "data").write_bytes(b"Weights")
    with pytest.raises(BundleError, match="variables/data was changed"):
        bundle.load(version)


def test_a_link_out_of_the_directory_is_refused(version):
    os.symlink("/etc/hostname", version / "variables" / "link")
    with pytest.raises(BundleError, match="link is neither a plain file"):
        bundle.load(version)


@pytest.mark.parametrize("line", ["nonsense", "0" * 64 + " one-space", "ab  file"])
def test_a_checksum_file_of_another_form_is_refused(version, line):
    (version / "SHA256SUMS").write_text(line + "\n")
    with pytest.raises(BundleError, match="line 1 is not"):
        bundle.load(version)


def test_an_unknown_format_is_refused_with_both_numbers(version):
    edit(version, "manifest.json", format_version=2)
    with pytest.raises(BundleError, match="has format 2; this service reads 1"):
        bundle.load(version)


@pytest.fixture
def text_version(tmp_path):
    """A version of a sentiment model, whose network could not be loaded."""
    original = fakes.sentiment_bundle()
    return bundle.save(
        tmp_path, original.card, original.golden, lambda path: (path / "saved_model.pb").write_bytes(b"")
    )


def test_a_saved_sentiment_version_is_read_back(text_version):
    card, scaler, golden = bundle.read(text_version)
    original = fakes.sentiment_bundle()
    assert (card, scaler, golden) == (original.card, None, original.golden)


def test_a_sentiment_version_of_the_earlier_format_is_refused_with_the_remedy(text_version):
    edit(text_version, "manifest.json", format_version=1)
    with pytest.raises(BundleError) as refusal:
        bundle.load(text_version)
    assert str(refusal.value).endswith(
        "manifest.json has format 1; this service reads 2; it was made by an older version of the training: train it again "
        "(`python -m training.sentiment`)"
    )


@pytest.mark.parametrize("format_version", [3, None, "2", [2]])
def test_a_sentiment_version_of_an_unknown_format_is_refused(text_version, format_version):
    edit(text_version, "manifest.json", format_version=format_version)
    with pytest.raises(BundleError, match=r"has format (\w+ ?)+; this service reads 2$"):
        bundle.load(text_version)


@pytest.mark.parametrize("task", ["unknown", None, [], {}])
def test_a_card_of_an_unknown_task_is_refused(text_version, task):
    edit(text_version, "manifest.json", format_version=1, task=task)
    with pytest.raises(BundleError, match=r"manifest\.json is not valid"):
        bundle.load(text_version)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("manifest.json", "{", "is not JSON"),
        ("manifest.json", "[]", "has format None"),
        ("manifest.json", '{"format_version": 1}', "is not valid at"),
        ("manifest.json", '{"format_version": "' + "1" * 100_000 + '"}', "has format of another type"),
        ("manifest.json", '{"format_version": ' + "[" * 150 + "]" * 150 + "}", "has format of another type"),
        ("manifest.json", "[" * 100_000, "is not JSON"),
        ("manifest.json", "", "is not JSON"),
        ("golden.json", "null", "is not valid at"),
        (
            "golden.json",
            '{"relative_tolerance": 0.001, "absolute_tolerance": 1, "cases": {}}',
            "is not valid at 'cases'",
        ),
        ("golden.json", '{"relative_tolerance": 0.001, "absolute_tolerance": 1e999, "cases": []}', "is not valid at"),
        ("scaler.json", "[]", "is not a scaler"),
        ("scaler.json", "7", "is not a scaler"),
        ("scaler.json", '{"kind": "min_max", "minimum": 0, "maximum": 1' + "0" * 400 + "}", "is not a scaler"),
        ("golden.json", "[" * 100_000, "is not JSON"),
        ("golden.json", '{"cases": []}', "is not valid at"),
        ("scaler.json", '{"kind": "pickle"}', "is not a scaler"),
        ("scaler.json", '{"kind": "min_max", "minimum": 1, "maximum": 1}', "finite minimum < maximum"),
        ("scaler.json", '{"kind": "min_max", "minimum": "0", "maximum": 1}', "must be numbers"),
    ],
)
def test_a_malformed_file_is_refused_by_name(version, name, content, fault):
    (version / name).write_text(content)
    write_sums(version)
    with pytest.raises(BundleError, match=fault) as refusal:
        bundle.load(version)
    assert name in str(refusal.value)


def test_a_card_of_another_model_is_refused(version):
    edit(version, "manifest.json", name="lstm")
    with pytest.raises(BundleError, match="is the card of lstm/1"):
        bundle.load(version)


def test_an_oversized_file_is_not_read(version):
    (version / "manifest.json").write_bytes(b" " * (files.MAX_JSON_BYTES + 1))
    write_sums(version)
    with pytest.raises(BundleError, match="is larger than"):
        bundle.load(version)


@pytest.mark.parametrize("field", ["settings", "scores", "name", "window", "step_errors", "data", "made_with"])
@pytest.mark.parametrize("value", [None, [], {}, "x", -1, [[[]]], {"a": {"b": {}}}, float("1e300")])
def test_a_card_with_a_value_of_another_type_is_read_or_refused(version, field, value):
    """Never another exception."""
    edit(version, "manifest.json", **{field: value})
    try:
        bundle.load(version)
    except BundleError as error:
        assert str(version) in str(error)
    else:
        pytest.fail("the program of this version cannot be loaded")


def test_a_card_with_a_number_that_json_cannot_hold_is_refused(version):
    """1e999 is read as infinity, which no response could carry."""
    edit(version, "manifest.json", settings={"rate": 1})
    card = (version / "manifest.json").read_text().replace('"rate": 1', '"rate": 1e999')
    (version / "manifest.json").write_text(card)
    write_sums(version)
    with pytest.raises(BundleError, match=r"is not valid at 'forecast\.settings\.rate"):
        bundle.load(version)


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "saved_model.pb", "variables/data"])
def test_a_fifo_in_the_place_of_a_file_is_not_waited_for(version, name):
    (version / name).unlink()
    os.mkfifo(version / name)
    with pytest.raises(BundleError, match="is neither a plain file nor a directory"):
        bundle.load(version)


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "saved_model.pb", "variables"])
def test_what_another_user_may_not_read_is_refused_by_name(version, name, monkeypatch):
    """As chmod 000 does for another user than root."""
    denied = str(version / name)

    def deny(function):
        def call(path, *arguments, **options):
            if str(path) == denied:
                raise PermissionError(13, "Permission denied", denied)
            return function(path, *arguments, **options)

        return call

    monkeypatch.setattr(os, "open", deny(os.open))
    monkeypatch.setattr(os, "scandir", deny(os.scandir))
    with pytest.raises(BundleError, match=f"{name} cannot be read: Permission denied"):
        bundle.load(version)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["", "manifest.json", "variables"])
def test_chmod_000_is_refused(version, name):
    (version / name).chmod(0)
    try:
        with pytest.raises(BundleError, match="Permission denied"):
            bundle.load(version)
    finally:
        (version / name).chmod(0o755)
