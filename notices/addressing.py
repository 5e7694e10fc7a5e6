"""From a notice and whom it is aimed at to deliveries: what each waits for, or why it is not sent. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.messages import text
from core.notices import Delivery, InForce, Kind, Notice, Recipient, Route, Rung, State
from core.records import Level, Stamp
from notices.budget import Ledger
from notices.dedupe import delivery_key
from notices.entitled import Ways
from notices.guard import marked, refusal
from notices.roster import Roster
from notices.routes import Aim

OF_DATA = frozenset({Kind.LOST, Kind.RETURNED})  # data that come and go stay within the budget, also of red
ALONE = frozenset({Kind.DIGEST, Kind.TRIAL_RUN, Kind.ASSIGNED})  # kinds that are no part of a budget


@dataclass(frozen=True)
class Policy:
    """What decides at this moment: the scene that is shown, who is told of what, and what is kept quiet.

    quiet: warning → `shelved` or `silenced`. responses: those in force now.
    rung: warning → the telephones that were called last about it.
    """

    scene: str
    stamp: Stamp
    routes: tuple[Route, ...] = ()
    roster: Roster = field(default_factory=Roster)
    quiet: Mapping[str, str] = field(default_factory=dict)
    language: str = "zh"
    responses: tuple[InForce, ...] = ()
    rung: Mapping[str, Sequence[Rung]] = field(default_factory=dict)


Told = tuple[Notice, tuple[Delivery, ...]]


def addressed(notice: Notice, aims: Iterable[Aim], policy: Policy, ledger: Ledger) -> list[Told]:
    """The notice with its deliveries, and a digest for each recipient whose budget it is the first to exceed.

    A notice that reaches nobody says so in `suppressed`; one whose every delivery is suppressed keeps their reasons.
    """
    by_recipient: dict[str, list[Aim]] = defaultdict(list)
    for aim in aims:
        by_recipient[aim.recipient.id].append(aim)
    deliveries: list[Delivery] = []
    digests: list[Told] = []
    for meant in by_recipient.values():
        made = [_made(notice, aim, policy) for aim in meant]
        open_ = [one for one in made if one.state is State.WAITING]
        recipient = meant[0].recipient
        level = min(notice.level, Level.ORANGE) if notice.kind in OF_DATA else notice.level
        if open_ and notice.kind not in ALONE and not ledger.admits(recipient, level, notice.at_ms):
            if recipient.id not in ledger.digests:
                digests.append(_digest(notice, recipient, open_[0], ledger, policy.language))
            into = ledger.digests[recipient.id]
            made = [one if one.reason else _suppressed(one, "budget", into) for one in made]
        deliveries += made
    if not deliveries:
        notice = replace(notice, suppressed=notice.suppressed or "nobody")
    sentence = marked(notice.sentence, notice.stamp, policy.language)
    return [(replace(notice, sentence=sentence), tuple(deliveries)), *digests]


def hindrance(notice: Notice, aim: Aim, policy: Policy) -> str:
    """Why somebody must not hear of it on a channel; "" when he may."""
    return Ways(policy.routes, policy.roster).refused(notice, aim.recipient, aim.channel, notice.at_ms)


def _made(notice: Notice, aim: Aim, policy: Policy) -> Delivery:
    recipient = aim.recipient
    key = delivery_key(notice.key, recipient.id, aim.channel)
    made = Delivery(key, recipient.id, aim.channel, notice.at_ms, notice.at_ms)
    reason = refusal(notice.stamp, recipient) or hindrance(notice, aim, policy)
    if recipient.disabled:
        reason = "disabled"
    elif not reason and not recipient.addresses.get(aim.channel):
        reason = "no-address"
    return _suppressed(made, reason) if reason else made


def _suppressed(delivery: Delivery, reason: str, digest: str = "") -> Delivery:
    return replace(delivery, state=State.SUPPRESSED, reason=reason, digest=digest)


def _digest(first: Notice, recipient: Recipient, delivery: Delivery, ledger: Ledger, language: str) -> Told:
    """One digest for all that is beyond the budget until it goes; what it says is written when it does."""
    key = f"{first.scene}|{recipient.id}|{Kind.DIGEST}|{first.at_ms}"
    sentence = marked(text("notice.digest_waits", language), first.stamp, language)
    notice = replace(first, key=key, kind=Kind.DIGEST, warning="", card="", sentence=sentence, areas=(), topic="")
    goes = replace(
        delivery,
        key=delivery_key(key, recipient.id, delivery.channel),
        next_ms=ledger.free_ms(recipient, first.at_ms),
    )
    ledger.digests[recipient.id] = goes.key
    return notice, (goes,)
