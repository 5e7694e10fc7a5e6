"""Who ought to own what: even, the same for everyone, and few slots move when a member joins or leaves."""

from __future__ import annotations

from collections import Counter

import pytest

from stream.keys import CITY_SLOT
from workers.shares import shares


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
