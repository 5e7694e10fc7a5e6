"""The rows of the table of settings that concern notices: mail server, gateways for messages and calls, own address."""

from __future__ import annotations

from dataclasses import dataclass

from core.notices import RECEIPTS
from core.setting import Setting, flag, one_of, url, whole, words

_GATEWAY = "`{to}` and `{text}` are filled in, `{key}` is the same at each attempt"


def states(text: str) -> str:
    """Reader of what words in a gateway's answer say, as `states_in` takes it apart."""
    for state, said in states_in(words(text)):
        if state not in RECEIPTS or not said:
            raise ValueError(f"not made of {', '.join(f'{one}=…' for one in RECEIPTS)} with semicolons between them")
    return text


def states_in(text: str) -> tuple[tuple[str, str], ...]:
    """State and words of each, in the order in which they are looked for.

    >>> states_in('delivered="stat":"DELIVRD"; failed=UNDELIV')
    (('delivered', '"stat":"DELIVRD"'), ('failed', 'UNDELIV'))
    """
    parts = (part.strip().partition("=") for part in text.split(";") if part.strip())
    return tuple((state, said) for state, _, said in parts)


def _gateway(name: str, what: str) -> tuple[Setting, ...]:
    """The seven rows of a gateway that is spoken to over HTTP; its keys stand in them, so all are secret."""
    variable = f"CITYVITALS_{name.upper()}"
    return (
        Setting(f"{name}_url", f"{variable}_URL", "", words, "", f"Gateway for {what}: URL; {_GATEWAY}.", True),
        Setting(f"{name}_body", f"{variable}_BODY", "", words, "", "What is posted, JSON or form; empty: GET.", True),
        Setting(f"{name}_header", f"{variable}_HEADER", "", words, "", "A header: `Authorization: Bearer …`.", True),
        Setting(f"{name}_taken", f"{variable}_TAKEN", "", words, "", "Words in an answer that mean taken."),
        Setting(f"{name}_id", f"{variable}_ID", "", words, "", "Where its number stands in a JSON answer: `data.id`."),
        Setting(
            f"{name}_status_url",
            f"{variable}_STATUS_URL",
            "",
            words,
            "",
            "Where it is asked what became of one, `{key}` or its own `{id}` filled in; empty: it is not asked.",
            True,
        ),
        Setting(
            f"{name}_states",
            f"{variable}_STATES",
            "",
            states,
            "",
            "Words in that answer: `delivered=…; failed=…; answered=…; unanswered=…`, the first that is found counts.",
        ),
    )


NOTICE_SETTINGS: tuple[Setting, ...] = (
    Setting("smtp_host", "CITYVITALS_SMTP_HOST", "", words, "", "Mail server for notices; empty: no mail is sent."),
    Setting("smtp_port", "CITYVITALS_SMTP_PORT", "25", whole(1, 65535), "", "Its port."),
    Setting(
        "smtp_security",
        "CITYVITALS_SMTP_SECURITY",
        "starttls",
        one_of("starttls", "tls", "none"),
        "",
        "How it is spoken to: starttls, tls from the first byte, or none.",
    ),
    Setting("smtp_user", "CITYVITALS_SMTP_USER", "", words, "", "Who we are to it; empty: nobody in particular."),
    Setting("smtp_password", "CITYVITALS_SMTP_PASSWORD", "", words, "", "Our password there.", True),
    Setting("mail_from", "CITYVITALS_MAIL_FROM", "cityvitals@localhost", words, "", "Sender of our mails."),
    *_gateway("sms", "short messages"),
    *_gateway("voice", "calls that read a text aloud"),
    Setting(
        "receipt_secret",
        "CITYVITALS_RECEIPT_SECRET",
        "",
        words,
        "",
        "What gateways sign their receipts with at `api/v1/notices/receipts`; empty: none is taken.",
        True,
    ),
    Setting(
        "cap_sender", "CITYVITALS_CAP_SENDER", "cityvitals@localhost", words, "", "Sender of our CAP 1.2 messages."
    ),
    Setting(
        "notices_local",
        "CITYVITALS_NOTICES_LOCAL",
        "0",
        flag,
        "",
        "1: webhooks and robots may also be on this machine or on link-local addresses.",
    ),
    Setting(
        "site_url",
        "CITYVITALS_SITE_URL",
        "",
        url("https", "http"),
        "",
        "Address of the website as recipients reach it, for links in notices; empty: no links.",
    ),
)


@dataclass(frozen=True, repr=False)  # what shows them hides the secrets
class NoticeSettings:
    """The fields that these rows become."""

    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: str
    mail_from: str
    sms_url: str
    sms_body: str
    sms_header: str
    sms_taken: str
    sms_id: str
    sms_status_url: str
    sms_states: str
    voice_url: str
    voice_body: str
    voice_header: str
    voice_taken: str
    voice_id: str
    voice_status_url: str
    voice_states: str
    receipt_secret: str
    cap_sender: str
    notices_local: bool
    site_url: str
