"""What the command line does about accounts, as the sentences that it prints. Each act is audited as `console`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accounts import founding
from accounts.bearer import of_token
from accounts.import_roster import import_workbook
from accounts.office import Office, open_office
from accounts.tokens import Wanted
from core.accounts import DEVICES, Act, Person, Role
from core.clock import real_ms
from core.errors import UnknownName
from core.messages import listed, text
from core.settings import Settings


def add(settings: Settings, login: str, name: str, phone: str) -> str:
    """Make an account; says its first password."""
    with _opened(settings) as office:
        office.roster.add_person(founding.console(), Person(0, login, name, phone), real_ms())
        password = office.credentials.reset_password(founding.console(), login, real_ms())
    return text("accounts.added", settings.language, login=login, password=password)


def people(settings: Settings) -> str:
    """One line a person: login, name, what he holds now."""
    lines = []
    with _opened(settings) as office:
        held = {bearer.name: bearer.grants for bearer in office.roster.bearers(real_ms())}
        for person in office.roster.people():
            posts = listed((grant.post for grant in held[f"person:{person.login}"]), settings.language)
            code = "disabled" if person.disabled else "holds" if posts else "holds-nothing"
            lines.append(f"{person.login}\t{person.name}\t" + text(f"accounts.{code}", settings.language, posts=posts))
    return "\n".join(lines)


def disable(settings: Settings, login: str) -> str:
    """Shut an account."""
    with _opened(settings) as office:
        office.roster.disable(founding.console(), login, real_ms())
    return text("accounts.was-disabled", settings.language, login=login)


def reset_password(settings: Settings, login: str) -> str:
    """Says a new password."""
    with _opened(settings) as office:
        password = office.credentials.reset_password(founding.console(), login, real_ms())
    return text("accounts.reset", settings.language, login=login, password=password)


def import_file(settings: Settings, file: Path) -> str:
    """Import a workbook; says how many rows."""
    with _opened(settings) as office:
        rows = import_workbook(office.roster, founding.console(), file, real_ms())
    return text("accounts.imported", settings.language, rows=rows)


def add_token(settings: Settings, name: str, role: str) -> str:
    """Says the secret of a new token."""
    if role not in DEVICES:
        raise UnknownName(f"{role!r} is not one of {', '.join(sorted(DEVICES))}")
    with _opened(settings) as office:
        secret = office.tokens.make(founding.console(), Wanted(name, Role(role)), real_ms())
    return text("accounts.token-made", settings.language, name=name, secret=secret)


def tokens(settings: Settings) -> str:
    """One line a token: number, name, role, in use or not."""
    with _opened(settings) as office:
        found = office.tokens.all()
    states = {token.id: "token-in-use" if of_token(token, real_ms()).grants else "token-over" for token in found}
    return "\n".join(
        f"{one.id}\t{one.name}\t{text(f'role.{one.role}', settings.language)}\t"
        + text(f"accounts.{states[one.id]}", settings.language)
        for one in found
    )


def revoke_token(settings: Settings, number: int) -> str:
    """Revoke a token."""
    with _opened(settings) as office:
        office.tokens.revoke(founding.console(), number, real_ms())
    return text("accounts.token-revoked", settings.language, number=number)


def verify_audit(settings: Settings) -> tuple[str, bool]:
    """Whether the audit is whole: in words, and as a truth."""
    with _opened(settings) as office:
        verdict = office.journal.verify()
        outcome = {"rows": verdict.rows, "faults": len(verdict.faults)}
        office.journal.write_alone(Act("console", "audit.export", "verify", real_ms(), detail=outcome))
    faults = [text(f"accounts.audit-{fault.code}", settings.language, number=fault.number) for fault in verdict.faults]
    whole = text("accounts.audit-whole", settings.language, rows=verdict.rows)
    return "\n".join(faults) if faults else whole, not faults


def export_audit(settings: Settings) -> Iterator[str]:
    """The audit, a line of JSON a row."""
    with _opened(settings) as office:
        office.journal.write_alone(Act("console", "audit.export", "export", real_ms()))
        yield from office.journal.export()


@contextmanager
def _opened(settings: Settings) -> Iterator[Office]:
    office = open_office(settings)
    try:
        yield office
        office.journal.anchor(real_ms())
    finally:
        office.database.close()
