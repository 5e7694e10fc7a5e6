"""Every door of the house and the action that it asks for: routes, feeds, callbacks, pages, files.

A door that does not stand here is shut. A test walks all that the website registers and holds it against this list,
both ways, so that a new door without an entry fails the build.

Names: `GET /api/v1/warnings` below the base path, `* …` for every method, `FILES …` for what is served as it lies,
`callback <its first output>`, `page <first part of its address>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from accounts.bearer import Bearer
from accounts.rights import OPEN, Decision, may_somewhere

DOORS: Mapping[str, str] = {
    # the live picture
    "WS /live/ws": "wall.see",
    "GET /live/sse": "wall.see",
    "GET /live/poll": "wall.see",
    # what other systems read and send
    "GET /api/v1/indicators": "indicators.see",
    "GET /api/v1/indicators/{indicator}": "indicators.see",
    "GET /api/v1/indicators/{indicator}/{area}/explain": "indicators.see",
    "GET /api/v1/indicators/{indicator}/{area}/series": "indicators.see",
    "GET /api/v1/indicators/{indicator}/{area}/history": "indicators.see",
    "GET /api/v1/warnings": "warnings.see",
    "GET /api/v1/warnings/kept": "warnings.see",
    "GET /api/v1/warnings/kept/{warning}": "warnings.see",
    # the duty desk; each act is asked again with the area and topic of what it is about
    "POST /api/v1/warnings/{warning}/acts": "warnings.confirm",
    "GET /api/v1/warnings/{warning}/acts": "warnings.see",
    "GET /api/v1/warnings/{warning}/contacts": "warnings.confirm",
    "POST /api/v1/duty/acts": "warnings.confirm",
    "GET /api/v1/duty/contacts": "warnings.confirm",
    "POST /api/v1/entries": "entries.make",
    "GET /api/v1/silences": "warnings.see",
    "POST /api/v1/silences": "warnings.silence",
    "POST /api/v1/silences/preview": "warnings.silence",
    "POST /api/v1/silences/{number}/end": "warnings.silence",
    "GET /api/v1/stations/{device}": "stations.see",
    "GET /api/v1/dead": "letters.see",
    "GET /api/v1/cases": "cases.see",
    "POST /api/v1/cases": "cases.tell",
    "GET /api/v1/cases/{case}": "cases.see",
    "GET /api/v1/cases/{case}/units": "cases.dispatch",
    "GET /api/v1/cases/{case}/proposals": "cases.see",
    "POST /api/v1/cases/{case}/apart": "cases.dispatch",
    "GET /api/v1/cases/{case}/members": "cases.see",
    "GET /api/v1/cases/{case}/exchange": "cases.see",
    "POST /api/v1/cases/{case}/exchange": "cases.see",  # each act asks for its own right
    "POST /api/v1/exchange": "exchange.tell",  # and its signature
    "POST /api/v1/notices/receipts": OPEN,  # its signature is asked instead
    "GET /api/v1/cases/{case}/similar": "cases.see",
    "POST /api/v1/cases/{case}/split": "cases.dispatch",
    "GET /api/v1/proposals": "cases.see",
    "POST /api/v1/proposals/accept": "cases.dispatch",
    "POST /api/v1/proposals/reject": "cases.dispatch",
    "GET /api/v1/cases/{case}/photos": "photos.see",
    "POST /api/v1/cases/{case}/photos": "cases.note",
    "GET /api/v1/cases/{case}/photos/{sha256}": "photos.see",
    "GET /api/v1/cases/{case}/photos/{sha256}/original": "personal.see",
    "GET /api/v1/cases/{case}/around": "cases.see",
    "POST /api/v1/cases/{case}/presence": "cases.see",
    "DELETE /api/v1/cases/{case}/presence": "cases.see",
    "GET /api/v1/cameras/{camera}/snapshot": "photos.see",
    "POST /api/v1/cameras/{camera}/snapshot": "readings.push",
    "GET /api/v1/cases/{case}/links": "cases.dispatch",
    "POST /api/v1/cases/{case}/links": "cases.dispatch",
    "POST /api/v1/links/{number}/revoke": "cases.dispatch",
    "GET /api/v1/orders": "orders.see",
    "POST /api/v1/orders": "orders.see",  # an order and an instruction ask each for their own right
    "POST /api/v1/orders/reads": "orders.see",  # and each may be read by who may instruct
    "GET /api/v1/orders/{order}": "orders.see",
    "POST /api/v1/orders/{order}/acts": "orders.see",
    "GET /api/v1/responses": "responses.see",
    "POST /api/v1/responses": "responses.see",
    "GET /api/v1/responses/{response}": "responses.see",
    "POST /api/v1/responses/{response}/acts": "responses.see",
    "GET /api/v1/units": "units.see",
    "PUT /api/v1/units/{unit}": "units.edit",
    "POST /api/v1/units/{unit}/position": "cases.report",
    "POST /api/v1/cases/{case}/steps": "cases.see",  # each step asks for its own right, there and of that place
    "POST /api/v1/readings/{feed}/{device}": "readings.push",
    # what the public may read and report; 404 unless the installation opened it, and a report needs a token of ours
    "GET /open311/v2/services.{form}": OPEN,
    "GET /open311/v2/requests.{form}": OPEN,
    "GET /open311/v2/requests/{number}.{form}": OPEN,
    "GET /open311/v2/tokens/{token}.{form}": OPEN,
    "POST /open311/v2/requests.{form}": OPEN,
    "GET /public/status": OPEN,
    "GET /healthz": OPEN,  # without `health.see` it says only up or down
    "GET /metrics": "metrics.see",
    "GET /api/openapi.json": "docs.see",
    "GET /api/docs": "docs.see",
    "FILES /api/static": "docs.see",
    # signing in and out, and what concerns oneself
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "GET /sign-in/with/{source}": OPEN,
    "GET /sign-in/back/{source}": OPEN,
    "GET /sign-in/code": OPEN,  # these two ask for the session themselves
    "POST /sign-in/code": OPEN,
    "POST /sign-out": OPEN,
    "GET /new-password": OPEN,  # it asks for the session itself and for its password
    "POST /new-password": OPEN,
    "GET /api/v1/me": OPEN,  # nobody is told that he is nobody
    "POST /api/v1/me/password": OPEN,  # these three ask for the session itself and for what only its person knows
    "POST /api/v1/me/factor": OPEN,
    "POST /api/v1/me/code": OPEN,
    # notices and the load of alarms
    "GET /notices": "notices.see",
    "POST /notices/test": "notices.edit",
    "GET /notices/routes": "notices.see",
    "POST /notices/routes": "notices.edit",
    "POST /notices/routes/{route}/drop": "notices.edit",
    "POST /notices/recipients": "notices.edit",
    "POST /notices/recipients/{recipient}/drop": "notices.edit",
    # plans and responses; each act asks again for its own right, of the area and the level
    "GET /plans": "responses.see",
    "POST /plans": "responses.see",
    "GET /plans/plan/{plan}": "responses.see",
    "GET /plans/{response}": "responses.see",
    "POST /plans/{response}/acts": "responses.see",
    "GET /supervision": "orders.see",
    "POST /supervision": "cases.supervise",
    "GET /supervision/about": "orders.see",
    "POST /supervision/about": "cases.instruct",
    "POST /supervision/about/read": "cases.instruct",
    "GET /supervision/{order}": "orders.see",
    "POST /supervision/{order}/acts": "orders.see",
    "GET /units": "units.see",
    "POST /units": "units.edit",  # the book asks again, of where the unit is at home
    "GET /exchange": "exchange.see",
    "POST /exchange/hand": "cases.dispatch",  # the book asks again, with area and topic
    "POST /exchange/{number}/again": "exchange.send",
    "POST /exchange/{number}/drop": "exchange.send",
    "GET /alarm-load": "alarm-load.see",
    "GET /api/v1/alarm-load": "alarm-load.see",
    "GET /evaluation": "evaluation.see",
    "GET /evaluation/cases": "evaluation.see",
    "GET /evaluation/cases/{case}": "evaluation.see",
    "POST /evaluation/cases/{case}/appeal": "cases.report",  # and of that place, as every step
    "POST /evaluation/cases/{case}/decide": "cases.supervise",
    "GET /evaluation/report": "export.make",
    "GET /api/v1/evaluation": "evaluation.see",
    "GET /reports/{case}": "cases.see",  # and of that place; each act asks for its own right there
    "POST /reports/{case}/draft": "papers.draft",
    "POST /reports/{case}/{number}/pass": "papers.pass",
    "POST /reports/{case}/{number}/approve": "papers.approve",
    "POST /reports/{case}/{number}/return": "papers.pass",
    "POST /reports/{case}/{number}/sent": "papers.draft",
    "GET /reports/{case}/{number}/file": "cases.see",
    "GET /reports/{case}/review": "export.make",
    "GET /plans/{response}/review": "export.make",
    "GET /api/v1/cases/{case}/reports": "cases.see",
    "GET /api/v1/cap/{feed}": "cap.read",
    "GET /api/v1/cap/{feed}/{number}": "cap.read",
    # pages about accounts; their services ask again, those about oneself for the session
    "GET /account": OPEN,
    "GET /account/factor": OPEN,
    "POST /account/password": OPEN,
    "POST /account/factor": OPEN,
    "POST /account/factor/confirm": OPEN,
    "POST /account/factor/drop": OPEN,
    "POST /account/sessions/{session}/end": OPEN,
    "GET /people": "people.see",
    "POST /people": "people.edit",
    "GET /people/{login}": "people.see",
    "POST /people/{login}/change": "people.edit",
    "POST /people/{login}/disable": "people.edit",
    "POST /people/{login}/enable": "people.edit",
    "POST /people/{login}/link": "people.edit",
    "POST /people/{login}/password": "passwords.reset",
    "POST /people/{login}/factor": "factors.reset",
    "POST /people/{login}/unlock": "sessions.end",
    "POST /people/{login}/sign-out": "sessions.end",
    "POST /people/{login}/appoint": "posts.edit",
    "GET /departments": "people.see",
    "POST /departments": "people.edit",
    "POST /departments/dissolve": "people.edit",
    "POST /import": "people.see",  # each sheet asks for its own right when it is written
    "POST /import/write": "people.see",
    "GET /posts": "posts.see",
    "POST /posts": "posts.edit",
    "GET /posts/{post}": "posts.see",
    "POST /posts/{post}/appoint": "posts.edit",
    "POST /appointments/{appointment}/end": "posts.edit",
    "POST /seats": "posts.edit",
    "GET /rights": "posts.see",
    "GET /rights/who": "posts.see",
    "GET /rights/of": "posts.see",
    "GET /tokens": "tokens.make",
    "POST /tokens": "tokens.make",
    "POST /tokens/{token}/revoke": "tokens.make",
    "GET /audit": "audit.see",
    "POST /audit/verify": "audit.export",
    "GET /audit/export": "audit.export",
    # pages; what a page shows is asked again by its callbacks
    "GET /": OPEN,
    "GET /wall": "wall.see",
    "GET /duty": "pages.see",
    "page duty": "pages.see",
    "GET /warnings": "pages.see",
    "GET /warnings/{warning}": "pages.see",
    "page warnings": "pages.see",
    "GET /indicators": "pages.see",
    "GET /indicators/{indicator}": "pages.see",
    "GET /indicators/{indicator}/{subject}": "pages.see",
    "GET /rules": "rules.see",
    "GET /rules/{rule}": "rules.see",
    "page rules": "rules.see",
    "GET /labels": "rules.see",
    "POST /labels/import": "rules.edit",
    "GET /rules/references": "rules.see",
    "GET /rules/references.xlsx": "rules.see",
    "POST /rules/references/upload": "rules.edit",
    "POST /rules/references/{number}/submit": "rules.edit",
    "POST /rules/references/{number}/drop": "rules.edit",
    "POST /rules/references/{number}/approve": "rules.release",
    "POST /rules/references/{number}/return": "rules.release",
    "GET /rules/{rule}/complain": "rules.complain",
    "POST /rules/{rule}/complain": "rules.complain",
    "GET /rules/{rule}/sheet": "rules.see",
    "POST /rules/{rule}/sheet": "rules.edit",
    "page wall": "wall.see",
    "GET /dispatch": "cases.see",
    "GET /m": "cases.see",
    "GET /m/changes": "cases.see",
    "POST /m/step": "cases.see",
    "POST /m/report": "cases.tell",
    "POST /m/photo": "cases.note",
    "GET /t": OPEN,  # a one-time link carries its own right, to one task; guesses are counted by address
    "POST /t/step": OPEN,
    "POST /t/photo": OPEN,
    "page dispatch": "cases.see",
    "page indicators": "pages.see",
    # scripts, styles and fonts: the sign-in page needs them before anybody is known, and they hold no data
    "FILES /assets": OPEN,
    "GET /assets/all.js": OPEN,
    "GET /assets/all.css": OPEN,
    "GET /_dash-component-suites/{package_name}/{fingerprinted_path:path}": OPEN,
    "GET /_favicon.ico": OPEN,
    "GET /_dash-layout": OPEN,
    "GET /_dash-dependencies": OPEN,
    "GET /_reload-hash": OPEN,
    "POST /_dash-update-component": OPEN,  # its own doors are the callbacks below
    "callback shell-page.children": OPEN,  # its own doors are the pages above
    "callback desk-body.children": "pages.see",
    "callback desk-explain-lines.children": "pages.see",
    "callback rules-list.children": "rules.see",
    "callback rules-seed.data": "rules.see",  # what is done there is asked again by the office, right by right
    "callback rules-drawn.data": "rules.see",
    "callback rules-swept.data": "rules.see",
    # what answers 404 to everybody
    "* /api/{rest:path}": OPEN,
    "* /live/{rest:path}": OPEN,
    "* /{rest:path}": OPEN,
}
OF_ONE_PLACE = frozenset({"callback desk-explain-lines.children"})  # of the city when the page names none
SHUT = frozenset({"WS /_dash-ws-callback"})  # Dash registers it; nothing of ours uses it


def callback_door(output: str) -> str:
    """The door of a callback, by its outputs as Dash writes them: `..a.children...b.data..`."""
    return f"callback {output.strip('.').split('...')[0]}"


def page_door(pathname: str, base_path: str) -> str:
    """The door of the page at an address: it is named by the first part below the base path; `/` for none."""
    parts = _parts(pathname, base_path)
    return f"page {parts[0]}" if parts else "GET /"


def named_on_page(pathname: str, base_path: str) -> dict[str, str]:
    """The indicator and the place that the address of a page names, as its route does."""
    match _parts(pathname, base_path):
        case ["indicators", indicator, subject, *_]:
            return {"indicator": indicator, "subject": subject}
        case ["indicators", indicator]:
            return {"indicator": indicator}
    return {}


def _parts(pathname: str, base_path: str) -> list[str]:
    return [unquote(part) for part in pathname.removeprefix(base_path).split("/") if part]


def action_of(door: str) -> str | None:
    """The action that a door asks for; None: it is shut to everybody."""
    kind, _, place = door.partition(" ")
    anything = None if kind in {"callback", "page", "WS", "FILES"} else DOORS.get(f"* {place}")
    return DOORS.get(door, anything)


def enter(bearer: Bearer, door: str) -> Decision:
    """Whether a bearer may use a door at all. What he asks for behind it is decided again, with its area and topic."""
    action = action_of(door)
    if action is None:
        return Decision(False, "unknown-door", action=door)
    return Decision(True, "open") if action == OPEN else may_somewhere(bearer, action)
