"""What the doctor makes of what it is told; no wire."""

from __future__ import annotations

import pytest

from stream.beats import Beat
from workers.clock_offset import ClockOffset, of_chrony, of_timesyncd
from workers.doctor_machine import clock_verdict, wrong_packages
from workers.doctor_servers import worker_verdict
from workers.findings import Told, Verdict

CHRONY = """Reference ID    : CB00710F (time.example)
Stratum         : 3
System time     : {} seconds {} of NTP time
Last offset     : +0.000003 seconds
Leap status     : {}
"""


@pytest.mark.parametrize(
    ("said", "offset"),
    [
        (CHRONY.format("0.000012", "slow", "Normal"), 0.000012),
        (CHRONY.format("12.5", "fast", "Normal"), 12.5),
        (CHRONY.format("0.0", "slow", "Not synchronised"), None),
        ("506 Cannot talk to daemon", None),
        ("", None),
    ],
)
def test_chrony(said: str, offset: float | None) -> None:
    assert of_chrony(said) == (None if offset is None else ClockOffset(offset, "chrony"))


@pytest.mark.parametrize(
    ("said", "offset"),
    [
        ("       Server: 10.0.0.1\n       Offset: -2.5ms\n        Delay: 30ms", 0.0025),
        ("       Offset: +1min", 60.0),
        ("       Offset: 740us", 0.00074),
        ("       Server: n/a", None),
    ],
)
def test_timesyncd(said: str, offset: float | None) -> None:
    found = of_timesyncd(said)
    assert (found and found.offset_s) == (offset and pytest.approx(offset))


@pytest.mark.claim("PULSE", "python app.py doctor says how far the clock is off, and that more than 1 s is a fault")
@pytest.mark.parametrize(
    ("known", "verdict", "code"),
    [
        (None, Verdict.WARNING, "clock-unknown"),
        (ClockOffset(0.2, "chrony"), Verdict.OK, "clock"),
        (ClockOffset(1.0, "chrony"), Verdict.OK, "clock"),
        (ClockOffset(1.001, "kernel"), Verdict.FAULT, "clock-off"),
    ],
)
def test_a_clock_more_than_a_second_off_is_a_fault(known: ClockOffset | None, verdict: Verdict, code: str) -> None:
    told = clock_verdict(known)
    assert (told.verdict, told.code) == (verdict, code)
    for language in ("zh", "en"):
        assert told.in_words(language).sentence


def test_packages_that_are_missing_or_others() -> None:
    import msgspec

    assert list(wrong_packages({"msgspec": msgspec.__version__})) == []
    missing, other = wrong_packages({"no-such-package": "1.0", "msgspec": "0.0.1"})
    assert missing == Told(Verdict.FAULT, "package-missing", {"name": "no-such-package", "wanted": "1.0"})
    assert other.verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("last", "verdict", "code"),
    [
        (None, Verdict.FAULT, "worker-missing"),
        (Beat("engine", 100_000, "ok", ""), Verdict.OK, "worker"),
        (Beat("engine", 84_000, "ok", ""), Verdict.FAULT, "worker-silent"),
        (Beat("engine", 100_000, "waiting", "no broker"), Verdict.WARNING, "worker-unwell"),
    ],
)
def test_signs_of_life(last: Beat | None, verdict: Verdict, code: str) -> None:
    told = worker_verdict("engine", last, 100_000, "var/log/engine.log")
    assert (told.verdict, told.code) == (verdict, code)
    assert "engine" in told.in_words("zh").sentence
