"""A webhook: JSON by POST, signed, with a key by which a repeat is known.

    X-CityVitals-Timestamp   seconds since the epoch, when it was sent
    X-CityVitals-Signature   sha256=<HMAC-SHA256, hex, over "<timestamp>.<body>", under the recipient's secret>
    Idempotency-Key          the same at each attempt

Who receives it refuses a signature that is not right and a timestamp that is old.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from core.clock import in_china
from core.notices import State
from core.records import Stamp
from notices.outward import Request, Unreachable, ask, handed
from notices.parcel import Handed, Parcel


class Webhook:
    """Posts to the URL that a recipient has. local: also to this machine."""

    def __init__(self, local: bool) -> None:
        self._local = local

    def carry(self, parcel: Parcel) -> Handed:
        """Post it once; any 2xx means that the other side has it."""
        body = msgspec.json.encode(as_told(parcel))
        sent_s = str(parcel.at_ms // 1000)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": parcel.delivery.key,
            "X-CityVitals-Timestamp": sent_s,
            "X-CityVitals-Signature": f"sha256={signature(parcel.recipient.secret, sent_s, body)}",
        }
        try:
            return handed(ask(Request(parcel.address, body, headers, self._local)), State.DELIVERED)
        except Unreachable as why:
            return Handed(State.FAILED, why.reason, why.final)


def signature(secret: str, sent_s: str, body: bytes) -> str:
    """Over time and body together, so that neither can be exchanged."""
    return hmac.new(secret.encode(), sent_s.encode() + b"." + body, hashlib.sha256).hexdigest()


def as_told(parcel: Parcel) -> dict[str, object]:
    """A notice as other systems get it, here and on MQTT."""
    notice = parcel.notice
    return {
        "key": parcel.delivery.key,
        "kind": notice.kind,
        "issued": notice.issued,
        "stamp": notice.stamp,
        "exercise": notice.stamp is not Stamp.LIVE,
        "level": notice.level.name.lower(),
        "warning": notice.warning,
        "card": notice.card,
        "topic": notice.topic,
        "about": notice.about,
        "areas": notice.areas,
        "sentence": notice.sentence,
        "at": in_china(notice.at_ms).isoformat(timespec="milliseconds"),
        "link": parcel.link,
    }
