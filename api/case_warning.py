"""A case out of a warning: a restricted one becomes known to all who see cases there, and only by a person's word.

Cases have no grade of their own: whoever sees the area and the topic sees them, and all of them count. So nothing
restricted enters them by itself (`workers/intake.py`); who may see such a warning and opens a case of it says that he
makes it known, and the audit keeps that he did.
"""

from __future__ import annotations

from api.case_models import Report
from api.entrance import Entrance
from api.errors import ApiError
from api.rest import Present
from board.belonging import warning_concerned
from board.positions import kept_concerned
from core.accounts import Sensitivity
from core.errors import UnknownName
from early_warning.grades import SEE, sees_one
from store.warnings import warning_of


def admitted(entrance: Entrance, present: Present, wanted: Report) -> Report:
    """A report that names no warning but one that its reporter may see; any other name is dropped, known or not.

    Raises ApiError 422: the warning is restricted, and he has not said that he makes it known.
    """
    if not wanted.correlation or ":" in wanted.correlation:  # an event, a source, a device
        return wanted
    try:
        with entrance.office.database.reading() as connection:
            one = kept_concerned(present.declared, warning_of(connection, present.scene.id, wanted.correlation))
    except UnknownName:  # too new to be kept, or none
        shown = present.reader.sections.get("warnings", {}).get(wanted.correlation)
        if shown is None:
            return _without(wanted)
        one = warning_concerned(present.declared, wanted.correlation, shown)
    if not sees_one(entrance.bearer(), one):
        entrance.hid(SEE, wanted.correlation)
        return _without(wanted)
    if one.grade is Sensitivity.RESTRICTED and not wanted.discloses:
        raise ApiError(422, "case-discloses")
    return wanted


def _without(wanted: Report) -> Report:
    return wanted.model_copy(update={"correlation": ""})
