"""A small real SMTP server that keeps what it was sent; with a certificate of its own it speaks STARTTLS."""

from __future__ import annotations

import datetime
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prerequisites import ANSWER_S


@dataclass
class Mailbox:
    """refuses: recipients that it does not know. secured: whether the mails came through TLS."""

    port: int = 0
    refuses: set[str] = field(default_factory=set)
    mails: list[bytes] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 for an hour, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(hours=1))
    own = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = made.add_extension(own, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, no_password))
    return cert_file, key_file


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    kept: Mailbox
    files: tuple[Path, Path] | None


class _Handler(socketserver.StreamRequestHandler):
    server: _Server
    secured = False

    def handle(self) -> None:
        self.say("220 test")
        while line := self.rfile.readline():
            word = line.decode().strip().upper()
            if word == "QUIT":
                self.say("221 bye")
                break
            self.answer(word)
        if self.secured:
            self.connection.close()

    def answer(self, word: str) -> None:
        kept, files = self.server.kept, self.server.files
        if word.startswith("EHLO"):
            self.say("250-test")
            self.say("250 STARTTLS" if files and not self.secured else "250 HELP")
        elif word == "STARTTLS" and files:
            self.say("220 go")
            self.secure(files)
        elif word.startswith("RCPT") and any(one.upper() in word for one in kept.refuses):
            self.say("550 unknown")
        elif word == "DATA":
            self.say("354 go")
            kept.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            kept.secured.append(self.secured)
            self.say("250 kept")
        else:
            self.say("250 ok")

    def secure(self, files: tuple[Path, Path]) -> None:
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trusted.load_cert_chain(*files)
        self.connection = trusted.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.secured = True

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()


@contextmanager
def mailbox(files: tuple[Path, Path] | None = None) -> Iterator[Mailbox]:
    """The server on a free port of this machine. files: certificate and key, else it offers no STARTTLS."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.kept, server.files = Mailbox(server.server_address[1]), files
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.kept
        server.shutdown()
        thread.join(ANSWER_S)
