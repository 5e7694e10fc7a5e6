"""One unit, one case: who sends a unit that another case has in hand is told, and says so if he means both 同时派."""

from __future__ import annotations

from collections.abc import Mapping

from core.clock import in_china, local_day
from core.errors import IllegalStep
from core.units import UnitRow
from dispatch.case import Case
from dispatch.log import Entry
from dispatch.steps import Verb
from dispatch.units import STAYS
from store.people import called
from store.sql import Transaction
from store.units import held_elsewhere, one_unit

SENDING = (Verb.RESERVE, Verb.NOTIFY)
ALSO = "also"  # the field of an entry that says so; nothing but true does


def check_in_hand(
    connection: Transaction, scene: str, case: Case, entry: Entry, declared: Mapping[str, UnitRow]
) -> None:
    """Refuse to send a unit that another open case of the scene has, also one that is only kept free for it 预派.

    case: as `entry` left it. declared: the units of the pack, by id. Asked in the transaction that sends: writers come
    one after another, so that of two desks one is told of the other.

    Raises:
        IllegalStep: It is in hand; says where, how, since when and who sent it.
    """
    if entry.verb not in SENDING or entry.fields.get(ALSO) is True:
        return
    name = case.assignments[entry.assignment].unit
    written = one_unit(connection, name)
    unit = written[0] if written else declared.get(name)
    if unit is not None and unit.kind in STAYS:  # people and things come from there, to as many cases as ask
        return
    if (held := held_elsewhere(connection, scene, name, case.id, SENDING)) is not None:
        raise IllegalStep(
            "unit-in-hand",
            unit=unit.name if unit else name,
            case=held.case,
            state=held.state,
            since=_since(held.since_ms, entry.entered_ms),
            sender=called(connection, held.by),
        )


def _since(at_ms: int, now_ms: int) -> str:
    """The time of a day in China, with the date when it was another day.

    >>> _since(0, 3_600_000), _since(0, 86_400_000)
    ('08:00', '01-01 08:00')
    """
    return f"{in_china(at_ms):%H:%M}" if local_day(at_ms) == local_day(now_ms) else f"{in_china(at_ms):%m-%d %H:%M}"
