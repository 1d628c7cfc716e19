"""`gatecast versions`: the list, the policies that it writes, and what it refuses."""

import json

import pytest
from typer.testing import CliRunner

from service.cli.app import make_app
from service.policies import NEWEST, Policy
from service.serving.policy_files import read_policy_file, write_policy_file
from tests.service.serving.version_files import write_version


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Three versions of gru, the last of which was copied half, and one of lstm."""
    monkeypatch.delenv("GATECAST_VERSIONS", raising=False)
    for version in "123":
        write_version(tmp_path, version)
    (tmp_path / "gru" / "3" / "golden.json").unlink()
    write_version(tmp_path, "1", name="lstm")
    return tmp_path


def invoke(models, *arguments):
    return CliRunner().invoke(make_app(), ["versions", "--models", str(models), *map(str, arguments)])


def with_setting(models, monkeypatch, setting):
    """What is listed where the setting has policies."""
    monkeypatch.setenv("GATECAST_VERSIONS", setting)
    return invoke(models)


def listed(models, *arguments):
    """Version, share and state of each line."""
    result = invoke(models, "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return [(f"{row['model']}/{row['version']}", row["share"], row["state"].split(":")[0]) for row in rows]


def test_versions_are_listed_with_their_shares_and_states(models):
    """A version that is not whole does not answer, and its line says why."""
    assert listed(models) == [
        ("gru/1", 0.0, "loaded"),
        ("gru/2", 1.0, "answers"),
        ("gru/3", 0.0, "refused"),
        ("lstm/1", 1.0, "answers"),
    ]
    lines = invoke(models).stdout.splitlines()
    assert lines[0].split() == ["MODEL", "VERSION", "SHARE", "POLICY", "STATE"]
    assert lines[2].split() == ["gru", "2", "100", "%", "newest", "answers"]
    assert "golden.json is missing" in lines[3]


@pytest.mark.parametrize(
    ("arguments", "policy"),
    [
        (["--pin", 1], Policy("1")),
        (["--newest"], NEWEST),
        (["--canary", 2, "--percent", 5], Policy("1", "2", 5.0)),
        (["--canary", 1, "--percent", 0.5], Policy("2", "1", 0.5)),
        (["--pin", 1, "--canary", 2, "--percent", 50], Policy("1", "2", 50.0)),
    ],
)
def test_a_policy_is_written_and_listed(models, arguments, policy):
    result = invoke(models, "gru", *arguments)
    assert result.exit_code == 0, result.stderr
    assert read_policy_file(models / "gru") == policy
    assert str(policy) in result.stdout
    assert "POST /admin/reload" in result.stderr
    assert "lstm" not in result.stdout


def test_a_canary_is_beside_the_version_that_answers(models):
    """A pinned one stays the other arm, however new the canary is; and its share can be changed."""
    write_version(models, "4")
    invoke(models, "gru", "--pin", 1)
    for percent in (5, 50):
        invoke(models, "gru", "--canary", 4, "--percent", percent)
        assert read_policy_file(models / "gru") == Policy("1", "4", percent)
    assert listed(models, "gru")[0] == ("gru/1", 0.5, "answers")
    assert listed(models, "gru")[3] == ("gru/4", 0.5, "canary")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["grru", "--newest"], "there is no model 'grru'; did you mean 'gru'?"),
        (["gru", "--pin", 7], "gru has no version 7; there are '1', '2', '3'"),
        (["gru", "--pin", 3], "version 3 cannot be served"),
        (["gru", "--canary", 3, "--percent", 5], "version 3 cannot be served"),
        (["gru", "--canary", 2], "--canary and --percent go together"),
        (["gru", "--percent", 5], "--canary and --percent go together"),
        (["gru", "--canary", 2, "--percent", 500], "--percent must be from 0 to 100, not 500"),
        (["gru", "--pin", 2, "--canary", 2, "--percent", 5], "version 2 answers already"),
        (["gru", "--newest", "--pin", 2], "--newest goes with neither --pin nor --canary"),
        (["--pin", 2], "which model?"),
        (["lstm", "--canary", 1, "--percent", 5], "version 1 is the only one"),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_refused_in_words(models, arguments, reason):
    """Nothing is written then."""
    result = invoke(models, *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert not (models / "gru" / "policy.json").exists()


def test_a_directory_without_models_is_refused(tmp_path):
    result = invoke(tmp_path)
    assert result.exit_code == 3
    assert "holds no model version" in result.stderr


def test_a_policy_that_cannot_be_used_is_shown_and_can_be_replaced(models):
    (models / "gru" / "policy.json").write_text("{")
    assert [state for _, _, state in listed(models, "gru")] == ["policy refused"] * 3
    assert "--pin N names the version" in invoke(models, "gru", "--canary", 2, "--percent", 5).stderr
    assert invoke(models, "gru", "--pin", 1).exit_code == 0
    assert read_policy_file(models / "gru") == Policy("1")


def test_a_policy_of_versions_that_are_not_there_says_so(models):
    """Somebody has deleted them since."""
    write_policy_file(models / "gru", Policy("7"))
    assert listed(models, "gru")[-1] == ("gru/-", 0, "refused")
    write_policy_file(models / "gru", Policy("1", "7", 5))
    assert listed(models, "gru")[0] == ("gru/1", 1.0, "answers")
    assert "version 7 as the canary, which is not loaded" in invoke(models, "gru").stdout


def test_a_setting_that_wins_is_shown(models, monkeypatch):
    monkeypatch.setenv("GATECAST_VERSIONS", "gru=1")
    assert listed(models, "gru")[0] == ("gru/1", 1.0, "answers")
    assert "GATECAST_VERSIONS names 'gru' here, and wins" in invoke(models, "gru", "--newest").stderr
    assert "GATECAST_VERSIONS has version 7 as" in with_setting(models, monkeypatch, "gru=1+7:5%").stdout
    assert "GATECAST_VERSIONS wants version 7" in with_setting(models, monkeypatch, "gru=7").stdout
    assert "did you mean 'gru'?" in with_setting(models, monkeypatch, "grru=1").stderr
    monkeypatch.setenv("GATECAST_VERSIONS", "gru")
    assert "GATECAST_VERSIONS: entry 1, 'gru', must be like" in invoke(models).stderr
