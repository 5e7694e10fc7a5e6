"""Sign-in through a real OpenLDAP."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prerequisites import missing, unused_port

from accounts.sources.contract import Claim, Refused
from accounts.sources.directory import Directory, Lookup
from core.clock import from_ms, real_ms
from stream.embedded.children import accepts, start_child, stop_child, wait_until

pytestmark = pytest.mark.slapd
BASE = "ou=people,dc=city"
PEOPLE = """dn: dc=city
objectClass: dcObject
objectClass: organization
o: city
dc: city

dn: ou=people,dc=city
objectClass: organizationalUnit
ou: people

dn: uid=li,ou=people,dc=city
objectClass: inetOrgPerson
uid: li
cn: Li Si
sn: Li
userPassword: li-password

dn: uid=wang,ou=people,dc=city
objectClass: inetOrgPerson
uid: wang
cn: Wang Wu
sn: Wang
userPassword: wang-password
"""
CONFIG = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix "dc=city"
rootdn "cn=admin,dc=city"
rootpw admin-password
directory {folder}/data
{access}
"""
# such a server answers a bind without a password as if it were right (RFC 4513, section 5.1.2)
LENIENT = "allow bind_anon_dn bind_anon_cred\n"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """The addresses of one OpenLDAP, plain and with TLS, and its certificate."""
    program = shutil.which("slapd", path="/usr/sbin")
    if program is None:
        missing("slapd")
    folder, port, tls_port = tmp_path_factory.mktemp("ldap"), unused_port(), unused_port()
    _certify(folder)
    (folder / "data").mkdir()
    config = folder / "slapd.conf"
    config.write_text(LENIENT + CONFIG.format(folder=folder, access="access to * by * read"), "utf-8")
    (folder / "people.ldif").write_text(PEOPLE, "utf-8")
    added = subprocess.run(
        ["/usr/sbin/slapadd", "-f", config, "-l", folder / "people.ldif"], capture_output=True, text=True, check=False
    )
    assert added.returncode == 0, added.stderr
    plain, secure, log_file = f"ldap://127.0.0.1:{port}", f"ldaps://127.0.0.1:{tls_port}", folder / "slapd.log"
    server = start_child([program, "-f", str(config), "-h", f"{plain} {secure}", "-d", "0"], log_file)
    wait_until(lambda: accepts("127.0.0.1", tls_port), server, "slapd", log_file)
    yield plain, secure, folder / "server.pem"
    stop_child(server, 5)


@pytest.fixture
def directory_url(servers: tuple[str, str, Path]) -> str:
    return servers[0]


def _certify(folder: Path) -> None:
    """A certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = from_ms(real_ms())
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "server.key").write_bytes(key.private_bytes(pem, form, plain))


@pytest.fixture(params=["", "cn=admin,dc=city"])
def directory(directory_url: str, request: pytest.FixtureRequest) -> Directory:
    return Directory(directory_url, Lookup(BASE, "(uid={login})", request.param, "admin-password"))


@pytest.mark.claim("ACCOUNTS", "LDAP: a real OpenLDAP signs its people in, and nobody else.")
def test_the_directory_signs_its_people_in(directory: Directory) -> None:
    assert directory.prove("li", "li-password") == Claim("ldap", "li", "li")
    for login, password in (("li", "wang-password"), ("li", ""), ("nobody", "x"), ("", ""), ("", "li-password")):
        answer = directory.prove(login, password)
        assert isinstance(answer, Refused) and answer.code == "wrong", login


@pytest.mark.parametrize("login", ["*", "l*", "li)(uid=*", "li)(|(uid=*", "(", "\\2a", "li\x00"])
def test_a_login_cannot_change_what_is_looked_for(directory: Directory, login: str) -> None:
    for password in ("li-password", "wang-password"):
        answer = directory.prove(login, password)
        assert isinstance(answer, Refused) and answer.code == "wrong"


@pytest.mark.claim("ACCOUNTS", "LDAPS: a server whose certificate nobody vouches for gets no password.")
def test_a_certificate_is_checked(servers: tuple[str, str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, secure, certificate = servers
    directory = Directory(secure, Lookup(BASE, "(uid={login})"))
    answer = directory.prove("li", "li-password")
    assert isinstance(answer, Refused) and "certificate" in answer.detail.lower()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # as an authority that the machine trusts
    assert directory.prove("li", "li-password") == Claim("ldap", "li", "li")


def test_a_filter_that_finds_two_finds_nobody(directory_url: str) -> None:
    directory = Directory(directory_url, Lookup(BASE, "(|(uid={login})(uid=wang))"))
    assert isinstance(directory.prove("li", "li-password"), Refused)


def test_a_directory_that_is_away_or_misconfigured_is_told(directory_url: str, free_port: int) -> None:
    away = Directory(f"ldap://127.0.0.1:{free_port}", Lookup(BASE, "(uid={login})"))
    wrong = Directory(directory_url, Lookup(BASE, "(uid={login})", "cn=admin,dc=city", "not-the-password"))
    for directory in (away, wrong):
        answer = directory.prove("li", "li-password")
        assert isinstance(answer, Refused) and answer.code == "server-down"
    assert "not-the-password" not in repr(wrong.prove("li", "li-password"))
