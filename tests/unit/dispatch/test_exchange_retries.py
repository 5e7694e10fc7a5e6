"""How often a message to another platform is tried, and when it is left to a person."""

from __future__ import annotations

import pytest

from core.errors import SettingsError
from dispatch.exchange import LONGEST_RETRY_MS, TRIED_FOR_MS, Standing, failed, peers_of, photo_key


@pytest.mark.claim("COMMAND", "A message is tried later and later, at least each ten minutes, and for one day.")
def test_it_is_tried_later_and_later_for_a_day() -> None:
    now_ms, tries, since_ms, pauses_ms = 1_000, 0, None, []
    while (outcome := failed("away", tries, since_ms, now_ms)).standing is Standing.WAITING:
        assert outcome.next_ms is not None and outcome.failed_ms == 1_000
        pauses_ms.append(outcome.next_ms - now_ms)
        now_ms, tries, since_ms = outcome.next_ms, tries + 1, outcome.failed_ms
    assert outcome.standing is Standing.GIVEN_UP and outcome.next_ms is None
    assert pauses_ms == sorted(pauses_ms) and max(pauses_ms) == LONGEST_RETRY_MS
    assert TRIED_FOR_MS <= now_ms - 1_000 <= TRIED_FOR_MS + LONGEST_RETRY_MS


def test_a_platform_without_its_token_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="name url secret token"):
        peers_of("county https://county.example/ secret")
    assert peers_of("") == {}


def test_the_key_of_a_photo_is_its_own() -> None:
    keys = {photo_key(peer, case, kept) for peer in "ab" for case in "cd" for kept in ("e" * 64, "f" * 64)}
    assert len(keys) == 8 and all(8 <= len(key) <= 72 for key in keys)
