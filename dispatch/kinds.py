"""What kinds of case a city has, as declared: who leads, what is granted, what a step must carry, what causes what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from core.accounts import Role
from core.declared import Words
from core.records import HOUR_MS
from dispatch.clocks import Obligation, Terms
from dispatch.steps import Verb


class KindClass(StrEnum):
    """The two classes of city management and the four classes of emergencies."""

    COMPONENT = "component"  # 部件: something of the city is broken or missing
    EVENT = "event"  # 事件
    NATURAL = "natural"  # 自然灾害
    ACCIDENT = "accident"  # 事故灾难
    HEALTH = "health"  # 公共卫生事件
    SECURITY = "security"  # 社会安全事件


class Grade(IntEnum):
    """How grave a case is; the lower the graver, and never shown by a colour alone. 0: not graded."""

    NONE = 0
    GRAVEST = 1  # Ⅰ级 特别重大
    GRAVE = 2  # Ⅱ级 重大
    LARGE = 3  # Ⅲ级 较大
    COMMON = 4  # Ⅳ级 一般


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of an escalation: so much counted time after a clock has ended, somebody of a role takes notice."""

    to: Role
    after_ms: int


# The unit hears that its clock comes near its end, its department that it has ended; then, one after another:
LADDER = (Rung(Role.SHIFT_LEADER, HOUR_MS // 2), Rung(Role.LEADER, 2 * HOUR_MS))


@dataclass(frozen=True, slots=True)
class CaseKind:
    """One kind of case.

    code: in the register of the city or the nation, "" none. domain: where rights to it hold. lead: the department that
    handles it; capabilities: what units it needs. limits: what is granted to each obligation. needs: fields that a step
    must carry beyond those of the table; labels: what those are called that we have no word for.
    near_m, within_s: so near and so soon another report is likely the same one. redone, returned: after so many of
    them it is escalated one level. escalation: its levels, the times rising. rectifies: bad ratings of other cases open
    one of this kind. public: citizens' apps report it, and everybody may see how it stands.
    """

    id: str
    version: str
    name: Words
    kind_class: KindClass
    lead: str
    domain: str = ""
    grade: Grade = Grade.NONE
    limits: Mapping[Obligation, Terms] = field(default_factory=dict)
    needs: Mapping[Verb, tuple[str, ...]] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    near_m: float = 250.0
    within_s: int = 7200
    redone: int = 3
    returned: int = 3
    words: tuple[str, ...] = ()
    public: bool = False
    escalation: tuple[Rung, ...] = LADDER
    rectifies: bool = False
    labels: Mapping[str, Words] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Symptom:
    """How something shows: a kind of case, a rule of warnings or a type of event; reach in m, times after the cause.

    earliest_s may be below 0: what shows before its cause was told.
    """

    kind: str = ""
    rule: str = ""
    event: str = ""
    reach_m: float = 1000.0
    earliest_s: int = -1800
    latest_s: int = 7200


@dataclass(frozen=True, slots=True)
class Cause:
    """What one incident shows as: 爆管 → 低压, 停水, 冒水, 积水, 塌陷."""

    id: str
    name: Words
    kind: str
    symptoms: tuple[Symptom, ...]
