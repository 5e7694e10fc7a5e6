"""People, rights and proof through the pages alone: who is made, appointed, signed in, refused, found in the audit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import Page, expect
from prerequisites import eventually, patience
from visits import DESK, LIVE, PHONE, WALL, Watch, show_cookie, signed_in, until

from accounts import totp
from api.bearers import TOKEN
from core.accounts import Reach, Role
from core.clock import real_ms
from core.records import HOUR_MS

pytestmark = pytest.mark.browser

CHOSEN = "Harbour-lights-7"


@contextmanager
def at_desk(
    chromium: Chromium, house: Guarded, who: Mapping[str, str], size: tuple[int, int] = DESK
) -> Iterator[tuple[Page, Watch]]:
    """A browser of somebody's own; on a page without scripts nothing has to be waited for."""
    with chromium.lend(size) as page:
        if who:
            show_cookie(page.context, house.address, who)
        watch = Watch(page)
        yield page, watch
        watch.end()


def sign_in(page: Page, address: str, login: str, password: str) -> None:
    """Fill the form of the sign-in page."""
    page.goto(f"{address}sign-in")
    page.get_by_label("账号").fill(login)
    page.get_by_label("口令").fill(password)
    page.get_by_role("button", name="登录").click()


@pytest.mark.claim(
    "ACCOUNTS",
    "The system administrator makes an account, the security administrator appoints, and the person must change the "
    "first password before anything opens.",
)
@pytest.mark.claim("ACCOUNTS", "Somebody sets up his own second factor, and from then on signs in in two steps.")
def test_a_new_colleague_comes_in(chromium: Chromium, house: Guarded) -> None:
    login = f"newcomer-{real_ms()}"
    house.person(Role.DUTY, login=f"before-{login}", name="赵前任")
    first = made(chromium, house, login)
    appointed(chromium, house, login)
    with at_desk(chromium, house, {}) as (page, _):
        sign_in(page, house.address, login, "not it")
        expect(page.get_by_role("alert")).to_have_text("账号或口令不正确")
        sign_in(page, house.address, login, first)
        expect(page).to_have_url(f"{house.address}new-password?next=wall")
        page.goto(f"{house.address}indicators")
        expect(page).to_have_url(f"{house.address}new-password?next=indicators")  # nothing else opens
        change_password(page, first, "Another-word-1")
        expect(page.get_by_role("alert")).to_have_text("两次输入的新口令不一样")
        change_password(page, first, CHOSEN)
        expect(page).to_have_url(f"{house.address}wall")
        next_code = a_second_factor(page, house)
        page.get_by_role("button", name="退出").click()
        sign_in(page, house.address, login, CHOSEN)
        expect(page.get_by_role("heading", name="输入动态口令")).to_be_visible()
        page.goto(f"{house.address}wall")
        expect(page.get_by_role("heading", name="输入动态口令")).to_be_visible()  # half signed in opens nothing
        page.get_by_label("动态口令").fill(next_code())
        page.get_by_role("button", name="登录").click()
        expect(page).to_have_url(f"{house.address}wall")


def made(chromium: Chromium, house: Guarded, login: str) -> str:
    """The system administrator makes an account. Returns its first password."""
    with at_desk(chromium, house, house.colleague(Role.SYSTEM)) as (page, watch):
        page.goto(f"{house.address}people")
        adding = page.locator("form[method=post]", has_text="建立账号")
        adding.get_by_label("账号").fill(login)
        adding.get_by_label("姓名").fill("钱新人")
        adding.get_by_label("电话").fill("13812345678")
        adding.get_by_role("button").click()
        first = page.locator(".secret input").input_value()
        assert re.fullmatch(r"\w{5}-\w{5}-\w{4}", first)
        page.goto(f"{house.address}people?q={login}")
        expect(page.locator("tbody")).to_contain_text("138****5678")  # telephones are masked for who may not see them
        page.goto(f"{house.address}people/{login}")
        expect(page.get_by_role("button", name="任命")).to_have_count(0)  # that is another administrator's work
        watch.assert_quiet(urlsplit(house.address).netloc)
    return first


def appointed(chromium: Chromium, house: Guarded, login: str) -> None:
    """The security administrator gives somebody the post of whoever was before him."""
    with at_desk(chromium, house, house.colleague(Role.SECURITY)) as (page, watch):
        page.goto(f"{house.address}people/{login}")
        page.get_by_label("岗位").select_option(f"post-duty-before-{login}")
        page.get_by_role("button", name="任命").click()
        expect(page.get_by_role("status")).to_have_text("已任命")
        page.goto(f"{house.address}rights/of?login={login}")
        expect(page.locator("h2")).to_contain_text("钱新人能做")
        watch.assert_quiet(urlsplit(house.address).netloc)


def change_password(page: Page, old: str, again: str) -> None:
    """Fill the form of a new password; `again` is what is typed the second time."""
    page.get_by_label("原口令").fill(old)
    page.get_by_label("新口令", exact=True).fill(CHOSEN)
    page.get_by_label("再输一次新口令").fill(again)
    page.get_by_role("button", name="修改口令").click()


