"""What the outbox tells of, and the stream of acts after it: whoever writes a row and whoever reads it meet here."""

from enum import StrEnum


class ActTopic(StrEnum):
    """The topic of a row of the outbox; it says what the body holds."""

    DUTY = "duty.act"  # a `DutyAct`
    SILENCE = "duty.silence"  # a `Silence` as it stands now
    SEATS = "duty.seats"  # seats: all that there are
    ENTRY = "duty.entry"  # 人工录入: scene, feed, device, shape, message: what a machine would have pushed, as text
    RULE = "rules"  # city, rule, state: a version that somebody drew up, decided on or complained of
    REFERENCE = "references"  # city, number, state of a table of reference levels
    CASE = "case.changed"  # a case as lists show it
    CALL = "case.call"  # a `Call`: whom a case, a response, an order or the want of units asks to take notice
    UNIT = "unit.changed"  # id and what changed of it: its register (unit) or where it is
    COVERAGE = "coverage.changed"  # scene, voids: what can be done nowhere by a free unit, and since when
    RESPONSE = "response.changed"  # a response, or a proposal of one, as it stands now
    ORDER = "order.changed"  # an order of supervision as lists show it
    READ = "about.read"  # scene, about, at_ms: somebody read what remarks are written on
