"""E-mail by the city's own server. What it has taken is sent; the Message-ID is the same at each attempt."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from core.clock import in_china
from core.notices import State
from core.settings import Settings
from notices.parcel import Handed, Parcel

TIMEOUT_S = 6.0
SUBJECT_LETTERS = 60


class Mail:
    """Speaks to one mail server."""

    def __init__(self, settings: Settings) -> None:
        self._given = settings

    def carry(self, parcel: Parcel) -> Handed:
        """Send one mail."""
        try:
            with self._connected() as server:
                if self._given.smtp_user:
                    server.login(self._given.smtp_user, self._given.smtp_password)
                server.send_message(composed(parcel, self._given.mail_from))
        except smtplib.SMTPRecipientsRefused as refused:
            code = max(code for code, _ in refused.recipients.values())
            return Handed(State.FAILED, f"SMTP {code}", final=code >= 500)
        except smtplib.SMTPResponseException as refused:
            return Handed(State.FAILED, f"SMTP {refused.smtp_code}")
        except (OSError, smtplib.SMTPException, ValueError) as problem:
            return Handed(State.FAILED, f"{self._given.smtp_host}: {type(problem).__name__}")
        return Handed(State.SENT)

    def _connected(self) -> smtplib.SMTP:
        given = self._given
        trusted = ssl.create_default_context()
        if given.smtp_security == "tls":
            return smtplib.SMTP_SSL(given.smtp_host, given.smtp_port, timeout=TIMEOUT_S, context=trusted)
        server = smtplib.SMTP(given.smtp_host, given.smtp_port, timeout=TIMEOUT_S)
        if given.smtp_security == "starttls":
            try:
                server.starttls(context=trusted)  # a server without it is refused: nothing goes in the clear unasked
            except (OSError, smtplib.SMTPException):
                server.close()
                raise
        return server


def composed(parcel: Parcel, sender: str) -> EmailMessage:
    """A notice as a mail: the sentence as its subject, and in full below."""
    mail = EmailMessage()
    line = " ".join(parcel.notice.sentence.split())
    mail["Subject"] = line if len(line) <= SUBJECT_LETTERS else f"{line[:SUBJECT_LETTERS]}…"
    mail["From"], mail["To"] = sender, parcel.address
    mail["Date"] = format_datetime(in_china(parcel.at_ms))
    mail["Message-ID"] = f"<{parcel.delivery.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(filter(None, (parcel.notice.sentence, parcel.link))))
    return mail
