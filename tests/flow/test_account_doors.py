"""The way in, as a browser without scripts goes it: seats, the founder's first evening, what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from guarded_site import Guarded, standing_house
from live_city import BASE

from accounts import totp
from accounts.founding import LOGIN, console
from accounts.sessions import Cookies
from accounts.sign_in import SignedIn, Where
from accounts.tokens import Wanted
from api.bearers import SESSION, TOKEN
from core.accounts import Department, Post, Role, Seat
from core.clock import real_ms

PAGE = {"Accept": "text/html"}
CHOSEN = "Harbour-lights-7"


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A house on its first evening: nobody in it but the founder."""
    with standing_house(tmp_path_factory.mktemp("house")) as site:
        yield site


class Browser:
    """Keeps cookies and sends forms, and follows no redirect by itself."""

    def __init__(self, house: Guarded, **cookies: str) -> None:
        self._house, self.kept = house, dict(cookies)

    def get(self, path: str) -> requests.Response:
        return self._sent("GET", path)

    def post(self, path: str, **fields: str) -> requests.Response:
        return self._sent("POST", path, data=fields)

    def _sent(self, method: str, path: str, **more: object) -> requests.Response:
        who = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.kept.items())}
        answer = self._house.ask(method, path, who | PAGE, **more)
        self.kept |= dict(answer.cookies)
        return answer

    def onward(self, answer: requests.Response) -> str:
        """Where an answer leads, below the base path."""
        assert answer.status_code == 303, (answer.status_code, answer.text[:500])
        return answer.headers["location"].removeprefix(BASE)


