"""The table of settings: all faults at once, nothing unknown, no secret in sight."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import SETTINGS, Settings, as_environment, load


def test_without_an_environment_every_setting_has_its_default() -> None:
    settings = load({"PATH": "/bin", "HOME": "/home/duty"})
    assert (settings.city, settings.port, settings.simulate) == ("茂名", 8050, True)
    assert settings.packs == Path("packs")


def test_all_faults_are_told_together() -> None:
    environ = {
        "CITYVITALS_PORT": "80",
        "CITYVITALS_PROT": "8050",
        "CITYVITALS_LANGUAGE": "de",
        "BASE_PATH": "/cityvitals",
        "CITYVITALS_SIMULATE": "yes",
        "CITY": "茂\n名",
    }
    with pytest.raises(SettingsError) as refused:
        load(environ)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == sorted(environ)
    assert "80" in str(refused.value) and "1024" in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "http://host"),
        ("REDIS_URL", "redis://:secret@host:99999"),
        ("REDIS_URL", "redis://:secret@host:port"),
        ("MQTT_URL", "mqtt://user:secret@host:0"),
        ("MQTT_URL", "redis://user:secret@host"),
        ("MQTT_URL", "host:1883"),
    ],
)
def test_an_address_is_refused_without_showing_it(variable: str, url: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}: its value is not an address such as") as refused:
        load({variable: url})
    assert "secret" not in str(refused.value)


def test_secrets_do_not_show() -> None:
    settings = load(
        {variable: f"redis://:hush@{variable}" for variable in ("REDIS_URL", "DATABASE_URL")}
        | {"MQTT_URL": "mqtts://user:hush@host:8883"}
        | {f"CITYVITALS_{name}": "hush" for name in ("KEY", "LDAP_PASSWORD", "OIDC_SECRET")}
    )
    assert "hush" not in repr(settings)
    assert settings.redis_url.endswith("hush@REDIS_URL")


def test_another_process_reads_the_same_settings() -> None:
    settings = load({"CITY": "110000", "CITYVITALS_SIMULATE": "0", "CITYVITALS_VAR": "~/var", "CITYVITALS_SEED": "0"})
    assert load(as_environment(settings)) == settings


def test_the_table_and_the_record_name_the_same() -> None:
    assert sorted(setting.name for setting in SETTINGS) == sorted(field.name for field in fields(Settings))


@pytest.mark.claim("ACCOUNTS", "Only an installation that asks who comes can be reached from other machines.")
def test_without_accounts_only_this_machine_is_listened_on() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(SettingsError, match="CITYVITALS_HOST"):
            load({"CITYVITALS_HOST": host, "CITYVITALS_ACCOUNTS": "0"})
        assert load({"CITYVITALS_HOST": host}).host == host
    assert load({"CITYVITALS_HOST": "::1", "CITYVITALS_ACCOUNTS": "0"}).host == "::1"
    with pytest.raises(SettingsError, match="TLS needs both"):
        load({"CITYVITALS_TLS_KEY": "key.pem"})
