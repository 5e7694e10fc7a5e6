"""People and departments: who is added, changed, shut out, let in again, appointed; import from a workbook."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from urllib.parse import quote

from accounts.bearer import Bearer
from accounts.import_preview import effects
from accounts.import_roster import import_workbook, read_workbook, rehearse
from accounts.looks import Look
from accounts.office import Office
from accounts.rights import may_somewhere
from callbacks.account_desk import AccountDesk, Asked, Done, Written, term_of
from core.accounts import Department, Person
from layouts.account_frame import Frame
from layouts.people import Listed, Shown, departments_page, import_page, people_page, person_page


def register(desk: AccountDesk) -> None:
    """The pages `people`, `people/<login>`, `departments`, `import`, and their acts."""
    _list(desk)
    _person(desk)
    _departments(desk)
    _import(desk)


def _list(desk: AccountDesk) -> None:
    office = desk.office

    def show(frame: Frame, asked: Asked) -> str:
        page = asked.word("page")
        listed = Listed(
            register=office.roster.register(asked.by, "people.see"),
            now_ms=asked.now_ms,
            asked=asked.word("q"),
            shut=bool(asked.word("shut")),
            page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
            in_full=sees_personal(office, asked, "people"),
            may=asked.rights(),
        )
        return people_page(frame, listed)

    def add(asked: Asked) -> Done:
        """One act for two: an account, and the first password of it."""
        person = Person(0, asked.word("login"), asked.word("name"), asked.word("phone"))
        office.roster.add_person(asked.by, person, asked.now_ms)
        secret = office.credentials.reset_password(asked.by, person.login, asked.now_ms)
        return Done(f"people/{quote(person.login)}", "person-added", secret)

    desk.page("people", show)
    desk.act("people", add, show)


def _person(desk: AccountDesk) -> None:
    office, one = desk.office, OnePerson(desk.office)
    plain = {
        "change": one.change,
        "disable": _on_login(office.roster.disable, "disabled"),
        "enable": _on_login(office.roster.enable, "enabled"),
        "factor": _on_login(office.credentials.reset_factor, "factor-reset"),
        "unlock": _on_login(office.credentials.unlock, "unlocked"),
        "sign-out": one.sign_out,
        "link": one.link,
        "appoint": one.appoint,
    }
    desk.page("people/{login}", one.show)
    desk.act("people/{login}/password", one.reset_password, one.show)
    for name, act in plain.items():
        desk.act(f"people/{{login}}/{name}", _and_back(act), one.show)


class OnePerson:
    """The person whom an address names. Acts give the code of what is said when they are done."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self, frame: Frame, asked: Asked) -> str:
        """His page."""
        known = self._office.roster.register(asked.by, "people.see")
        person = known.person(asked.place["login"])
        shown = Shown(
            register=known,
            person=person,
            standing=self._office.standings.of(asked.by, person, asked.now_ms),
            now_ms=asked.now_ms,
            in_full=sees_personal(self._office, asked, f"person:{person.login}"),
            may=asked.rights(),
            himself=asked.by.name == f"person:{person.login}",
        )
        return person_page(frame, shown)

    def change(self, asked: Asked) -> str:
        """His name, and his telephone; that one is shown masked, so what is left empty stays."""
        person = self._office.roster.find(asked.place["login"])
        changed = replace(person, name=asked.word("name"), phone=asked.word("phone") or person.phone)
        self._office.roster.change_person(asked.by, changed, asked.now_ms)
        return "saved"

    def sign_out(self, asked: Asked) -> str:
        """End every session of his."""
        self._office.sessions.end_all(asked.by, self._office.roster.find(asked.place["login"]), asked.now_ms)
        return "signed-out"

    def link(self, asked: Asked) -> str:
        """His name in another system that signs people in."""
        login, source, subject = asked.place["login"], asked.word("source"), asked.word("subject")
        self._office.credentials.link(asked.by, login, source, subject, asked.now_ms)
        return "linked"

    def appoint(self, asked: Asked) -> str:
        """Give him a post for a time."""
        login, post = asked.place["login"], asked.word("post")
        self._office.roster.appoint(asked.by, login, post, term_of(asked), asked.now_ms)
        return "appointed"

    def reset_password(self, asked: Asked) -> Done:
        """A password for one sign-in, shown this once."""
        secret = self._office.credentials.reset_password(asked.by, asked.place["login"], asked.now_ms)
        return Done("people", "password-reset", secret)


def _departments(desk: AccountDesk) -> None:
    office = desk.office

    def show(frame: Frame, asked: Asked) -> str:
        known = office.roster.register(asked.by, "people.see")
        return departments_page(frame, known, "people.edit" in asked.rights())

    def put(asked: Asked) -> Done:
        department = Department(asked.word("id"), asked.word("name"), asked.word("parent"))
        office.roster.put_department(asked.by, department, asked.now_ms)
        return Done("departments", "saved")

    def dissolve(asked: Asked) -> Done:
        office.roster.dissolve(asked.by, asked.word("department"), asked.word("successor"), asked.now_ms)
        return Done("departments", "dissolved")

    desk.page("departments", show)
    desk.act("departments", put, show)
    desk.act("departments/dissolve", dissolve, show)


def _import(desk: AccountDesk) -> None:
    office = desk.office

    def show_people(frame: Frame, asked: Asked) -> str:
        known = office.roster.register(asked.by, "people.see")
        return people_page(frame, Listed(known, asked.now_ms, "", False, 1, False, asked.rights()))

    def preview(asked: Asked) -> Written:
        content = asked.files.get("workbook", b"")
        known = office.roster.register(asked.by, "people.see")
        rows = read_workbook(BytesIO(content), asked.now_ms, desk.language)
        refused = rehearse(office.roster, asked.by, rows, asked.now_ms, desk.language)
        found = tuple(effects(rows, refused, known, asked.now_ms))
        return lambda frame: import_page(frame, found, b64encode(content).decode())

    def write(asked: Asked) -> Done:
        """The same workbook again, from the form of its preview."""
        content = BytesIO(b64decode(asked.word("workbook"), validate=True))
        import_workbook(office.roster, asked.by, content, asked.now_ms, desk.language)
        return Done("people", "imported")

    desk.act("import", preview, show_people)
    desk.act("import/write", write, show_people)


def _on_login(do: Callable[[Bearer, str, int], object], code: str) -> Callable[[Asked], str]:
    """An act that needs nothing but the login. code: of what is said then."""

    def act(asked: Asked) -> str:
        do(asked.by, asked.place["login"], asked.now_ms)
        return code

    return act


def _and_back(act: Callable[[Asked], str]) -> Callable[[Asked], Done]:
    """An act that leads back to the page of the person."""
    return lambda asked: Done(f"people/{quote(asked.place['login'])}", act(asked))


def sees_personal(office: Office, asked: Asked, subject: str) -> bool:
    """Whether he may see telephones in full; then his look goes into the audit."""
    in_full = may_somewhere(asked.by, "personal.see").allowed
    if in_full:
        office.looks.noted(Look(asked.by.name, "personal.see", subject, asked.now_ms))
    return in_full
