"""The two layers of state: of a case 案卷, and of each assignment 派单 inside it. Rules bind to them, labels are local.

Source: the seven steps of grid-based city management (report, file, dispatch, handle, check, close, evaluate) and the
unit states of dispatch systems; where a standard's own text could not be read nothing claims to follow it.
"""

from __future__ import annotations

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands."""

    REPORTED = "reported"  # 上报
    REJECTED = "rejected"  # 不予立案, with its reason
    FILED = "filed"  # 立案
    DISPATCHED = "dispatched"  # 派遣: its clock and its supervision begin here
    RETURNED = "returned"  # 退回: the department says that it is not its own
    HANDLING = "handling"  # 处置
    FEEDBACK = "feedback"  # 反馈: the department says that it is done
    VERIFIED = "verified"  # 核查: somebody else saw that it is done
    CLOSED = "closed"  # 结案
    EVALUATED = "evaluated"  # 评价
    MERGED = "merged"  # 合并: another case leads; this one keeps its citizen, reply and clock


class Hold(StrEnum):
    """Why a case waits though nobody is late; three things in law, so three words on screen."""

    NONE = "none"
    SHELVED = "shelved"  # 挂账: no date, approved, shown in a list of its own
    EXTENDED = "extended"  # 延期: a later due date, asked for before the old one
    POSTPONED = "postponed"  # 缓办: to be taken up again at a date


class AssignmentState(StrEnum):
    """Where one unit that was sent stands."""

    RESERVED = "reserved"  # 预派: kept free for a task to come; not sent
    NOTIFIED = "notified"  # 已通知
    ACCEPTED = "accepted"  # 签收
    EN_ROUTE = "en-route"  # 出发
    ON_SCENE = "on-scene"  # 到场
    LEFT = "left"  # 离场: gone from the place, its task not over; it may come back
    CLEAR = "clear"  # 完成
    REFUSED = "refused"  # 拒收, with its reason
    FAILED = "failed"  # 中止: could not be reached, broke down, was called away


WORKED_ON = frozenset({CaseState.DISPATCHED, CaseState.HANDLING, CaseState.FEEDBACK, CaseState.VERIFIED})
OPEN = WORKED_ON | {CaseState.REPORTED, CaseState.FILED, CaseState.RETURNED}
OVER = frozenset({AssignmentState.CLEAR, AssignmentState.REFUSED, AssignmentState.FAILED})
