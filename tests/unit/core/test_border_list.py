"""What a border relay lets through: exactly these addresses, these cookies; and what a signature is worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.doors import DOORS
from api.bearers import SESSION
from api.elsewhere import JOURNEY
from border.call import SESSION as SESSION_AT_THE_BORDER
from core.border import COOKIES, PASSAGES, SCRIPTS, our_cookies, passage_of
from core.border_signature import KEPT_MS, VALID_MS, Vouched, checked, digest_of, signed
from core.setting import origin
from layouts.field import SCRIPTS as SCRIPTS_OF_THE_PAGES

NOW_MS = 1_790_000_000_000
KEY = b"a-key-of-thirty-two-letters-or-more"
TOLD = Vouched(NOW_MS, "once", "198.51.100.7", "https://m.city.example", NOW_MS, digest_of(b"body"))
TARGET = "/m/step?x=1"


@pytest.mark.claim("COMMAND", "Each line of the relay's list is a real door of the site.")
def test_each_line_is_a_door() -> None:
    doors = [one.door for one in PASSAGES]
    assert set(doors) <= set(DOORS) and len(doors) == len(set(doors))


def test_the_list_names_what_the_site_names() -> None:
    assert COOKIES == {SESSION, JOURNEY} and SESSION_AT_THE_BORDER == SESSION
    assert SCRIPTS == SCRIPTS_OF_THE_PAGES


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/m/step"),
        ("POST", "/m"),
        ("HEAD", "/m"),
        ("get", "/m"),
        ("GET", "/m/"),
        ("GET", "/m\n"),
        ("GET", "/sign-in/with/%6fidc"),
        ("GET", "/api/v1/cases/../photos/" + "a" * 64),
        ("GET", "/api/v1/cases/c/photos/" + "A" * 64),
        ("GET", "/api/v1/cases/c/photos/" + "a" * 64 + "/original"),
        ("GET", "/assets/field.js/"),
        ("GET", "/assets/fieldXjs"),
        ("GET", "/assets/fonts/noto-sans-sc/../x.woff2"),
    ],
)
def test_what_is_written_otherwise_is_not_on_it(method: str, path: str) -> None:
    assert passage_of(method, path, "/") is None


def test_only_our_cookies_pass_and_none_twice() -> None:
    written = "cityvitals_session=a; cityvitals_session=b; cityvitals_token=t; x=y; cityvitals_journey=j.k_l-=="
    assert our_cookies(written) == {"cityvitals_session": "a", "cityvitals_journey": "j.k_l-=="}
    assert our_cookies("cityvitals_session=a\r\nX: y") == our_cookies("cityvitals_session=" + "x" * 5000) == {}


def test_a_signature_holds_for_what_was_signed() -> None:
    said = signed(KEY, TOLD, "POST", TARGET)
    assert checked(KEY, said, "POST", TARGET, NOW_MS) == TOLD
    assert checked(KEY, said, "POST", TARGET, NOW_MS + VALID_MS) == TOLD
    assert checked(KEY, said, "POST", TARGET, NOW_MS + VALID_MS + 1) == "old"
    assert checked(KEY, said, "POST", TARGET, NOW_MS - VALID_MS - 1) == "old"
    for other in (("GET", TARGET), ("POST", "/m/step?x=2")):
        assert checked(KEY, said, *other, NOW_MS) == "wrong"
    assert checked(KEY + b"!", said, "POST", TARGET, NOW_MS) == "wrong"


def test_every_word_of_it_counts() -> None:
    words = signed(KEY, TOLD, "POST", TARGET).split(" ")
    for at, word in enumerate(words):
        altered = [*words[:at], ("1" if word[0] != "1" else "2") + word[1:], *words[at + 1 :]]
        assert checked(KEY, " ".join(altered), "POST", TARGET, NOW_MS) == "wrong", at
    assert checked(KEY, " ".join(words[1:]), "POST", TARGET, NOW_MS) == "malformed"


@pytest.mark.parametrize("taken_ms", [NOW_MS + 1, NOW_MS - KEPT_MS - 1])
def test_nothing_was_taken_in_later_or_a_week_ago(taken_ms: int) -> None:
    said = signed(KEY, replace(TOLD, taken_ms=taken_ms), "POST", TARGET)
    assert checked(KEY, said, "POST", TARGET, NOW_MS) == "old"


@pytest.mark.parametrize("text", ["", "https://m.city.example", "http://10.0.0.1:8050", "https://[::1]:8443"])
def test_the_beginning_of_addresses(text: str) -> None:
    assert origin(text) == text


@pytest.mark.parametrize(
    "text", ["https://a/", "https://u@a", "ftp://a", "a", "https://A", "https://a:99999", "https://a?x"]
)
def test_what_begins_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        origin(text)
