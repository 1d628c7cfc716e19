"""A model version on disk: written whole, and refused when anything about it is off."""

import json
import os

import pytest

from service.artifacts import bundle, files
from service.artifacts import golden as golden_module
from service.artifacts.bundle import BundleError
from service.artifacts.golden import verify
from service.artifacts.scaler import MinMax
from service.forecast.window_forecaster import WindowForecaster
from tests import fakes


@pytest.fixture
def version(tmp_path):
    """A complete version directory, but for a network that TensorFlow could load."""
    whole = fakes.forecast_bundle()

    def write(path):
        (path / "variables").mkdir()
        (path / "variables" / "data").write_bytes(b"weights")
        (path / "saved_model.pb").write_bytes(b"")

    return bundle.save(tmp_path, whole.card, whole.golden, write, scaler=whole.scaler)


def restate(version):
    """Make SHA256SUMS true again, as one who tampers well would."""
    lines = [
        f"{files.sha256(path)}  {path.relative_to(version).as_posix()}\n"
        for path in sorted(version.rglob("*"))
        if path.is_file() and path.name != bundle.SUMS
    ]
    (version / bundle.SUMS).write_text("".join(lines))


def edit(version, file, **changes):
    content = json.loads((version / file).read_text())
    (version / file).write_text(json.dumps(content | changes))
    restate(version)


def test_what_was_saved_is_read_back(version):
    """Card, scaler and golden answers survive the disk."""
    bundle.verify(version)
    card, scaler, golden = bundle.read(version)
    whole = fakes.forecast_bundle()
    assert (card, scaler, golden) == (whole.card, whole.scaler, whole.golden)


def test_a_version_is_never_written_over(version, tmp_path):
    whole = fakes.forecast_bundle()
    with pytest.raises(FileExistsError):
        bundle.save(tmp_path, whole.card, whole.golden, lambda path: None, scaler=whole.scaler)


def test_a_save_that_fails_leaves_nothing(tmp_path):
    whole = fakes.forecast_bundle()

    def fail(path):
        (path / "half").write_text("written")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        bundle.save(tmp_path, whole.card, whole.golden, fail, scaler=whole.scaler)
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


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("manifest.json", "{", "is not JSON"),
        ("manifest.json", "[]", "has format None"),
        ("manifest.json", '{"format_version": 1}', "is not valid at"),
        ("golden.json", "[" * 100_000, "is not JSON"),
        ("golden.json", '{"cases": []}', "is not valid at"),
        ("scaler.json", '{"kind": "pickle"}', "is not a scaler"),
        ("scaler.json", '{"kind": "min_max", "minimum": 1, "maximum": 1}', "finite minimum < maximum"),
        ("scaler.json", '{"kind": "min_max", "minimum": "0", "maximum": 1}', "must be numbers"),
    ],
)
def test_a_malformed_file_is_refused_by_name(version, name, content, fault):
    (version / name).write_text(content)
    restate(version)
    with pytest.raises(BundleError, match=fault) as refused:
        bundle.load(version)
    assert name in str(refused.value)


def test_a_card_of_another_model_is_refused(version):
    edit(version, "manifest.json", name="lstm")
    with pytest.raises(BundleError, match="is the card of lstm/1"):
        bundle.load(version)


def test_an_oversized_file_is_not_read(version):
    (version / "manifest.json").write_bytes(b" " * (files.MAX_JSON_BYTES + 1))
    restate(version)
    with pytest.raises(BundleError, match="is larger than"):
        bundle.load(version)


def test_a_golden_answer_that_is_off_is_refused():
    """The proof at start: the serving path must give what training's evaluation gave."""
    wrong = fakes.forecast_bundle(answer=61.0)
    with pytest.raises(BundleError, match=r"golden case 1 differs by up to 0\.99"):
        verify(WindowForecaster(wrong), wrong.golden, "gru/1")


def test_a_golden_request_that_is_refused_is_named():
    short = golden_module.Golden(
        relative_tolerance=1e-4,
        absolute_tolerance=1e-4,
        cases=[golden_module.GoldenCase(request={"readings": [1.0]}, answer=[1.0])],
    )
    with pytest.raises(BundleError, match="golden case 1 is refused"):
        verify(WindowForecaster(fakes.forecast_bundle()), short, "gru/1")


def test_a_network_that_does_not_fit_its_card_is_refused_by_name():
    def broken(batch):
        raise ValueError("shapes")

    misfit = fakes.forecast_bundle(run=broken)
    with pytest.raises(BundleError, match="gru/1: golden case 1 fails: ValueError"):
        verify(WindowForecaster(misfit), misfit.golden, "gru/1")


def test_scaling_is_reversible():
    scaler = MinMax(-3, 7)
    assert scaler.transform(fakes.np.array([-3.0, 7.0])).tolist() == [0, 1]
    assert scaler.inverse(scaler.transform(fakes.np.array([5.5]))).tolist() == pytest.approx([5.5])
    assert MinMax.from_dict(scaler.to_dict()) == scaler
