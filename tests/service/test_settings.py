"""The settings of the service."""

import pytest
from pydantic import ValidationError

from service.settings import Settings


def test_keys_are_not_shown(serve):
    assert "correct horse" not in repr(serve(admin_key="correct horse battery").app.state.settings)


def test_settings_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("GATECAST_MAX_BATCH", "7")
    assert Settings().max_batch == 7


@pytest.mark.parametrize(
    ("name", "value"), [("port", 65_536), ("engine", "torch"), ("admin_key", "short"), ("threads", 0), ("nonsense", 1)]
)
def test_a_setting_that_is_not_valid_is_refused(name, value):
    with pytest.raises(ValidationError):
        Settings(**{name: value})
