"""People: the list with its search, one person with what is done about him, departments, import from a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from accounts.import_preview import Effect
from accounts.masking import Personal, masked
from accounts.register import Register
from accounts.standing import Standing
from core.accounts import Appointment, Department, Person
from core.markup import Markup, Part, el
from layouts.account_frame import Frame, day_of
from layouts.posts import post_options, successor_form, term_fields

PAGE = 50  # people on one page
PERSONAL = {"phone": Personal.PHONE}


@dataclass(frozen=True, slots=True)
class Listed:
    """The list as it is asked for. in_full: whoever looks may see telephones. may: the rights that he holds."""

    register: Register
    now_ms: int
    asked: str
    shut: bool
    page: int
    in_full: bool
    may: frozenset[str]


def people_page(frame: Frame, listed: Listed) -> str:
    """The list, and beside it how people come in."""
    found = listed.register.found(listed.asked, listed.now_ms, listed.shut)
    shown = found[(listed.page - 1) * PAGE : listed.page * PAGE]
    heads = ("account.name", "account.login", "account.phone", "people.holds", "people.department")
    table = frame.table(heads, [_row(frame, listed, one) for one in shown], empty="people.nobody")
    beside: list[Part] = []
    if "people.edit" in listed.may:
        beside.append(_add_form(frame))
    if {"people.edit", "posts.edit"} & listed.may:
        beside.append(_import_form(frame))
    lead = el("section", _search(frame, listed, len(found)), table, _pages(frame, listed, len(found)))
    return frame.page("people", el("div", lead, el("aside", *beside), class_="list"))


def _search(frame: Frame, listed: Listed, count: int) -> Markup:
    other = urlencode({"q": listed.asked} | ({} if listed.shut else {"shut": "1"}))
    return el(
        "form",
        el(
            "input",
            type="search",
            name="q",
            value=listed.asked,
            placeholder=frame.word("people.search"),
            aria_label=frame.word("people.search"),
            autofocus=True,
        ),
        el("input", type="hidden", name="shut", value="1") if listed.shut else None,
        el("button", frame.word("people.find")),
        el("span", frame.word("people.count", count=count), class_="note"),
        frame.link(f"people?{other}", frame.word("people.show-open" if listed.shut else "people.show-shut")),
        action=f"{frame.base_path}people",
        class_="search",
    )


def _row(frame: Frame, listed: Listed, person: Person) -> Markup:
    register, now_ms = listed.register, listed.now_ms
    posts = register.posts_now(person, now_ms)
    departments = dict.fromkeys(register.departments[post.department].name for post in posts)
    return el(
        "tr",
        el("td", frame.link(f"people/{quote(person.login)}", el("b", person.name))),
        el("td", person.login),
        el("td", phone_of(person, listed.in_full), class_="figure"),
        el("td", frame.listed(post.name for post in posts) or el("em", frame.word("people.no-post"))),
        el("td", frame.listed(departments)),
    )


def phone_of(person: Person, in_full: bool) -> str:
    """A telephone as whoever looks may see it."""
    return str(masked({"phone": person.phone}, PERSONAL, in_full)["phone"])


def _pages(frame: Frame, listed: Listed, count: int) -> Part:
    last = max(1, -(-count // PAGE))
    if last == 1:
        return None

    def to(page: int, code: str) -> Part:
        query = {"q": listed.asked, "page": page} | ({"shut": "1"} if listed.shut else {})
        return frame.link(f"people?{urlencode(query)}", frame.word(code)) if 1 <= page <= last else None

    here = el("span", f"{listed.page} / {last}")
    return el("p", to(listed.page - 1, "account.newer"), here, to(listed.page + 1, "account.older"), class_="pages")


def _add_form(frame: Frame) -> Markup:
    form = frame.form(
        "people",
        frame.field("people", "login", "account.login", required=True, maxlength=40, autocomplete="off"),
        frame.field("people", "name", "account.name", required=True, maxlength=60, autocomplete="off"),
        frame.field("people", "phone", "account.phone", type="tel", maxlength=32, autocomplete="off"),
        button="people.add",
    )
    return el(
        "section", el("h2", frame.word("people.add-title")), form, el("p", frame.word("people.add-note"), class_="note")
    )


def _import_form(frame: Frame) -> Markup:
    form = frame.form(
        "import",
        el(
            "label",
            el("span", frame.word("people.workbook")),
            el("input", type="file", name="workbook", accept=".xlsx", required=True),
        ),
        button="people.preview",
        files=True,
    )
    return el(
        "section", el("h2", frame.word("people.import")), form, el("p", frame.word("people.import-note"), class_="note")
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """One person. may: the rights of whoever looks; himself: he is the one who looks."""

    register: Register
    person: Person
    standing: Standing
    now_ms: int
    in_full: bool
    may: frozenset[str]
    himself: bool


def person_page(frame: Frame, shown: Shown) -> str:
    """Who he is, what he holds and held, how his account stands, and what may be done about it."""
    person = shown.person
    title = el(
        "h2",
        el("b", person.name),
        el("small", person.login),
        el("i", frame.word("people.disabled")) if person.disabled else None,
        class_="who",
    )
    back = el("p", frame.link("people", frame.word("account.page-people")), class_="crumbs")
    columns = (_facts(frame, shown), _held(frame, shown), _acts(frame, shown))
    return frame.page("people", back, title, el("div", *columns, class_="three"))


def _facts(frame: Frame, shown: Shown) -> Markup:
    word, standing, person = frame.word, shown.standing, shown.person
    addresses = dict.fromkeys(one.address for one in standing.sessions)
    facts = [
        ("account.phone", phone_of(person, shown.in_full) or word("account.none")),
        ("people.password", _password_words(frame, standing)),
        ("account.factor", word("people.has-factor" if standing.has_factor else "people.has-no-factor")),
        ("people.sessions", frame.listed(addresses) or word("account.none")),
        ("people.links", frame.listed(f"{source}: {name}" for source, name in standing.links) or word("account.none")),
    ]
    change: Part = None
    if "people.edit" in shown.may:
        path = f"people/{quote(person.login)}/change"
        phone = frame.field(path, "phone", "account.phone", type="tel", placeholder=word("people.unchanged"))
        change = (
            el("h3", word("people.change")),
            frame.form(
                path,
                frame.field(path, "name", "account.name", person.name, required=True, maxlength=60),
                phone,
                button="account.save",
            ),
        )
    rows = [(el("dt", word(code)), el("dd", value)) for code, value in facts]
    return el("section", el("h3", word("people.account")), el("dl", rows), change)


def _password_words(frame: Frame, standing: Standing) -> str:
    if standing.locked_until_ms is not None:
        return frame.word("people.locked", until=frame.moment(standing.locked_until_ms))
    if standing.password_ms is None:
        return frame.word("account.password-none")
    code = "people.password-first" if standing.must_change else "account.password-set"
    return frame.word(code, when=frame.moment(standing.password_ms))


def _held(frame: Frame, shown: Shown) -> Markup:
    rows = [_appointment(frame, shown, one) for one in shown.register.of_person(shown.person)]
    table = frame.table(("account.post", "account.term", ""), rows, empty="people.never-held")
    form: Part = None
    if "posts.edit" in shown.may and not shown.himself and not shown.person.disabled:
        form = el("h3", frame.word("posts.appoint")), _appoint_form(frame, shown)
    return el("section", el("h3", frame.word("people.holds")), table, form)


def _appointment(frame: Frame, shown: Shown, one: Appointment) -> Markup:
    post, now_ms = shown.register.posts[one.post], shown.now_ms
    over = one.until_ms is not None and one.until_ms <= now_ms
    deputy = el("small", frame.word("account.deputy", rank=one.rank)) if one.rank else None
    after = shown.register.people.get(one.successor or 0)
    follows = el("small", frame.word("posts.followed-by", name=after.name)) if after else None
    ending: Part = None
    if "posts.edit" in shown.may and not over:
        ending = successor_form(frame, shown.register, one, now_ms)
    return el(
        "tr",
        el("td", frame.link(f"posts/{quote(post.id)}", post.name), deputy),
        el("td", frame.term(one.from_ms, one.until_ms), follows, class_="when"),
        el("td", frame.word("posts.over") if over else ending),
        class_="over" if over else None,
    )


def _appoint_form(frame: Frame, shown: Shown) -> Markup:
    path = f"people/{quote(shown.person.login)}/appoint"
    return frame.form(
        path,
        frame.choice(path, "post", "account.post", post_options(frame, shown.register)),
        *term_fields(frame, path, shown.now_ms),
        button="posts.appoint",
    )


def _acts(frame: Frame, shown: Shown) -> Markup:
    """What is done rarely, each behind its own fold so that nothing happens by a slip."""
    word, standing, base = frame.word, shown.standing, f"people/{quote(shown.person.login)}"
    wanted: list[tuple[str, str, bool]] = [
        ("passwords.reset", "password", True),
        ("sessions.end", "unlock", standing.locked_until_ms is not None),
        ("sessions.end", "sign-out", bool(standing.sessions)),
        ("factors.reset", "factor", standing.has_factor),
        ("people.edit", "enable", shown.person.disabled),
        ("people.edit", "disable", not shown.person.disabled and not shown.himself),
    ]
    folds = [
        frame.folded(
            word(f"people.act-{act}"),
            el("p", word(f"people.act-{act}-note"), class_="note"),
            frame.form(f"{base}/{act}", button=f"people.act-{act}"),
        )
        for right, act, is_fitting in wanted
        if right in shown.may and is_fitting
    ]
    if "people.edit" in shown.may:
        folds.append(_link_fold(frame, f"{base}/link"))
    return el("section", el("h3", word("people.acts")), folds or el("p", word("people.no-acts"), class_="note"))


def _link_fold(frame: Frame, path: str) -> Markup:
    sources = [(name, frame.word(f"account.source-{name}")) for name in ("ldap", "oidc", "oauth2", "cas", "proxy")]
    form = frame.form(
        path,
        frame.choice(path, "source", "people.link-source", sources),
        frame.field(path, "subject", "people.link-subject", required=True, maxlength=200),
        button="people.act-link",
    )
    note = el("p", frame.word("people.act-link-note"), class_="note")
    return frame.folded(frame.word("people.act-link"), note, form)


def departments_page(frame: Frame, register: Register, can_edit: bool) -> str:
    """All departments as their tree, and a form for one more or another name."""
    rows = [
        el(
            "tr",
            el("td", el("span", one.name, class_=f"depth-{min(depth, 4)}"), _ending(frame, one, register)),
            el("td", one.id),
            el("td", sum(post.department == one.id for post in register.posts.values()), class_="figure"),
        )
        for one, depth in in_their_tree(list(register.departments.values()))
    ]
    table = frame.table(("people.department", "people.code", "people.posts-count"), rows)
    form: Part = None
    if can_edit:
        standing = [(one.id, one.name) for one in register.departments.values() if one.until_ms is None]
        above = [("", frame.word("people.top")), *standing]
        form = el(
            "aside",
            el(
                "section",
                el("h2", frame.word("people.add-department")),
                frame.form(
                    "departments",
                    frame.field("departments", "id", "people.code", required=True, maxlength=60),
                    frame.field("departments", "name", "people.department", required=True, maxlength=100),
                    frame.choice("departments", "parent", "people.above", above),
                    button="account.save",
                ),
                el("p", frame.word("people.department-note"), class_="note"),
            ),
            _dissolving(frame, standing) if len(standing) > 1 else None,
        )
    return frame.page("departments", el("div", el("section", table), form, class_="list"))


def _ending(frame: Frame, department: Department, register: Register) -> Part:
    """When a department ended, and who took over."""
    if department.until_ms is None:
        return None
    successor = register.departments[department.successor].name
    return el("small", frame.word("people.dissolved", day=day_of(department.until_ms), successor=successor))


def _dissolving(frame: Frame, standing: list[tuple[str, str]]) -> Markup:
    where = "departments/dissolve"
    form = frame.form(
        where,
        frame.choice(where, "department", "people.department", standing),
        frame.choice(where, "successor", "people.successor", standing),
        button="people.dissolve",
    )
    note = el("p", frame.word("people.dissolve-note"), class_="note")
    return el("section", frame.folded(frame.word("people.dissolve"), form, note))


def in_their_tree(departments: Sequence[Department]) -> list[tuple[Department, int]]:
    """Departments, each followed by those below it, with their depth; one whose parent is unknown stands at the top.

    >>> tree = [Department("b", "B", "a"), Department("a", "A"), Department("c", "C", "gone")]
    >>> [(one.id, depth) for one, depth in in_their_tree(tree)]
    [('a', 0), ('b', 1), ('c', 0)]
    """
    known = {one.id for one in departments}
    placed: dict[str, int] = {}

    def place(parent: str, depth: int) -> None:
        for one in departments:
            above = one.parent if one.parent in known and one.parent != one.id else ""
            if above == parent and one.id not in placed:
                placed[one.id] = depth
                place(one.id, depth + 1)

    place("", 0)
    by_id = {one.id: one for one in departments}
    ring = [one.id for one in departments if one.id not in placed]  # each above the other: shown, so it can be mended
    return [(by_id[one], depth) for one, depth in [*placed.items(), *((one, 0) for one in ring)]]


def import_page(frame: Frame, effects: Sequence[Effect], workbook: str) -> str:
    """What a workbook would do, row by row, before it does it. workbook: itself, for the form that then does it."""
    word = frame.word
    rows = [
        el(
            "tr",
            el("td", one.place),
            el("td", word(f"people.effect-{one.kind}"), class_=f"effect-{one.kind}"),
            el("td", one.says, el("p", one.why, class_="why") if one.why else None),
        )
        for one in sorted(effects, key=lambda one: one.kind != "refused")
    ]
    table = frame.table(("people.row", "people.effect", "people.content"), rows, empty="people.import-empty")
    counts = {kind: sum(one.kind == kind for one in effects) for kind in ("new", "changed", "same", "refused")}
    go = el("p", word("people.import-counts", **counts))
    if counts["refused"]:
        go = el("div", go, el("p", word("people.import-refused", **counts)), class_="told refusal", role="alert")
    elif counts["new"] or counts["changed"]:
        hidden = el("input", type="hidden", name="workbook", value=workbook)
        go = el(
            "div", go, frame.form("import/write", hidden, button="people.import-write", class_="inline"), class_="bar"
        )
    back = el("p", frame.link("people", word("account.page-people")), class_="crumbs")
    return frame.page("people", back, el("h2", word("people.import-title")), go, el("section", table))
