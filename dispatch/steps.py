"""Every step that a case or an assignment can take, as one table; what does not stand here cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dispatch.clocks import Obligation
from dispatch.states import OPEN, WORKED_ON, AssignmentState, CaseState


class Verb(StrEnum):
    """What is done. Those of an assignment say in their entry which one."""

    REPORT = "report"  # 上报: the first entry of every case
    FILE = "file"  # 立案
    REJECT = "reject"  # 不予立案
    DISPATCH = "dispatch"  # 派遣
    TAKE = "take"  # 受理: the department begins
    RETURN = "return"  # 退回: the department says that it is not its own
    ARBITRATE = "arbitrate"  # 裁定: whose it is, finally
    FINISH = "finish"  # 反馈: the department says that it is done
    VERIFY = "verify"  # 核查通过
    REDO = "redo"  # 返工: it was not done
    CLOSE = "close"  # 结案
    EVALUATE = "evaluate"  # 评价
    REOPEN = "reopen"  # 重办
    SHELVE = "shelve"  # 挂账
    POSTPONE = "postpone"  # 缓办
    TAKE_UP = "take-up"  # 恢复办理: ends 挂账 and 缓办
    ASK_EXTENSION = "ask-extension"  # 申请延期
    EXTEND = "extend"  # 同意延期
    DENY_EXTENSION = "deny-extension"  # 不同意延期
    PAUSE = "pause"  # 暂停计时
    RESUME = "resume"  # 恢复计时
    MERGE = "merge"  # 合并
    UNMERGE = "unmerge"  # 撤销合并
    JOIN = "join"  # 归入: warnings, video items and messages that tell of it
    PART = "part"  # 移出 some of them
    AMEND = "amend"  # 更正: place, kind, grade, title …
    NOTE = "note"  # 备注, photo, message
    MEET = "meet"  # 会商: somebody goes to the meeting about it
    STRIKE = "strike"  # 划去 an entry; it stays readable
    CORRECT = "correct"  # 更正时间 of a step
    WARN = "warn"  # 临期提醒: a clock comes near its end
    BREACH = "breach"  # 超时: a clock has ended
    ESCALATE = "escalate"  # 升级
    SUPERVISE = "supervise"  # 督办
    REPLY = "reply"  # 答复
    CALL_BACK = "call-back"  # 回访: whether the citizen is content
    REPORT_UP = "report-up"  # 信息上报
    APPEAL = "appeal"  # 申诉: the figures should not count this one
    GRANT_APPEAL = "grant-appeal"  # 申诉成立: they do not
    DENY_APPEAL = "deny-appeal"  # 申诉不成立

    RESERVE = "reserve"
    NOTIFY = "notify"
    ACCEPT = "accept"
    DEPART = "depart"
    ARRIVE = "arrive"
    LEAVE = "leave"
    CLEAR = "clear"
    REFUSE = "refuse"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table.

    action: the right that it asks for. before: the states it is possible in. after: the state that follows; None: the
    same one. needs: fields that its entry must carry. begins, meets, drops: obligations whose clocks it moves; those to
    begin run only where the kind of the case grants a limit.
    """

    action: str
    before: frozenset[CaseState]
    after: CaseState | None = None
    needs: tuple[str, ...] = ()
    begins: tuple[Obligation, ...] = ()
    meets: tuple[Obligation, ...] = ()
    drops: tuple[Obligation, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitStep:
    """One row of an assignment's table. before: None among them: there was none with this name yet."""

    action: str
    before: frozenset[AssignmentState | None]
    after: AssignmentState
    needs: tuple[str, ...] = ()
    meets: tuple[Obligation, ...] = ()


TIME_ALONE = "cases.time"  # a right that nobody has

_C, _A, _O = CaseState, AssignmentState, Obligation
_ANY = frozenset(CaseState)
_ALL = tuple(Obligation)

STEPS: Mapping[Verb, Step] = {
    Verb.REPORT: Step("cases.tell", frozenset(), _C.REPORTED, ("kind", "title"), (_O.FILE, _O.REPLY, _O.REPORT_UP)),
    Verb.FILE: Step("cases.open", frozenset({_C.REPORTED}), _C.FILED, (), (_O.DISPATCH,), (_O.FILE,)),
    Verb.REJECT: Step("cases.open", frozenset({_C.REPORTED}), _C.REJECTED, ("reason",), (), (_O.FILE,), _ALL),
    Verb.DISPATCH: Step(
        "cases.dispatch",
        frozenset({_C.FILED, _C.RETURNED, _C.DISPATCHED, _C.HANDLING}),
        _C.DISPATCHED,
        ("lead",),
        (_O.ACCEPT, _O.ARRIVE, _O.HANDLE, _O.CLOSE),
        (_O.DISPATCH,),
    ),
    Verb.TAKE: Step("cases.accept", frozenset({_C.DISPATCHED}), _C.HANDLING, (), (), (_O.ACCEPT,)),
    Verb.RETURN: Step(
        "cases.accept",
        frozenset({_C.DISPATCHED, _C.HANDLING}),
        _C.RETURNED,
        ("reason",),
        (_O.DISPATCH,),
        (),
        (_O.ACCEPT, _O.ARRIVE, _O.HANDLE),
    ),
    Verb.ARBITRATE: Step(
        "cases.supervise",
        frozenset({_C.RETURNED}),
        _C.DISPATCHED,
        ("lead", "reason"),
        (_O.ACCEPT, _O.ARRIVE, _O.HANDLE, _O.CLOSE),
        (_O.DISPATCH,),
    ),
    Verb.FINISH: Step(
        "cases.report", frozenset({_C.HANDLING}), _C.FEEDBACK, ("result",), (_O.VERIFY,), (_O.HANDLE, _O.ARRIVE)
    ),
    Verb.VERIFY: Step("cases.verify", frozenset({_C.FEEDBACK}), _C.VERIFIED, (), (), (_O.VERIFY,)),
    Verb.REDO: Step(
        "cases.verify",
        frozenset({_C.FEEDBACK, _C.VERIFIED}),
        _C.HANDLING,
        ("reason",),
        (_O.HANDLE,),
        (_O.VERIFY,),
    ),
    Verb.CLOSE: Step("cases.close", frozenset({_C.VERIFIED}), _C.CLOSED, (), (), (_O.CLOSE,)),
    Verb.EVALUATE: Step("cases.supervise", frozenset({_C.CLOSED}), _C.EVALUATED, ("score",)),
    Verb.REOPEN: Step(
        "cases.close",
        frozenset({_C.CLOSED, _C.EVALUATED, _C.REJECTED}),
        _C.FILED,
        ("reason",),
        (_O.DISPATCH,),
    ),
    Verb.SHELVE: Step("cases.supervise", WORKED_ON | {_C.FILED, _C.RETURNED}, None, ("reason", "approver")),
    Verb.POSTPONE: Step("cases.supervise", WORKED_ON | {_C.FILED, _C.RETURNED}, None, ("reason", "until_ms")),
    Verb.TAKE_UP: Step("cases.dispatch", OPEN),
    Verb.ASK_EXTENSION: Step("cases.report", WORKED_ON, None, ("reason", "obligation", "by_ms")),
    Verb.EXTEND: Step("cases.supervise", WORKED_ON),
    Verb.DENY_EXTENSION: Step("cases.supervise", WORKED_ON, None, ("reason",)),
    Verb.PAUSE: Step("cases.dispatch", OPEN, None, ("reason",)),
    Verb.RESUME: Step("cases.dispatch", OPEN),
    Verb.MERGE: Step("cases.dispatch", OPEN, _C.MERGED, ("into",)),
    Verb.UNMERGE: Step("cases.dispatch", frozenset({_C.MERGED})),
    Verb.JOIN: Step("cases.dispatch", OPEN, None, ("items",)),
    Verb.PART: Step("cases.dispatch", _ANY, None, ("items", "reason")),
    Verb.AMEND: Step("cases.dispatch", _ANY, None, ("reason",)),
    Verb.NOTE: Step("cases.note", _ANY, None, ("text",)),
    Verb.MEET: Step("cases.note", OPEN),
    Verb.STRIKE: Step("cases.note", _ANY, None, ("entry", "reason")),
    Verb.CORRECT: Step("cases.dispatch", _ANY, None, ("entry", "at_ms", "reason")),
    Verb.WARN: Step(TIME_ALONE, OPEN | {_C.MERGED}, None, ("obligation",)),
    Verb.BREACH: Step(TIME_ALONE, OPEN | {_C.MERGED}, None, ("obligation",)),
    Verb.ESCALATE: Step("cases.supervise", OPEN | {_C.MERGED}, None, ("reason",)),
    Verb.SUPERVISE: Step("cases.supervise", OPEN, None, ("text", "until_ms")),
    Verb.REPLY: Step("cases.report", OPEN | {_C.MERGED}, None, ("text",), (), (_O.REPLY,)),
    Verb.CALL_BACK: Step("calls.take", _ANY - {_C.REJECTED}, None, ("satisfied",)),
    Verb.APPEAL: Step("cases.report", frozenset({_C.CLOSED, _C.EVALUATED, _C.REJECTED}), None, ("reason",)),
    Verb.GRANT_APPEAL: Step("cases.supervise", frozenset({_C.CLOSED, _C.EVALUATED, _C.REJECTED})),
    Verb.DENY_APPEAL: Step("cases.supervise", frozenset({_C.CLOSED, _C.EVALUATED, _C.REJECTED}), None, ("reason",)),
    Verb.REPORT_UP: Step("papers.draft", OPEN | {_C.CLOSED, _C.EVALUATED}, None, ("stage",), (), (_O.REPORT_UP,)),
}

UNIT_STEPS: Mapping[Verb, UnitStep] = {
    Verb.RESERVE: UnitStep("cases.dispatch", frozenset({None}), _A.RESERVED, ("unit",)),
    Verb.NOTIFY: UnitStep("cases.dispatch", frozenset({None, _A.RESERVED}), _A.NOTIFIED, ("unit",)),
    Verb.ACCEPT: UnitStep("cases.accept", frozenset({_A.NOTIFIED}), _A.ACCEPTED, (), (_O.ACCEPT,)),
    Verb.DEPART: UnitStep("cases.report", frozenset({_A.NOTIFIED, _A.ACCEPTED}), _A.EN_ROUTE),
    Verb.ARRIVE: UnitStep(
        "cases.report", frozenset({_A.NOTIFIED, _A.ACCEPTED, _A.EN_ROUTE, _A.LEFT}), _A.ON_SCENE, (), (_O.ARRIVE,)
    ),
    Verb.LEAVE: UnitStep("cases.report", frozenset({_A.ON_SCENE}), _A.LEFT),
    Verb.CLEAR: UnitStep(
        "cases.report", frozenset({_A.RESERVED, _A.ACCEPTED, _A.EN_ROUTE, _A.ON_SCENE, _A.LEFT}), _A.CLEAR
    ),
    Verb.REFUSE: UnitStep("cases.accept", frozenset({_A.NOTIFIED}), _A.REFUSED, ("reason",)),
    Verb.FAIL: UnitStep(
        "cases.report", frozenset({_A.NOTIFIED, _A.ACCEPTED, _A.EN_ROUTE, _A.ON_SCENE, _A.LEFT}), _A.FAILED, ("reason",)
    ),
}


# While a case rests these count no further; a citizen's reply and the report upward wait for nobody.
RESTING = frozenset(Obligation) - {Obligation.REPLY, Obligation.REPORT_UP}
# What time alone does; nobody is offered it.
OF_TIME = frozenset({Verb.WARN, Verb.BREACH})
# What is still done to a case that is shelved or postponed.
IN_HOLD = frozenset(
    {
        Verb.WARN,
        Verb.BREACH,
        Verb.ESCALATE,
        Verb.TAKE_UP,
        Verb.MERGE,
        Verb.UNMERGE,
        Verb.JOIN,
        Verb.PART,
        Verb.AMEND,
        Verb.NOTE,
        Verb.MEET,
        Verb.STRIKE,
        Verb.CORRECT,
        Verb.SUPERVISE,
        Verb.REPLY,
        Verb.CALL_BACK,
        Verb.REPORT_UP,
    }
)


def possible(state: CaseState | None) -> tuple[Verb, ...]:
    """What may be done to a case that stands so, apart from rights; of one that does not exist, to report it."""
    if state is None:
        return (Verb.REPORT,)
    return tuple(verb for verb, step in STEPS.items() if state in step.before)
