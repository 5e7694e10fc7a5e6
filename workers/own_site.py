"""Our own website as other processes of this installation reach it: over this machine, with TLS if it has TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
from ipaddress import ip_address

from core.errors import StartError
from core.settings import Settings


def printed_address(settings: Settings) -> str:
    """The address to open in a browser; of a website on every address of this machine, by the machine's name."""
    host = socket.gethostname() if ip_address(settings.host).is_unspecified else _in_url(settings.host)
    return f"{_scheme(settings, 'http')}://{host}:{settings.port}{settings.base_path}"


def near_address(settings: Settings, scheme: str = "http") -> str:
    """The address over which a process of this machine reaches it. scheme: http or ws, without TLS."""
    return f"{_scheme(settings, scheme)}://{_in_url(near_host(settings))}:{settings.port}{settings.base_path}"


def near_host(settings: Settings) -> str:
    """The host under which this machine reaches its own website."""
    host = ip_address(settings.host)
    return settings.host if not host.is_unspecified else "127.0.0.1" if host.version == 4 else "::1"


def near_connection(settings: Settings, timeout_s: float) -> http.client.HTTPConnection:
    """A connection to it. No proxy of the environment comes between."""
    trusted = near_trust(settings)
    if trusted is None:
        return http.client.HTTPConnection(near_host(settings), settings.port, timeout=timeout_s)
    return http.client.HTTPSConnection(near_host(settings), settings.port, timeout=timeout_s, context=trusted)


def near_trust(settings: Settings) -> ssl.SSLContext | None:
    """Believes exactly our own certificate, which is for another name than this machine's own. None: no TLS."""
    if not settings.tls_certificate:
        return None
    trusted = ssl.create_default_context(cafile=settings.tls_certificate)
    trusted.check_hostname = False
    trusted.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return trusted


def check_tls(settings: Settings) -> None:
    """Make sure that certificate and key can be read and belong together.

    Raises StartError.
    """
    if not settings.tls_certificate:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    except ssl.SSLError as problem:
        places = {"certificate": settings.tls_certificate, "key": settings.tls_key}
        raise StartError("tls-misfit", **places, reason=problem.reason or str(problem)) from problem
    except OSError as problem:
        names = (settings.tls_certificate, settings.tls_key)
        raise StartError("tls-missing", files=" / ".join(names), reason=problem.strerror) from problem


def listen(settings: Settings) -> socket.socket:
    """The listening socket, before anything else is started.

    Raises StartError: the port is taken.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as why:
        listening.close()
        where = {"host": settings.host, "port": settings.port, "setting": "CITYVITALS_PORT"}
        raise StartError("port-taken", part="HTTP", reason=why.strerror, **where) from why
    return listening


def _scheme(settings: Settings, plain: str) -> str:
    return f"{plain}s" if settings.tls_certificate else plain


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
