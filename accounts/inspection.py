"""The audit as auditors see it: searched, checked, taken away. Each check and each export is an act of its own."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.bearer import Bearer
from accounts.chain import Verdict
from accounts.journal import Journal
from accounts.warden import Warden
from core.accounts import Act, AuditEntry, Head
from store import audit
from store.audit import Asked

PAGE = 100  # rows of one page


class Inspection:
    """What those may do who read the audit."""

    def __init__(self, warden: Warden, journal: Journal) -> None:
        self._warden, self._journal = warden, journal

    def search(self, by: Bearer, asked: Asked, limit: int = PAGE) -> list[AuditEntry]:
        """Rows that match, newest first. Raises NotAllowed."""
        self._warden.ask(by, "audit.see")
        with self._warden.database.reading() as connection:
            return audit.find_entries(connection, asked, limit)

    def newest_head(self, by: Bearer) -> Head | None:
        """The last row whose digest is kept outside the database. Raises NotAllowed."""
        self._warden.ask(by, "audit.see")
        return next(reversed(self._journal.heads()), None)

    def verify(self, by: Bearer, now_ms: int) -> Verdict:
        """Check the whole chain; takes seconds for a million rows. Raises NotAllowed."""
        self._warden.ask(by, "audit.export")
        verdict = self._journal.verify()
        outcome = {"rows": verdict.rows, "faults": len(verdict.faults)}
        self._journal.write_alone(Act(by.name, "audit.export", "verify", now_ms, by.address, detail=outcome))
        return verdict

    def export(self, by: Bearer, now_ms: int) -> Iterator[str]:
        """Every row as a line of JSON. Raises NotAllowed at once, not at the first line."""
        self._warden.ask(by, "audit.export")
        self._journal.write_alone(Act(by.name, "audit.export", "export", now_ms, by.address))
        return self._journal.export()
