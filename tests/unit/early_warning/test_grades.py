"""How far a warning may be seen: as its indicator, and of one that nobody declares any more as it was told."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.load import load
from core.accounts import Sensitivity
from core.records import Issuer
from early_warning.grades import grade_of, grade_of_all, grade_of_kept

PUBLIC, INTERNAL, RESTRICTED = Sensitivity
PACKS = Path(__file__).parents[3] / "packs"


@pytest.mark.claim("ACCOUNTS", "What no pack declares any more is seen as it was told, and else by the fewest.")
def test_the_grade_of_a_kept_warning() -> None:
    known = load(PACKS, "440900").indicators["meteorology.rain_1h"]
    assert grade_of(known) == PUBLIC
    computed = {
        (kept, indicator is not None): grade_of_kept(Issuer.COMPUTED, kept, indicator)
        for kept in (None, *Sensitivity)
        for indicator in (None, known)
    }
    assert computed == {
        (None, False): RESTRICTED,  # told before grades were kept, of what is gone
        (None, True): PUBLIC,
        (PUBLIC, False): PUBLIC,
        (PUBLIC, True): PUBLIC,
        (INTERNAL, False): INTERNAL,
        (INTERNAL, True): INTERNAL,  # a pack that opens an indicator opens nothing of the past
        (RESTRICTED, False): RESTRICTED,
        (RESTRICTED, True): RESTRICTED,
    }
    assert grade_of_kept(Issuer.ISSUED, None, None) == PUBLIC  # an authority's signal is there for everybody


def test_what_is_known_of_nothing_is_seen_by_the_fewest() -> None:
    assert grade_of(None) == grade_of_all(["nobody.knows"], {}) == RESTRICTED
    assert grade_of_all([], {}) == PUBLIC
