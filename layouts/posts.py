"""Posts with who holds them and who stands in, and seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from accounts.register import Register
from core.accounts import DEVICES, EVERYWHERE, Appointment, Post, Reach, Role, Sensitivity
from core.markup import Markup, Part, el
from layouts.account_frame import Frame, day_of


@dataclass(frozen=True, slots=True)
class Ground:
    """What posts can reach: names of areas by code, and of topics by id, of the city on show; empty before one is."""

    areas: Mapping[str, str]
    topics: Mapping[str, str]

    def areas_of(self, frame: Frame, reach: Reach) -> str:
        """The areas of a reach in words."""
        return _named(frame, reach.areas, self.areas, "account.everywhere")

    def topics_of(self, frame: Frame, reach: Reach) -> str:
        """The topics of a reach in words."""
        return _named(frame, reach.topics, self.topics, "account.every-topic")


def _named(frame: Frame, held: Sequence[str], names: Mapping[str, str], everything: str) -> str:
    return frame.word(everything) if EVERYWHERE in held else frame.listed(names.get(one, one) for one in held)


def posts_page(frame: Frame, register: Register, ground: Ground, now_ms: int, can_edit: bool) -> str:
    """All posts by department, seats, and the forms for more."""
    heads = (
        "people.department",
        "account.post",
        "posts.role",
        "posts.areas",
        "posts.topics",
        "posts.grade",
        "posts.holders",
    )
    posts = sorted(register.posts.values(), key=lambda post: (post.department, post.id))
    table = frame.table(heads, [_row(frame, register, ground, post, now_ms) for post in posts])
    seats = frame.table(
        ("posts.seat", "people.code", "account.post"),
        [
            el("tr", el("td", seat.name), el("td", seat.id), el("td", register.posts[seat.post].name))
            for seat in register.seats.values()
        ],
        empty="posts.no-seat",
    )
    lead = el(
        "section",
        table,
        el("h2", frame.word("posts.seats")),
        el("p", frame.word("posts.seats-note"), class_="note"),
        seats,
    )
    aside = el("aside", _post_form(frame, register, ground, None), _seat_form(frame, register)) if can_edit else None
    return frame.page("posts", el("div", lead, aside, class_="list"))


def _row(frame: Frame, register: Register, ground: Ground, post: Post, now_ms: int) -> Markup:
    return el(
        "tr",
        el("td", register.departments[post.department].name),
        el("td", frame.link(f"posts/{quote(post.id)}", el("b", post.name))),
        el("td", frame.word(f"role.{post.role}")),
        el("td", ground.areas_of(frame, post.reach)),
        el("td", ground.topics_of(frame, post.reach)),
        el("td", frame.word(f"posts.grade-{post.reach.sensitivity.word}")),
        el(
            "td",
            [_holder(frame, register, one) for one in register.in_force(post.id, now_ms)]
            or el("em", frame.word("posts.vacant")),
        ),
    )


def _holder(frame: Frame, register: Register, one: Appointment) -> Markup:
    person = register.people[one.person]
    fine = [frame.word("account.deputy", rank=one.rank)] if one.rank else []
    if one.until_ms is not None:
        fine.append(frame.word("posts.until-day", day=day_of(one.until_ms - 1)))
    return el("span", person.name, el("small", " ".join(fine)) if fine else None, class_="holder")


def post_page(frame: Frame, register: Register, ground: Ground, post: Post, now_ms: int, can_edit: bool) -> str:
    """One post: who holds it, held it, will hold it; what it reaches."""
    rows = [_term_row(frame, register, one, now_ms, can_edit) for one in register.at_post(post.id)]
    title = el("h2", el("b", post.name), el("small", register.departments[post.department].name), class_="who")
    back = el("p", frame.link("posts", frame.word("account.page-posts")), class_="crumbs")
    table = frame.table(("account.name", "posts.as", "account.term", ""), rows, empty="posts.vacant")
    columns = [el("section", el("h3", frame.word("posts.holders")), table)]
    if can_edit:
        columns.append(_appoint_form(frame, register, post, now_ms))
    if can_edit and post.role is not Role.FOUNDER:  # it is what it is, and ends by itself
        columns.append(_post_form(frame, register, ground, post))
    return frame.page("posts", back, title, el("div", *columns, class_="three"))


def _term_row(frame: Frame, register: Register, one: Appointment, now_ms: int, can_edit: bool) -> Markup:
    person, over = register.people[one.person], one.until_ms is not None and one.until_ms <= now_ms
    rank = frame.word("account.deputy", rank=one.rank) if one.rank else frame.word("posts.holder")
    acts: Part = (
        frame.word("posts.over") if over else successor_form(frame, register, one, now_ms) if can_edit else None
    )
    return el(
        "tr",
        el("td", person.name, el("small", person.login)),
        el("td", rank),
        el("td", frame.term(one.from_ms, one.until_ms), class_="when"),
        el("td", acts),
        class_="over" if over else None,
    )


def successor_form(frame: Frame, register: Register, one: Appointment, now_ms: int) -> Markup:
    """How an appointment ends: at once, on a day, or with somebody who takes over then."""
    path = f"appointments/{one.id}/end"
    people = [(each.login, each.name) for each in register.found("", now_ms) if each.id != one.person]
    form = frame.form(
        path,
        frame.field(path, "last", "posts.last-day", type="date"),
        frame.choice(path, "successor", "posts.successor", [("", frame.word("posts.nobody")), *people]),
        button="posts.end",
    )
    return frame.folded(frame.word("posts.end-or-hand-over"), form)


def post_options(frame: Frame, register: Register) -> list[tuple[str, str]]:
    """Posts as a choice: name and role."""
    return [(post.id, f"{post.name} · {frame.word(f'role.{post.role}')}") for post in register.posts.values()]


def rank_options(frame: Frame) -> list[tuple[str, str]]:
    """Holder, first deputy, second deputy, third."""
    deputies = [(str(rank), frame.word("account.deputy", rank=rank)) for rank in (1, 2, 3)]
    return [("0", frame.word("posts.holder")), *deputies]


def term_fields(frame: Frame, path: str, now_ms: int) -> list[Markup]:
    """From when to when, and as what."""
    return [
        frame.field(path, "from", "posts.from", day_of(now_ms), type="date", required=True),
        frame.field(path, "until", "posts.until", type="date"),
        frame.choice(path, "rank", "posts.as", rank_options(frame)),
    ]


def _appoint_form(frame: Frame, register: Register, post: Post, now_ms: int) -> Markup:
    path = f"posts/{quote(post.id)}/appoint"
    people = [(one.login, f"{one.name} ({one.login})") for one in register.found("", now_ms)]
    form = frame.form(
        path,
        frame.choice(path, "login", "posts.who", people),
        *term_fields(frame, path, now_ms),
        button="posts.appoint",
    )
    return el(
        "section", el("h3", frame.word("posts.appoint")), form, el("p", frame.word("posts.appoint-note"), class_="note")
    )


def _post_form(frame: Frame, register: Register, ground: Ground, post: Post | None) -> Markup:
    """A new post, or the one that is there with what it holds now."""
    word, path = frame.word, "posts"
    reach = post.reach if post else Reach()
    identity = (
        (el("input", type="hidden", name="id", value=post.id), el("input", type="hidden", name="known", value="1"))
        if post
        else frame.field(path, "id", "people.code", required=True, maxlength=60)
    )
    form = frame.form(
        path,
        identity,
        frame.field(path, "name", "posts.name", post.name if post else "", required=True, maxlength=100),
        frame.choice(
            path,
            "department",
            "people.department",
            [(one.id, one.name) for one in register.departments.values() if one.until_ms is None],
            post.department if post else "",
        ),
        frame.choice(path, "role", "posts.role", role_options(frame), post.role if post else Role.DUTY),
        area_field(frame, path, ground, reach),
        topic_field(frame, path, ground, reach),
        frame.choice(path, "grade", "posts.grade", grade_options(frame), reach.sensitivity.word),
        button="account.save",
    )
    title = word("posts.change") if post else word("posts.add")
    return el("section", el("h3" if post else "h2", title), form)


def role_options(frame: Frame) -> list[tuple[str, str]]:
    """Roles that a post can have."""
    return [(role, frame.word(f"role.{role}")) for role in Role if role not in DEVICES and role is not Role.FOUNDER]


def grade_options(frame: Frame) -> list[tuple[str, str]]:
    """Grades of sensitivity, the lowest first."""
    return [(one.word, frame.word(f"posts.grade-{one.word}")) for one in Sensitivity]


def area_field(frame: Frame, path: str, ground: Ground, reach: Reach) -> Markup:
    """Areas as a list of codes; a browser offers those of the city."""
    return _list_field(frame, path, "areas", "posts.areas", reach.areas, ground.areas)


def topic_field(frame: Frame, path: str, ground: Ground, reach: Reach) -> Markup:
    """Topics as a list of names; a browser offers those of the city."""
    return _list_field(frame, path, "topics", "posts.topics", reach.topics, ground.topics)


def _list_field(
    frame: Frame, path: str, name: str, label: str, held: Sequence[str], known: Mapping[str, str]
) -> Markup:
    """Tick what is meant; nothing ticked means everything. What the city does not declare stays as it is."""
    chosen = () if EVERYWHERE in held else held
    options = {**known, **{one: one for one in chosen if one not in known}}
    ticks = [
        el("label", el("input", type="checkbox", name=name, value=one, checked=one in chosen), word)
        for one, word in options.items()
    ]
    said = frame.listed(options[one] for one in chosen) or frame.word("posts.everything")
    return el("fieldset", el("legend", frame.word(label)), frame.folded(said, el("div", ticks, class_="ticks")))


def _seat_form(frame: Frame, register: Register) -> Markup:
    form = frame.form(
        "seats",
        frame.field("seats", "id", "people.code", required=True, maxlength=60),
        frame.field("seats", "name", "posts.seat", required=True, maxlength=100),
        frame.choice("seats", "post", "account.post", post_options(frame, register)),
        button="account.save",
    )
    return el("section", el("h2", frame.word("posts.add-seat")), form)
