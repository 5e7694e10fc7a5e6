"""What a new installation tells other systems, and that nobody else is told anything."""

from __future__ import annotations

from core.notices import Channel, Kind, Notice, State
from core.records import Level, Stamp
from notices.addressing import Policy, addressed
from notices.budget import Ledger
from notices.defaults import recipients_of, routes_of
from notices.roster import Roster
from notices.routes import aims, applies
from notices.switchboard import check_recipient


def _told(stamp: Stamp) -> list[tuple[Channel, State]]:
    roster = Roster({one.id: one for one in recipients_of("zh")})
    notice = Notice("k", "s", stamp, Kind.OPENED, Level.BLUE, "w", "w", "water", ("440983",), "…", 1)
    aimed = aims([one for one in routes_of("zh") if applies(one, notice, 1)], roster, 0, 1)
    ((_, deliveries),) = addressed(notice, aimed, Policy("s", stamp), Ledger())
    return [(one.channel, one.state) for one in deliveries]


def test_each_live_warning_goes_to_mqtt_and_cap_and_the_demonstration_to_nobody() -> None:
    for one in recipients_of("zh"):
        check_recipient(one)
    assert _told(Stamp.LIVE) == [(Channel.MQTT, State.WAITING), (Channel.CAP, State.WAITING)]
    assert {state for _, state in _told(Stamp.DEMO)} == {State.SUPPRESSED}