@pytest.mark.claim(
    "ACCOUNTS", "The founder changes the printed password and sets up a second factor, and only then makes people."
)
def test_the_first_evening(empty_house: Guarded) -> None:
    founder = empty_house.office.found(real_ms())
    assert founder is not None
    browser = Browser(empty_house)
    assert browser.onward(browser.get("people")) == "sign-in?next=people"
    done = browser.post("sign-in", login=LOGIN, password=founder.password, next="people")
    assert browser.onward(done) == "people"
    assert browser.onward(browser.get("people")) == "new-password?next=people"
    form = {"old": founder.password, "new": "short", "again": "short"}
    assert "口令须为" in browser.post("new-password", **form).text
    assert browser.onward(browser.post("new-password", old=founder.password, new=CHOSEN, again=CHOSEN)) == "wall"
    assert browser.get("people").status_code == 200  # he may look, and act only with a second factor
    adding = {"login": "wang", "name": "王五"}
    assert browser.onward(browser.post("people", **adding)) == "sign-in/code?next="
    assert browser.onward(browser.get("sign-in/code")) == "account?told=factor-first"
    assert browser.onward(browser.post("account/factor")) == "account/factor?told=factor-begun"
    seed = re.search(r'class="seed">([A-Z2-7 ]+)<', browser.get("account/factor").text)
    assert seed is not None
    code = totp.code_at(seed[1].replace(" ", ""), real_ms() // totp.STEP_MS)
    assert browser.onward(browser.post("account/factor/confirm", code=code)) == "account?told=factor"
    made = browser.post("people", **adding)
    assert made.status_code == 200 and 'class="secret"' in made.text
    assert "已被占用" in browser.post("people", **adding).text
    assert browser.post("people", login="x y", name="").status_code == 422


@pytest.mark.claim("ACCOUNTS", "At a browser with the token of a seat people take turns; each ends the one before.")
def test_people_take_turns_at_a_seat(empty_house: Guarded) -> None:
    office, by, now_ms = empty_house.office, console(), real_ms()
    office.roster.put_department(by, Department("office", "应急办"), now_ms)
    office.roster.put_post(by, Post("desk", "值班一岗", "office", Role.DUTY), now_ms)
    office.roster.put_seat(by, Seat("one", "一席", "desk"), now_ms)
    token = office.tokens.make(by, Wanted("一席的电脑", Role.WALL, seat="one"), now_ms)
    browser = Browser(empty_house, **{TOKEN: token})
    assert "一席" in browser.get("sign-in").text
    secrets = []
    for login in ("early", "late"):
        empty_house.person(Role.DUTY, login=login)
        password = _own_password(empty_house, login)
        refused = browser.post("sign-in", login=login, password="no", next="")
        assert refused.status_code == 401 and f'value="{login}"' in refused.text  # he need not type it twice
        assert browser.onward(browser.post("sign-in", login=login, password=password, next="")) == "wall"
        found = office.sessions.find(browser.kept[SESSION])
        assert found is not None and found[0].seat == "one"
        secrets.append(browser.kept[SESSION])
    assert office.sessions.find(secrets[0]) is None
    assert office.sessions.bearer(Cookies(secrets[1]), "", real_ms()).name == "person:late"


def test_somebody_without_a_post_is_told_so(empty_house: Guarded) -> None:
    empty_house.person(Role.DUTY, login="unposted")
    password = _own_password(empty_house, "unposted")
    roster = empty_house.office.roster
    [(appointment, _)] = roster.held_by(roster.find("unposted"), real_ms())
    roster.dismiss(console(), appointment.id, real_ms(), real_ms())
    browser = Browser(empty_house)
    assert browser.onward(browser.post("sign-in", login="unposted", password=password, next="")) == "account"
    assert "您还没有岗位" in browser.get("account").text
    assert browser.onward(browser.get("wall")).startswith("sign-in/code")
    assert browser.onward(browser.get("sign-in/code")) == "account"


def test_a_workbook_that_is_none_is_told_on_the_page(empty_house: Guarded) -> None:
    who = empty_house.colleague(Role.SYSTEM) | PAGE
    sent = empty_house.ask("POST", "import", who, files={"workbook": ("a.xlsx", b"no workbook")})
    assert sent.status_code == 422 and "不是可读的 XLSX 文件" in sent.text
    assert empty_house.ask("POST", "import/write", who, data={"workbook": "%%%"}).status_code == 422


def test_signing_in_and_out_by_form_and_by_json(empty_house: Guarded) -> None:
    house, login = empty_house, empty_house.person(Role.DUTY, login="by-form").login
    first = house.office.credentials.reset_password(console(), login, real_ms())
    given = {"login": login, "password": first}
    wrong = house.ask("POST", "sign-in", {}, json=given | {"password": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "sign-in.wrong")
    sent = house.ask(
        "POST", "sign-in", {}, data=given | {"next": "//evil.example"}, headers={"X-Forwarded-Proto": "https"}
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"{BASE}evil.example")
    cookie = sent.headers["set-cookie"]
    assert "HttpOnly" in cookie and "Secure" not in cookie  # nobody trusts this proxy
    who = {"Cookie": cookie.partition(";")[0]}
    house.asking.cookies.clear()
    assert house.ask("GET", "api/v1/me", who).json()["renewing"]
    assert house.ask("GET", "wall", who).json()["error"]["code"] == "new-password"
    to_change = house.ask("GET", "wall", who, headers={"Accept": "text/html"}).headers["location"]
    assert 'name="new"' in house.ask("GET", to_change.removeprefix(BASE), who).text
    assert house.ask("POST", "new-password", who, data={"old": "wrong", "new": "Harbour-lights-8"}).status_code == 422
    change = {"old": first, "new": "Harbour-lights-8"}
    assert house.ask("POST", "api/v1/me/password", who, json=change).status_code == 204
    assert house.ask("GET", "wall", who).status_code == 200
    out = house.ask("POST", "sign-out", who, json={})
    assert out.json() == {"signed_out": True}
    assert house.ask("GET", "wall", who).status_code == 401
    kinds = [entry.act.outcome for entry in house.acts("sign-in") if entry.act.subject == f"person:{login}"]
    assert kinds == ["refused", "done"]


def test_a_login_locks_and_says_so(empty_house: Guarded) -> None:
    login = empty_house.person(Role.DUTY, login="locked-out").login
    answers = [
        empty_house.ask("POST", "sign-in", {}, json={"login": login, "password": "x"}).status_code for _ in range(6)
    ]
    assert answers == [401] * 5 + [429]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff\xfe", b"{" * 9000, b'{"login": 1, "password": null}'])
def test_a_malformed_sign_in_is_refused_in_words(empty_house: Guarded, body: bytes) -> None:
    assert empty_house.ask("POST", "sign-in", {}, data=body).status_code == 422


def _own_password(house: Guarded, login: str) -> str:
    office, now_ms = house.office, real_ms()
    first = office.credentials.reset_password(console(), login, now_ms)
    signed = office.sign_in.with_password(login, first, Where("10.0.0.7"), now_ms)
    assert isinstance(signed, SignedIn)
    assert office.credentials.change_password(signed.person, first, CHOSEN, signed.session, now_ms) is None
    return CHOSEN


@pytest.mark.claim("ACCOUNTS", "A token that is revoked on its page is shut out with the next request.")
def test_a_token_revoked_by_hand_is_shut_out_at_once(house: Guarded) -> None:
    who = {"Authorization": f"Bearer {house.token(Role.MACHINE)}"}
    number = house.office.tokens.all()[-1].id
    assert house.ask("GET", "api/v1/warnings", who).status_code == 200  # it is known now, for some seconds
    assert house.ask("POST", f"tokens/{number}/revoke", house.as_role(Role.SECURITY)).status_code == 303
    assert house.ask("GET", "api/v1/warnings", who).status_code == 401
