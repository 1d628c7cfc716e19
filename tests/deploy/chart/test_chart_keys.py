"""Keys: files of Secrets that exist, never a value in the chart's objects."""

import pytest

from tests.deploy.chart.charts import Refused, rendered, with_values

FILES = {
    "GATECAST_API_KEYS_FILE": "callers",
    "GATECAST_ADMIN_KEY_FILE": "admin",
    "GATECAST_TLS_CERT_FILE": "certificate",
    "GATECAST_TLS_KEY_FILE": "certificate",
}


@pytest.mark.parametrize(("variable", "secret"), FILES.items())
def test_a_key_is_a_file_of_a_mounted_directory(variable: str, secret: str) -> None:
    """A file that is mounted by itself (subPath) would stay the old one when the Secret changes."""
    chart = rendered("keys")
    folder = chart.variables[variable].rpartition("/")[0]
    (mount,) = [each for each in chart.container["volumeMounts"] if each["mountPath"] == folder]
    (volume,) = [each for each in chart.pod["volumes"] if each["name"] == mount["name"]]
    assert volume["secret"]["secretName"] == secret
    assert "subPath" not in mount
    assert mount["readOnly"]


def test_the_user_of_the_service_can_read_the_secrets_and_others_cannot() -> None:
    """By its group, which owns what is mounted."""
    chart = rendered("keys")
    modes = {each["secret"]["defaultMode"] for each in chart.pod["volumes"] if "secret" in each}
    assert modes == {0o440}
    assert chart.pod["securityContext"]["fsGroup"] == chart.pod["securityContext"]["runAsGroup"]


def test_trusted_keys_come_from_one_place() -> None:
    """The values, a ConfigMap or a Secret."""
    path = "/run/gatecast/trust/trusted-keys"
    for place, kind in (("existingConfigMap", "configMap"), ("existingSecret", "secret")):
        chart = with_values(f'models.trustedKeys.{place}="keys"')
        (volume,) = [each for each in chart.pod["volumes"] if each["name"] == "trust"]
        assert "keys" in volume[kind].values()
        assert chart.variables["GATECAST_TRUSTED_KEYS_FILE"] == path
    with pytest.raises(Refused, match="only one of inline"):
        with_values('models.trustedKeys.existingSecret="keys"', 'models.trustedKeys.inline="key"')
    assert "trusted-keys" in rendered("keys").one("ConfigMap", "-trust")["data"]


def test_a_private_key_is_refused() -> None:
    """Whoever can read the ConfigMap could sign."""
    with pytest.raises(Refused, match="should be replaced"):
        with_values('models.trustedKeys.inline="-----BEGIN PRIVATE KEY-----"')


def test_scraping_with_keys_needs_one() -> None:
    """Or every scrape would be refused, and nobody told."""
    with pytest.raises(Refused, match=r"serviceMonitor\.apiKeySecret\.name must be set"):
        with_values('apiKeys.existingSecret="callers"', "metrics.serviceMonitor.enabled=true")


def test_a_setting_in_extra_env_is_refused() -> None:
    """It could contradict the chart, which knows where it belongs."""
    with pytest.raises(Refused, match=r"settings\.max_queue"):
        with_values('extraEnv=[{"name": "GATECAST_MAX_QUEUE", "value": "9"}]')
