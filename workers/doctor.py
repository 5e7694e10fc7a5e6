"""What is wrong with this installation, in words. Looks only; changes nothing."""

from __future__ import annotations

from core.settings import Settings
from workers import doctor_database, doctor_machine, doctor_servers
from workers.findings import Finding, Verdict

__all__ = ["Finding", "Verdict", "run"]


def run(settings: Settings) -> list[Finding]:
    """Look at everything that the installation needs; the worst verdict is the verdict of the whole."""
    checks = (*doctor_machine.CHECKS, *doctor_servers.CHECKS, *doctor_database.CHECKS)
    return [told.in_words(settings.language) for check in checks for told in check(settings)]