def a_second_factor(page: Page, house: Guarded) -> Callable[[], str]:
    """Set one up on one's own page; returns what gives the next code whenever it is asked, for a code counts once."""
    page.goto(f"{house.address}account")
    page.get_by_role("button", name="绑定动态口令").click()
    expect(page.locator("svg.qr")).to_be_visible()
    page.get_by_text("扫不了码？").click()
    secret = page.locator(".seed").inner_text().replace(" ", "")
    step = real_ms() // totp.STEP_MS
    page.get_by_label("动态口令").fill(totp.code_at(secret, step))
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_role("status")).to_have_text("动态口令已验证")
    return lambda: totp.code_at(secret, max(step + 1, real_ms() // totp.STEP_MS))


@pytest.mark.claim(
    "ACCOUNTS", "A token is made on its page, shown once, opens a wall, and opens nothing once it is revoked there."
)
@pytest.mark.claim("ACCOUNTS", "The audit administrator finds these acts on the search page and checks the chain.")
def test_a_token_is_made_revoked_and_found(chromium: Chromium, house: Guarded) -> None:
    name = f"指挥大厅 {real_ms()}"
    with at_desk(chromium, house, house.colleague(Role.SECURITY)) as (page, watch):
        page.goto(f"{house.address}tokens")
        page.get_by_label("名称").fill(name)
        page.get_by_role("button", name="发放").click()
        secret = page.locator(".secret input").input_value()
        page.get_by_role("button", name="复制").click()
        wall = {"Cookie": f"{TOKEN}={secret}"}
        assert house.ask("GET", "wall", wall).status_code == 200
        house.entrance.write()
        page.goto(f"{house.address}tokens")
        assert secret not in page.content()
        row = page.locator("tr", has_text=name)
        expect(row).not_to_contain_text("从未")  # its last use is known
        row.get_by_text("吊销…").click()
        row.get_by_role("button", name="吊销").click()
        expect(page.get_by_role("status")).to_contain_text("令牌已吊销")
        eventually(lambda: house.ask("GET", "wall", wall).status_code == 401, 8)
        watch.assert_quiet(urlsplit(house.address).netloc)
    with at_desk(chromium, house, house.colleague(Role.AUDIT)) as (page, watch):
        page.goto(f"{house.address}audit")
        page.get_by_label("谁").fill("security-1")
        page.get_by_label("操作").select_option("tokens.make")
        page.get_by_role("button", name="查找").click()
        expect(page.locator("tbody")).to_contain_text(f"token:{name}")
        expect(page.locator("tbody")).to_contain_text("revoked True")
        page.get_by_label("对象").fill("no such thing")
        page.get_by_role("button", name="查找").click()
        expect(page.locator("tbody")).to_have_text("没有符合的记录")
        page.get_by_role("button", name="校验全链").click()
        expect(page.locator(".chain")).to_contain_text("链条无误")
        watch.assert_quiet(urlsplit(house.address).netloc)
    exported = house.ask("GET", "audit/export", house.colleague(Role.AUDIT))
    assert f"token:{name}" in exported.text and "attachment" in exported.headers["content-disposition"]


@pytest.mark.claim(
    "ACCOUNTS", "No page about accounts opens for somebody without the right; he is told why in a sentence."
)
def test_nobody_elses_page_opens(chromium: Chromium, house: Guarded) -> None:
    shut = {
        Role.DUTY: ("people", "posts", "rights", "tokens", "audit", "departments"),
        Role.SYSTEM: ("tokens", "audit", "wall"),
        Role.SECURITY: ("audit", "indicators"),
        Role.AUDIT: ("people", "tokens"),
    }
    for role, pages in shut.items():
        with at_desk(chromium, house, house.colleague(role)) as (page, _):
            for place in pages:
                answer = page.goto(house.address + place)
                assert answer is not None and answer.status == 403, (role, place)
                expect(page.get_by_role("alert")).to_contain_text("所任岗位无权")
    with at_desk(chromium, house, {}) as (page, _):
        page.goto(f"{house.address}people")
        expect(page).to_have_url(f"{house.address}sign-in?next=people")


@pytest.mark.claim(
    "ACCOUNTS",
    "An expired session locks the acts, never the picture: a bar says so, and the next person signs in on top of it.",
)
def test_the_next_person_signs_in_on_top(chromium: Chromium, house: Guarded) -> None:
    former = house.as_person(house.person(Role.DUTY, name="孙前班"), real_ms() - 13 * HOUR_MS)
    login = f"next-{real_ms()}"
    house.person(Role.SHIFT_LEADER, login=login, name="李接班")
    password = new_password(house, login)
    with signed_in(chromium, house, "indicators", former) as page:
        expect(page.locator(".account-bar")).to_contain_text("会话已过期，只能看不能办")
        expect(page.locator("#desk-body .desk-row").first).to_be_visible()
        begun_ms = real_ms()
        page.locator(".account-bar").get_by_role("button", name="登录").click()
        signs_in_on_top(page, login, password)
        assert real_ms() - begun_ms < 10_000 * patience()
        expect(page.locator(".account-bar")).to_be_empty()
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.locator("#desk-body .desk-row").first).to_be_visible()  # it was never loaded anew
        until(page, LIVE)


@pytest.mark.claim(
    "ACCOUNTS", "When somebody of a narrower reach signs in on top, what he may not see leaves the screen."
)
@pytest.mark.claim(
    "ACCOUNTS",
    "On the wall an expired session takes neither picture nor sound, moves nothing; the next person signs in on top.",
)
def test_the_next_person_signs_in_on_the_wall(chromium: Chromium, house: Guarded) -> None:
    former = house.as_person(house.person(Role.DUTY, name="孙前班"), real_ms() - 13 * HOUR_MS)
    login = f"wall-{real_ms()}"
    house.person(Role.SHIFT_LEADER, Reach(("440982",)), login=login, name="李接班")
    password = new_password(house, login)
    with signed_in(chromium, house, "wall", former, WALL) as page:
        bar = page.locator(".wall-head .account-bar")
        expect(bar).to_contain_text("会话已过期，只能看不能办")
        assert page.evaluate("document.querySelector('.wall').getBoundingClientRect().toJSON()")["height"] == WALL[1]
        page.mouse.click(600, 400)  # a hand has touched it: browsers then let it sound
        house.picture.show("typhoon", warnings=2)
        expect(page.locator("#wall-warnings li").first).to_be_visible()
        until(page, "cityvitals.sound.rung().red > 0")
        begun_ms = real_ms()
        bar.get_by_role("button", name="登录").click()
        signs_in_on_top(page, login, password)
        assert real_ms() - begun_ms < 10_000 * patience()
        expect(bar).to_be_empty()
        until(page, "Object.keys(cityvitals.live.picture().areas).join() === '440982'")
        until(page, LIVE)


@pytest.mark.claim(
    "ACCOUNTS",
    "On the phone an expired session shows its tasks; what is done waits, and goes after a sign-in there.",
)
def test_the_next_person_signs_in_on_the_phone(chromium: Chromium, house: Guarded) -> None:
    person = house.person(Role.FIELD, login=f"field-{real_ms()}", name="周队员")
    password = new_password(house, person.login)
    title = f"过期也报 {person.login}"
    with at_desk(chromium, house, house.as_person(person, real_ms() - 13 * HOUR_MS), PHONE) as (page, _):
        page.goto(f"{house.address}m?unit=pump-1")
        expect(page.locator(".expired")).to_contain_text("会话已过期，只能看不能办")
        page.locator("details.report summary").click()
        page.locator(".report select[name=kind]").select_option("water.road_water")
        page.locator(".report input[name=title]").fill(title)
        page.locator(".report button").click()
        expect(page.locator(".waits")).to_be_visible()
        page.locator(".expired input[name=login]").fill(person.login)
        page.locator(".expired input[name=password]").fill(password)
        page.locator(".expired button").click()
        expect(page).to_have_url(f"{house.address}m?unit=pump-1")
        expect(page.locator(".expired")).to_have_count(0)
        eventually(lambda: title in titles(house), 20)
        expect(page.locator(".waits")).to_be_hidden()
    assert titles(house).count(title) == 1


def titles(house: Guarded) -> list[str]:
    """What every case is called."""
    cases = house.ask("GET", "api/v1/cases", house.colleague(Role.DISPATCHER)).json()["cases"]
    return [str(one["title"]) for one in cases]


def signs_in_on_top(page: Page, login: str, password: str) -> None:
    """Type into the dialog as a hurried person does, keys only."""
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.locator("#shell-account summary")).to_have_text("李接班")


def new_password(house: Guarded, login: str) -> str:
    """A password of somebody's own, as after his first sign-in."""
    from accounts.founding import console
    from accounts.sign_in import SignedIn, Where

    office, now_ms = house.office, real_ms()
    first = office.credentials.reset_password(console(), login, now_ms)
    signed = office.sign_in.with_password(login, first, Where("10.0.0.7"), now_ms)
    assert isinstance(signed, SignedIn)
    assert office.credentials.change_password(signed.person, first, CHOSEN, signed.session, now_ms) is None
    return CHOSEN


@pytest.mark.parametrize(("role", "place"), [(Role.SYSTEM, "people"), (Role.SECURITY, "rights"), (Role.AUDIT, "audit")])
def test_account_pages_fit_a_phone(chromium: Chromium, house: Guarded, role: Role, place: str) -> None:
    with at_desk(chromium, house, house.colleague(role), PHONE) as (page, watch):
        page.goto(house.address + place)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        watch.assert_quiet(urlsplit(house.address).netloc)
