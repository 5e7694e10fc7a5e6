"""One-time passwords, passwords, seals: the small parts that prove somebody."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from accounts import totp
from accounts.passwords import Passwords, Policy, random_password
from accounts.sealing import KEY_FILE, digest_of, new_opaque, seal_of
from core.errors import StartError

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
POLICY = Policy(shortest=10, lasts_ms=1, history=2, lock_after=5, lock_ms=1)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at_s: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, at_s // 30, digits=8) == code


@pytest.mark.claim("ACCOUNTS", "A one-time code counts once, and half a minute before and after its time.")
def test_a_code_counts_once_and_not_for_long() -> None:
    now_ms = 1_000_000_000
    step = now_ms // totp.STEP_MS
    code = totp.code_at(RFC_SECRET, step)
    assert totp.matching_step(RFC_SECRET, code, now_ms, 0) == step
    assert totp.matching_step(RFC_SECRET, code, now_ms, step) is None, "used"
    for off_ms, counts in ((-30_000, True), (30_000, True), (-90_000, False), (90_000, False)):
        assert (totp.matching_step(RFC_SECRET, code, now_ms + off_ms, 0) is not None) == counts
    for wrong in ("", "1", "abcdef", "１２３４５６", code + "0"):
        assert totp.matching_step(RFC_SECRET, wrong, now_ms, 0) is None


def test_the_address_is_one_that_authenticators_read() -> None:
    address = totp.address_of(RFC_SECRET, "li@city", "城市体征")
    assert address.startswith("otpauth://totp/") and f"secret={RFC_SECRET}" in address and "li%40city" in address


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Ab1-short", "password-length"),
        ("A1-" + "a" * 200, "password-length"),
        ("alllowercase1", "password-kinds"),
        ("Zhangsan-2026", "password-login"),
        ("Before-last-1", "password-again"),
        ("Long-ago-pass1", None),
        ("东街Ab-99999x", None),
    ],
)
def test_what_a_new_password_must_be(password: str, fault: str | None) -> None:
    passwords = Passwords(POLICY, CHEAP)
    before = [passwords.hashed(one) for one in ("The-present-1", "Before-last-1", "Long-ago-pass1")]
    assert passwords.fault(password, "zhangsan", before) == fault


def test_argon2_is_what_is_kept_and_a_missing_hash_fits_nothing() -> None:
    passwords = Passwords(POLICY)
    hashed = passwords.hashed("Right-one-1")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, second choice"
    assert passwords.fits(hashed, "Right-one-1")
    assert not passwords.fits(hashed, "right-one-1")
    assert not passwords.fits(None, "Right-one-1")
    assert not passwords.fits("damaged", "Right-one-1")


def test_random_passwords_meet_every_policy_and_differ() -> None:
    passwords = Passwords(POLICY, CHEAP)
    made = {random_password() for _ in range(200)}
    assert len(made) == 200
    assert not [one for one in made if passwords.fault(one, "admin")]


def test_a_seal_opens_with_its_own_key_only(tmp_path: Path) -> None:
    sealed = seal_of("", tmp_path).close("hush")
    assert "hush" not in sealed
    assert seal_of("", tmp_path).open(sealed) == "hush", "the key is kept"
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(StartError, match="another key"):
        seal_of("", tmp_path / "other").open(sealed)
    with pytest.raises(StartError, match="CITYVITALS_KEY"):
        seal_of("too short", tmp_path)


def test_opaque_secrets_differ_and_their_digest_tells_nothing() -> None:
    one, other = new_opaque(), new_opaque()
    assert one != other and len(one) >= 43
    assert one not in digest_of(one) and len(digest_of(one)) == 64
