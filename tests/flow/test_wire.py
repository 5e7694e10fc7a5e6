"""What stands between a browser and the website: TLS with files of one's own, and how often somebody may ask."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from forked_worker import StartWorker
from guarded_site import Guarded, standing_house
from hung_picture import HungPicture
from live_city import settings_of
from prerequisites import ANSWER_S, eventually, unused_port

from accounts.office import open_office
from catalogue.load import load
from core.accounts import Role
from core.clock import real_ms
from core.errors import StartError
from core.settings import as_environment
from workers.own_site import check_tls, near_connection, printed_address

NOW = datetime.now(UTC)


def _certified(folder: Path, name: str = "own") -> dict[str, str]:
    """A new certificate for 127.0.0.1 that vouches for itself, and its key: as settings."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "city")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return {"CITYVITALS_TLS_CERTIFICATE": str(certificate), "CITYVITALS_TLS_KEY": str(secret)}


@pytest.mark.claim("ACCOUNTS", "TLS by setting: the website answers over it alone, cookies are secure, HSTS is told.")
def test_the_website_with_a_certificate_of_its_own(
    redis_server: str, tmp_path: Path, start_worker: StartWorker
) -> None:
    files = _certified(tmp_path)
    asks = {"CITYVITALS_ACCOUNTS": "1", "CITYVITALS_VAR": str(tmp_path / "var")}
    settings = settings_of(redis_server, unused_port(), **asks, **files)
    office = open_office(settings)
    founder = office.found(real_ms())
    office.database.close()
    assert founder is not None
    hung = HungPicture(redis_server, load(settings.packs, "440900"))
    try:
        start_worker("web", tmp_path / "web.log", as_environment(settings))
        eventually(lambda: _near_status(settings) in {200, 503}, 30)
        address, trusted = printed_address(settings), files["CITYVITALS_TLS_CERTIFICATE"]
        assert address.startswith("https://127.0.0.1:")
        page = requests.get(f"{address}sign-in", verify=trusted, timeout=ANSWER_S)
        assert page.status_code == 200 and "max-age=" in page.headers["strict-transport-security"]
        sent = {"login": founder.login, "password": founder.password}
        signed = requests.post(f"{address}sign-in", json=sent, verify=trusted, timeout=ANSWER_S)
        assert signed.status_code == 200 and "Secure" in signed.headers["set-cookie"]
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{address}sign-in".replace("https", "http"), timeout=ANSWER_S)
    finally:
        hung.close()


def _near_status(settings: object) -> int | None:
    connection = near_connection(settings, 2)  # type: ignore[arg-type]
    try:
        connection.request("GET", f"{settings.base_path}healthz")  # type: ignore[attr-defined]
        return connection.getresponse().status
    except (ssl.SSLError, OSError):
        return None
    finally:
        connection.close()


@pytest.mark.claim("ACCOUNTS", "Files of TLS that are missing or do not fit are one sentence with their names.")
def test_files_of_tls_that_do_not_fit_are_one_sentence(tmp_path: Path) -> None:
    own, other = _certified(tmp_path), _certified(tmp_path, "other")
    check_tls(settings_of("redis://127.0.0.1:1", 9999, **own))
    check_tls(settings_of("redis://127.0.0.1:1", 9999))
    (tmp_path / "empty").write_text("")
    for key, code in (
        (other["CITYVITALS_TLS_KEY"], "tls-misfit"),
        (str(tmp_path / "empty"), "tls-misfit"),
        (str(tmp_path / "none"), "tls-missing"),
    ):
        with pytest.raises(StartError) as refused:
            check_tls(settings_of("redis://127.0.0.1:1", 9999, **(own | {"CITYVITALS_TLS_KEY": key})))
        assert refused.value.code == code and key in str(refused.value)


@pytest.mark.claim("ACCOUNTS", "Who signs in or asks the API too often is sent away for a while, and it is audited.")
def test_who_asks_too_often_is_sent_away(tmp_path: Path) -> None:
    with standing_house(tmp_path, CITYVITALS_SIGN_IN_PER_MIN="3", CITYVITALS_API_PER_MIN="30") as site:
        guesses = [site.ask("POST", "sign-in", {}, json={"login": f"l{n}", "password": "x"}) for n in range(5)]
        assert [one.status_code for one in guesses] == [401, 401, 401, 429, 429]
        assert guesses[-1].json()["error"]["code"] == "too-many" and int(guesses[-1].headers["retry-after"]) >= 1
        one, another = site.as_role(Role.MACHINE), site.as_role(Role.MACHINE)
        assert _answers(site, one, 45).count(429) >= 10
        assert site.ask("GET", "api/v1/warnings", another).status_code == 200
        assert site.ask("GET", "live/poll", site.colleague(Role.DUTY)).status_code == 200
        refused = {entry.act.subject: entry.act.detail["reason"] for entry in site.acts()}
        assert {"POST /sign-in": "too-many", "GET /api/v1/warnings": "too-many"}.items() <= refused.items()


def _answers(site: Guarded, who: dict[str, str], times: int) -> list[int]:
    return [site.ask("GET", "api/v1/warnings", who).status_code for _ in range(times)]
