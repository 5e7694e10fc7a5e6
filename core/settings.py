"""The one table of settings. `docs/settings.md` is printed from it; all faults are told together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from core.account_settings import ACCOUNT_SETTINGS, AccountSettings
from core.border_settings import BORDER_SETTINGS, BorderSettings
from core.errors import SettingsError
from core.notice_settings import NOTICE_SETTINGS, NoticeSettings
from core.public_settings import PUBLIC_SETTINGS, PublicSettings
from core.setting import Setting, address, base_path, flag, folder, one_of, url, whole, words

OURS = "CITYVITALS_"  # every variable with this beginning must be known; the bare names below are ours too


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "city",
        "CITY",
        "茂名",
        words,
        "",
        "City to show: a name (茂名) or six-digit code (440900) of any prefecture city.",
    ),
    Setting(
        "redis_url",
        "REDIS_URL",
        "",
        url("redis", "rediss", "unix"),
        "",
        "Redis to use; empty starts the embedded one.",
        True,
    ),
    Setting(
        "mqtt_url", "MQTT_URL", "", url("mqtt", "mqtts"), "", "MQTT broker to use; empty starts the embedded one.", True
    ),
    Setting("base_path", "BASE_PATH", "/", base_path, "", "Path under which every address of the site is built."),
    Setting(
        "host",
        "CITYVITALS_HOST",
        "127.0.0.1",
        address,
        "",
        "Address to listen on; `0.0.0.0`: every one of this machine. Without accounts only this machine.",
    ),
    Setting("port", "CITYVITALS_PORT", "8050", whole(1024, 65_535), "", "Port of the website."),
    Setting("redis_port", "CITYVITALS_REDIS_PORT", "16379", whole(1024, 65_535), "", "Port of the embedded Redis."),
    Setting("mqtt_port", "CITYVITALS_MQTT_PORT", "11883", whole(1024, 65_535), "", "Port of the embedded MQTT broker."),
    Setting("var", "CITYVITALS_VAR", "var", folder, "", "Folder of everything that this installation keeps."),
    Setting("packs", "CITYVITALS_PACKS", "packs", folder, "", "Folder of the declared content: topics and cities."),
    Setting("language", "CITYVITALS_LANGUAGE", "zh", one_of("zh", "en"), "", "Language of the screens."),
    Setting(
        "simulate",
        "CITYVITALS_SIMULATE",
        "1",
        flag,
        "",
        "1: the whole installation is a demonstration (演示数据); 0: live data only.",
    ),
    Setting(
        "scenario",
        "CITYVITALS_SCENARIO",
        "calm",
        one_of("calm", "typhoon"),
        "",
        "What the simulated city goes through.",
    ),
    Setting("seed", "CITYVITALS_SEED", "7", whole(0, 2**31), "", "Seed of the simulated city."),
    Setting(
        "partitions",
        "CITYVITALS_PARTITIONS",
        "4",
        whole(1, 64),
        "",
        "Partitions of the streams; fixed when a scene is created.",
    ),
    Setting(
        "engines",
        "CITYVITALS_ENGINES",
        "1",
        whole(1, 64),
        "",
        "Engine processes that share the partitions; more may be started anywhere with `python app.py engine`.",
    ),
    Setting(
        "engines_at_once",
        "CITYVITALS_ENGINES_AT_ONCE",
        "0",
        whole(0, 64),
        "",
        "Engine processes of one machine that own partitions at the same time, others stand by; 0: one a core.",
    ),
    Setting(
        "tick_ms",
        "CITYVITALS_TICK_MS",
        "50",
        whole(10, 1000),
        "ms",
        "Shortest time between two decisions of the engine while data flow.",
    ),
    Setting(
        "checkpoint_s",
        "CITYVITALS_CHECKPOINT_S",
        "5",
        whole(1, 600),
        "s",
        "Time between two checkpoints of the engine.",
    ),
    Setting(
        "keep_h", "CITYVITALS_KEEP_H", "26", whole(1, 24 * 31), "h", "How long streams keep what every reader has read."
    ),
    Setting(
        "stream_limit",
        "CITYVITALS_STREAM_LIMIT",
        "200000",
        whole(1000, 10_000_000),
        "entries",
        "Above this length of one stream ingest stops acknowledging.",
    ),
    Setting(
        "payload_limit_kb",
        "CITYVITALS_PAYLOAD_LIMIT_KB",
        "1024",
        whole(1, 8192),
        "KB",
        "A larger message is refused and kept as a dead letter.",
    ),
    Setting(
        "history",
        "CITYVITALS_HISTORY",
        "",
        words,
        "",
        "Folder of the history, values and raw readings; empty: `history` in the folder of this installation.",
    ),
    Setting(
        "media",
        "CITYVITALS_MEDIA",
        "",
        words,
        "",
        "Folder of photos; empty: `media` in the folder of this installation. It belongs into the backup.",
    ),
    Setting(
        "photo_mb", "CITYVITALS_PHOTO_MB", "15", whole(1, 200), "MB", "A larger photo is refused, with the reason."
    ),
    Setting(
        "archive_s",
        "CITYVITALS_ARCHIVE_S",
        "60",
        whole(1, 3600),
        "s",
        "Time between two writes into the history; until then the streams keep it.",
    ),
    Setting("raw_days", "CITYVITALS_RAW_DAYS", "90", whole(1, 36_500), "days", "How long raw readings are kept."),
    Setting(
        "window_days",
        "CITYVITALS_WINDOW_DAYS",
        "400",
        whole(32, 36_500),
        "days",
        "How long every window of an indicator is kept; older ones are thinned to one row an hour.",
    ),
    Setting(
        "hour_days",
        "CITYVITALS_HOUR_DAYS",
        "1830",
        whole(32, 36_500),
        "days",
        "How long one row an hour is kept; older ones are thinned to one a day.",
    ),
    Setting("value_years", "CITYVITALS_VALUE_YEARS", "20", whole(1, 100), "years", "How long values are kept at all."),
    Setting(
        "log_level",
        "CITYVITALS_LOG_LEVEL",
        "info",
        one_of("debug", "info", "warning", "error"),
        "",
        "How much the processes write.",
    ),
    *ACCOUNT_SETTINGS,
    *PUBLIC_SETTINGS,
    *NOTICE_SETTINGS,
    *BORDER_SETTINGS,
)
_ELSEWHERE = {"CITYVITALS_DATA"}  # read by tests and replays only: recorded data of others


@dataclass(frozen=True)
class Settings(BorderSettings, PublicSettings, NoticeSettings, AccountSettings):
    """The settings of this process, frozen. Secrets never show in `repr`."""

    city: str
    redis_url: str
    mqtt_url: str
    base_path: str
    host: str
    port: int
    redis_port: int
    mqtt_port: int
    var: Path
    packs: Path
    language: str
    simulate: bool
    scenario: str
    seed: int
    partitions: int
    engines: int
    engines_at_once: int
    tick_ms: int
    checkpoint_s: int
    keep_h: int
    stream_limit: int
    payload_limit_kb: int
    history: str
    media: str
    photo_mb: int
    archive_s: int
    raw_days: int
    window_days: int
    hour_days: int
    value_years: int
    log_level: str

    @property
    def history_folder(self) -> Path:
        """Where the history lies, a folder a scene."""
        return Path(self.history).expanduser() if self.history else self.var / "history"

    @property
    def media_folder(self) -> Path:
        """Where photos lie, under their hashes."""
        return Path(self.media).expanduser() if self.media else self.var / "media"

    def __repr__(self) -> str:
        shown = (
            f"{s.name}={'***' if s.secret and getattr(self, s.name) else getattr(self, s.name)!r}" for s in SETTINGS
        )
        return f"Settings({', '.join(shown)})"


def load(environ: Mapping[str, str]) -> Settings:
    """Read every setting, or refuse with all faults at once.

    Raises:
        SettingsError: One sentence for each unknown name and each value out of its limits.
    """
    known = {s.variable for s in SETTINGS} | _ELSEWHERE
    problems = [
        f"{name}: no such setting; docs/settings.md lists them"
        for name in environ
        if name.startswith(OURS) and name not in known
    ]
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.name] = setting.read(environ.get(setting.variable, setting.default))
        except ValueError as why:
            problems.append(f"{setting.variable}: {'its value is ' if setting.secret else ''}{why}")
    problems += _unfit(values)
    if problems:
        raise SettingsError(sorted(problems))
    return Settings(**values)


def _unfit(values: Mapping[str, Any]) -> list[str]:
    """Settings that do not go together; those that could not be read are left out."""
    host, accounts = values.get("host", "127.0.0.1"), values.get("accounts", True)
    problems = []
    if not accounts and not ip_address(host).is_loopback:
        problems.append(
            f"CITYVITALS_HOST: {host} can be reached from elsewhere, and with CITYVITALS_ACCOUNTS=0 nobody is asked"
            " who he is; take 127.0.0.1, or leave accounts on"
        )
    if bool(values.get("tls_certificate")) != bool(values.get("tls_key")):
        problems.append("CITYVITALS_TLS_CERTIFICATE and CITYVITALS_TLS_KEY: TLS needs both files")
    return problems


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as variables again, to hand them to another process of ours."""
    return {s.variable: str(int(v) if isinstance(v := getattr(settings, s.name), bool) else v) for s in SETTINGS}


_PAGE_HEAD = """# Settings

Printed from the table in `core/settings.py` by `make docs`; a test compares the two.
Every setting is an environment variable, read once at the start; an unknown `CITYVITALS_…` name or a value out of
its limits is refused before anything starts, all faults at once. `make run CITY=茂名` sets one for a single run.

| variable | default | unit | meaning |
|---|---|---|---|"""


def as_markdown() -> str:
    """The page `docs/settings.md`, printed from the table."""
    rows = "\n".join(
        f"| `{s.variable}` | {f'`{s.default}`' if s.default else '(empty)'} | {s.unit} | {s.sentence} |"
        for s in SETTINGS
    )
    return f"{_PAGE_HEAD}\n{rows}"
