"""Who ought to own what: even, the same for everyone, and few slots move when a member joins or leaves."""

from __future__ import annotations

from collections import Counter

import pytest

from stream.crew import Member, Workplace
from stream.keys import CITY_SLOT
from workers.shares import at_work, shares


@pytest.mark.parametrize("members", range(1, 9))
@pytest.mark.parametrize("partitions", [1, 2, 4, 7, 64])
def test_every_slot_has_one_owner_and_shares_are_even(partitions: int, members: int) -> None:
    slots, names = [str(p) for p in range(partitions)], [f"engine-{m}" for m in range(members)]
    owner = shares(slots, names)
    assert set(owner) == {*slots, CITY_SLOT}
    held = Counter(dict.fromkeys(names, 0)) + Counter(owner[slot] for slot in slots)
    counts = [held[name] for name in names]
    assert max(counts) - min(counts) <= 1
    assert held[owner[CITY_SLOT]] == min(counts)


def test_everyone_says_the_same_whatever_the_order_of_the_members() -> None:
    slots = [str(p) for p in range(8)]
    assert shares(slots, ["a", "b", "c"]) == shares(slots, ["c", "a", "b"])
    assert shares(slots, []) == {}


def test_few_slots_move_when_a_member_leaves() -> None:
    slots = [str(p) for p in range(64)]
    names = [f"engine-{m}" for m in range(8)]
    before, after = shares(slots, names), shares(slots, names[:-1])
    orphans = sum(owner == names[-1] for slot, owner in before.items() if slot != CITY_SLOT)
    moved = sum(before[slot] != after[slot] for slot in slots)
    assert orphans == 8
    assert moved <= 2 * orphans  # modulo hashing would move 7 of 8


def test_of_each_machine_as_many_work_as_it_has_cores_for_the_first_to_come_first() -> None:
    came = {"e": ("one", 2, 5), "d": ("one", 2, 1), "c": ("one", 2, 3), "b": ("two", 1, 9), "a": ("two", 1, 8)}
    alive = {name: Member(name, 0, workplace=Workplace(*where)) for name, where in came.items()}
    assert at_work(alive) == ["a", "c", "d"]
    assert at_work({name: member for name, member in alive.items() if name != "d"}) == ["a", "c", "e"]
    unknown = {name: Member(name, 0) for name in "xyz"}  # of an older version
    assert at_work(alive | unknown) == ["a", "c", "d", "x", "y", "z"]
    assert at_work({}) == []
