"""A version that fails leaves no directory behind."""

import pytest

pytestmark = pytest.mark.slow


def test_a_failed_export_leaves_no_empty_directory(tmp_path):
    """A service refuses a models directory that holds a model without a version; other versions stay."""
    from training.export.versions import _no_empty_directory

    (tmp_path / "sales").mkdir()
    with pytest.raises(ValueError, match="failed"), _no_empty_directory(tmp_path / "sales"):
        raise ValueError("failed")
    assert not (tmp_path / "sales").exists()
    (tmp_path / "sales" / "1").mkdir(parents=True)
    with pytest.raises(ValueError, match="failed"), _no_empty_directory(tmp_path / "sales"):
        raise ValueError("failed")
    assert (tmp_path / "sales" / "1").exists()
