"""What is wrong with this installation, in words. Looks only; changes nothing."""

from __future__ import annotations

from core.settings import Settings
from workers import doctor_border, doctor_database, doctor_machine, doctor_servers
from workers.findings import Finding, Verdict

__all__ = ["Finding", "Verdict", "run"]


def run(settings: Settings) -> list[Finding]:
    """Look at everything that the installation needs; the worst verdict is the verdict of the whole.

    A border machine needs less: nothing but the relay runs there.
    """
    here = (*doctor_machine.CHECKS, *doctor_servers.CHECKS, *doctor_database.CHECKS)
    at_border = (*doctor_machine.OF_EVERY_MACHINE, *doctor_border.CHECKS)
    checks = at_border if settings.border_inner else here
    return [told.in_words(settings.language) for check in checks for told in check(settings)]
