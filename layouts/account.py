"""My account: who I am, what I may do, my password, my second factor, where I am signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.standing import Standing
from core.accounts import EVERYWHERE, Appointment, Person, Post, Session
from core.markup import Markup, Part, el
from core.qr import qr
from layouts.account_frame import Frame

SECRET_GROUP = 4  # letters of a secret that are typed in one breath


@dataclass(frozen=True, slots=True)
class Own:
    """What the page shows of one's own account. otpauth: of a second factor that waits for its first code."""

    person: Person
    session: Session
    held: Sequence[tuple[Appointment, Post]]
    actions: Sequence[str]
    standing: Standing
    otpauth: str = ""


def account_page(frame: Frame, own: Own) -> str:
    """The whole page; a second factor that waits for its first code stands first, also on a telephone."""
    who, proofs = _who(frame, own), _proofs(frame, own)
    first = (proofs, who) if own.otpauth else (who, proofs)
    return frame.page("account", el("div", first, _sessions(frame, own), class_="three"))


def _who(frame: Frame, own: Own) -> Markup:
    word = frame.word
    rows = [
        el(
            "tr",
            el("td", el("b", post.name), el("small", word(f"role.{post.role}")), _deputy(frame, one)),
            el("td", _reach(frame, post)),
            el("td", frame.term(one.from_ms, one.until_ms), class_="when"),
        )
        for one, post in own.held
    ]
    posts: Part = frame.table(("account.post", "account.reach", "account.term"), rows)
    if not rows:
        posts = el("p", word("account.no-post"), class_="note")
    can = [el("li", word(f"action.{action}")) for action in own.actions]
    return el(
        "section",
        el("h2", word("account.who")),
        el(
            "dl",
            _fact(frame, "account.name", own.person.name),
            _fact(frame, "account.login", own.person.login),
            _fact(frame, "account.phone", own.person.phone or word("account.none")),
        ),
        el("h3", word("account.my-posts")),
        posts,
        el("h3", word("account.my-rights")) if can else None,
        el("ul", can, class_="words") if can else None,
    )


def _proofs(frame: Frame, own: Own) -> Markup:
    """Password and second factor; one that waits for its code stands first."""
    password, factor = _password(frame, own), (el("h2", frame.word("account.factor")), _factor(frame, own))
    return el("section", (factor, password) if own.otpauth else (password, factor))


def _password(frame: Frame, own: Own) -> Part:
    return (
        el("h2", frame.word("account.password")),
        el("p", _password_words(frame, own.standing), class_="note"),
        frame.form(
            "account/password",
            frame.field("", "old", "sign-in.old", type="password", autocomplete="current-password", required=True),
            frame.field("", "new", "sign-in.new", type="password", autocomplete="new-password", required=True),
            frame.field("", "again", "sign-in.again", type="password", autocomplete="new-password", required=True),
            button="sign-in.change",
        ),
    )


def _password_words(frame: Frame, standing: Standing) -> str:
    if standing.password_ms is None:
        return frame.word("account.password-none")
    return frame.word("account.password-set", when=frame.moment(standing.password_ms))


def _factor(frame: Frame, own: Own) -> Part:
    word = frame.word
    code = frame.field(
        "", "code", "sign-in.code", inputmode="numeric", autocomplete="one-time-code", maxlength=6, required=True
    )
    if own.otpauth:
        confirm = frame.form("account/factor/confirm", code, button="account.factor-confirm")
        return _to_scan(frame, own.otpauth), confirm, _by_hand(frame, own.otpauth)
    if not own.standing.has_factor:
        return (
            el("p", word("account.factor-none"), class_="note"),
            frame.form("account/factor", button="account.factor-begin"),
        )
    shown = "account.factor-strong" if own.session.strong else "account.factor-weak"
    prove = None if own.session.strong else frame.form("account/factor/confirm", code, button="sign-in.enter")
    drop = frame.form("account/factor/drop", code, button="account.factor-drop")
    return el("p", word(shown), class_="note"), prove, frame.folded(word("account.factor-give-up"), drop)


def _to_scan(frame: Frame, otpauth: str) -> Part:
    """What an authenticator scans, and how."""
    steps = [el("li", frame.word(f"account.factor-step-{step}")) for step in (1, 2, 3)]
    return el("ol", steps), qr(otpauth)


def _by_hand(frame: Frame, otpauth: str) -> Markup:
    """What is typed into an authenticator that cannot scan, and the link for one on this very device."""
    secret = otpauth.partition("secret=")[2].partition("&")[0]
    groups = " ".join(secret[at : at + SECRET_GROUP] for at in range(0, len(secret), SECRET_GROUP))
    opened = el("a", frame.word("account.factor-open"), href=otpauth)
    by_hand = el("p", frame.word("account.factor-by-hand"), class_="note"), el("p", el("code", groups, class_="seed"))
    return frame.folded(frame.word("account.factor-no-camera"), by_hand, el("p", opened))


def _sessions(frame: Frame, own: Own) -> Markup:
    word = frame.word
    rows = []
    for one in own.standing.sessions:
        here = one.id == own.session.id
        end = frame.form(f"account/sessions/{one.id}/end", button="account.end-session", class_="inline")
        where = [one.address, one.seat and word("account.seat", seat=one.seat), word("account.strong") * one.strong]
        rows.append(
            el(
                "tr",
                el("td", frame.moment(one.began_ms), el("small", word(f"account.source-{one.source}"))),
                el("td", " · ".join(filter(None, where)), el("small", frame.moment(one.seen_ms))),
                el("td", el("span", word("account.this-one"), class_="here") if here else end),
            )
        )
    return el(
        "section",
        el("h2", word("account.my-sessions")),
        frame.table(("account.began", "account.where", ""), rows),
        el("p", word("account.sessions-note"), class_="note"),
    )


def _fact(frame: Frame, code: str, value: str) -> Part:
    return el("dt", frame.word(code)), el("dd", value)


def _deputy(frame: Frame, one: Appointment) -> Part:
    return el("small", frame.word("account.deputy", rank=one.rank)) if one.rank else None


def _reach(frame: Frame, post: Post) -> str:
    word = frame.word
    areas = word("account.everywhere") if EVERYWHERE in post.reach.areas else frame.listed(post.reach.areas)
    topics = word("account.every-topic") if EVERYWHERE in post.reach.topics else frame.listed(post.reach.topics)
    return f"{areas} · {topics}"
