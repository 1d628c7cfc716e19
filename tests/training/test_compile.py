"""The command that writes the compiled form of versions that exist already."""

import shutil

import pytest

from tests.processes import UNIVERSAL

pytestmark = pytest.mark.slow


def test_compiling_a_shipped_version_again_writes_the_same_files(tmp_path):
    from training.compile import main

    shipped = UNIVERSAL
    shutil.copytree(shipped, tmp_path / "universal" / UNIVERSAL.name, ignore=shutil.ignore_patterns("compiled"))
    assert main(["--models-dir", str(tmp_path)]) == 0
    for name in ("network.onnx", "binding.json"):
        assert (tmp_path / "universal" / UNIVERSAL.name / "compiled" / name).read_bytes() == (
            shipped / "compiled" / name
        ).read_bytes()


def test_a_version_that_cannot_be_compiled_is_named_and_the_others_go_on(tmp_path, capsys):
    """A version without a layers file comes from an older training."""
    from training.compile import main

    old, new = (tmp_path / name / "universal" / UNIVERSAL.name for name in ("old", "new"))
    for path in (old, new):
        shutil.copytree(UNIVERSAL, path)
    (old / "network.json").unlink()
    lines = (old / "SHA256SUMS").read_text().splitlines(keepends=True)
    (old / "SHA256SUMS").write_text("".join(line for line in lines if "network.json" not in line))
    assert main([str(old), str(new)]) == 1
    output = capsys.readouterr()
    assert "it has no network.json; train it again to compile it" in output.err
    assert f"new/universal/{UNIVERSAL.name}/compiled: written and verified" in output.out
