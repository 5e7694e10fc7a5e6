"""nginx with TLS before a site, as a city's data centre would put it: the certificate is made for the occasion."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from pathlib import Path
from types import TracebackType

from prerequisites import missing, unused_port
from whole_city import Site

from stream.embedded.children import accepts, start_child, stop_child, wait_until

CONFIG = Path(__file__).with_name("gateway.conf")


class Gateway:
    """Serves `https://127.0.0.1:<port><base_path>` for as long as it is entered, from the site on a local port."""

    def __init__(self, folder: Path, site_port: int, base_path: str = "/cityvitals/", names_in: str = "") -> None:
        """names_in: the header that tells the site the subject of a client's certificate; empty: none is asked for."""
        self.folder, self.port = folder, unused_port()
        self._certificate, self._key = folder / "certificate.pem", folder / "key.pem"
        self._places = {"PORT": str(self.port), "SITE_PORT": str(site_port), "BASE_PATH": base_path}
        asks = f"ssl_verify_client optional; ssl_client_certificate {self._certificate};"
        self._places["CLIENTS"] = asks if names_in else ""
        self._places["NAMED"] = f"proxy_set_header {names_in} $ssl_client_s_dn;" if names_in else ""

    @property
    def site(self) -> Site:
        trusted = ssl.create_default_context(cafile=str(self._certificate))
        return Site(f"https://127.0.0.1:{self.port}{self._places['BASE_PATH']}", trusted)

    def __enter__(self) -> Gateway:
        program = _program("nginx")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._certify()
        text = CONFIG.read_text("utf-8")
        for name, value in {**self._places, "FOLDER": str(self.folder)}.items():
            text = text.replace(f"@{name}@", value)
        config, log_file = self.folder / "nginx.conf", self.folder / "nginx.log"
        config.write_text(text, "utf-8")
        self._process = start_child([program, "-e", str(log_file), "-c", str(config)], log_file)
        wait_until(lambda: accepts("127.0.0.1", self.port), self._process, "nginx", log_file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop_child(self._process, 5)

    def client_certificate(self, name: str) -> tuple[str, str]:
        """Files of a certificate and its key of somebody called so, vouched for by the gateway's own."""
        key, asked, signed = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        openssl, curve = _program("openssl"), ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        wish = ["req", *curve, "-nodes", "-keyout", str(key), "-out", str(asked), "-subj", f"/C=CN/O=office/CN={name}"]
        by = ["-CA", str(self._certificate), "-CAkey", str(self._key), "-days", "2"]
        for asking in (wish, ["x509", "-req", "-in", str(asked), *by, "-out", str(signed)]):
            subprocess.run([openssl, *asking], check=True, capture_output=True)
        return str(signed), str(key)

    def _certify(self) -> None:
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        made = ["-keyout", str(self._key), "-out", str(self._certificate), "-days", "2", "-nodes"]
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        subprocess.run([_program("openssl"), "req", "-x509", *curve, *made, *subject], check=True, capture_output=True)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return found or missing(name)
