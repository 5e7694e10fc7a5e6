"""Which notices that were decided somebody may read of: as far as the warning that they tell of may be seen."""

from __future__ import annotations

from accounts.bearer import Bearer
from accounts.rights import may
from catalogue.declared import Declared
from core.accounts import Sensitivity
from core.notices import Notice
from core.records import Issuer
from early_warning.grades import grade_of_kept


def sees(by: Bearer, action: str, notice: Notice, declared: Declared | None) -> bool:
    """Whether somebody may read a notice behind a door. declared: None: no city is on show."""
    return may(by, action, sensitivity=_grade(notice, declared)).allowed


def _grade(notice: Notice, declared: Declared | None) -> Sensitivity:
    """As it was decided, and never further than its indicator may be seen today; of cases and tests, everybody."""
    if not notice.about:
        return Sensitivity.PUBLIC if notice.grade is None else notice.grade
    indicator = declared.indicators.get(notice.about) if declared else None
    return grade_of_kept(Issuer.ISSUED if notice.issued else Issuer.COMPUTED, notice.grade, indicator)
