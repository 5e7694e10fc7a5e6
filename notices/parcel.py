"""What a channel is handed, what it answers, and the one door through which all of them are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.notices import Channel, Delivery, Notice, Recipient, State
from notices.guard import refusal


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery with all that a channel needs. at_ms: now, real time. link: to what it is about, or "".

    refused: why its recipient must not hear of it any more, or "".
    """

    notice: Notice
    delivery: Delivery
    recipient: Recipient
    at_ms: int
    link: str = ""
    refused: str = ""

    @property
    def address(self) -> str:
        """Where it goes on its channel; "" when the recipient has no such address any more."""
        return self.recipient.addresses.get(self.delivery.channel, "")

    @property
    def text(self) -> str:
        """The sentence, with the link behind it."""
        return f"{self.notice.sentence} {self.link}".rstrip()


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one attempt. reason: for people, without a secret. final: another attempt would not help.

    remote: the number that the other side gave it, by which it can be asked later.
    """

    state: State
    reason: str = ""
    final: bool = False
    remote: str = ""


class Carrier(Protocol):
    """A channel. It never raises for what the other side does, and never takes longer than `store.notices.LENT_MS`."""

    def carry(self, parcel: Parcel) -> Handed:
        """Try once."""


def hand_over(parcel: Parcel, carriers: Mapping[Channel, Carrier]) -> Handed:
    """The only way to a channel. What is not live goes to nobody off the exercise list, whatever was decided before."""
    refused = refusal(parcel.notice.stamp, parcel.recipient) or parcel.refused
    carrier = carriers.get(parcel.delivery.channel)
    if refused or parcel.recipient.disabled:
        return Handed(State.SUPPRESSED, refused or "disabled", final=True)
    if not parcel.address:
        return Handed(State.FAILED, "no-address", final=True)
    if carrier is None:
        return Handed(State.FAILED, "not-set-up", final=True)
    return carrier.carry(parcel)
