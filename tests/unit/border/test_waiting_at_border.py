"""Acts that wait on the border: on disk and unreadable there, bounded, in order, each settled once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from border.act import Act, fields_of, key_of
from border.delivery import TRIES, Delivery
from border.inner import Answer, Asked
from border.known import KEPT, LASTS_MS, Known
from border.pages import Pages
from border.queue import ACTS_EACH, Queue, QueueFull, Refused
from border.vault import Unreadable, Vault, vault_of
from core.clock import real_ms
from core.errors import NeighbourDown
from core.records import DAY_MS

Given = TypeVar("Given")

ANNA, BEN = "a" * 32, "b" * 32
VAULT = Vault(bytes(range(32)))


def act(sender: str, number: int, body: bytes = b"verb=accept") -> Act:
    headers = (("cookie", "cityvitals_session=very-secret"),)
    return Act(sender, "/m/step", headers, body, "198.51.100.7", real_ms(), f"key-{number:04d} ")


def run(work: Coroutine[Any, Any, Given]) -> Given:
    """What some work gives, on a loop of its own: the browser of another test may have one in this thread."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


def queue_in(folder: Path, vault: Vault = VAULT, limit_mb: int = 10) -> Queue:
    return Queue(folder / "queue", vault, limit_mb)


def test_what_is_kept_is_read_by_a_relay_started_anew(tmp_path: Path) -> None:
    first = queue_in(tmp_path)
    for number, sender in enumerate([ANNA, BEN, ANNA]):
        first.put(act(sender, number, f"text={number}".encode()))
    again = queue_in(tmp_path)
    assert (again.count(), again.count(ANNA), again.senders()) == (3, 2, [ANNA, BEN])
    found = again.first(ANNA)
    assert found is not None and found[1].body == b"text=0"
    again.done(ANNA, found[0])
    again.put(act(BEN, 9))
    assert [len(list((tmp_path / "queue").glob(f"*.{one}.act"))) for one in (ANNA, BEN)] == [1, 2]
    assert queue_in(tmp_path).count() == 3


@pytest.mark.claim("COMMAND", "What waits on the border machine is encrypted there, cookies, words and photos.")
def test_nothing_lies_there_in_the_clear(tmp_path: Path) -> None:
    queue_in(tmp_path).put(act(ANNA, 1, b"text=\xe6\xb0\xb4\xe5\x88\xb0\xe8\x86\x9d\xe7\x9b\x96"))
    (file,) = (tmp_path / "queue").iterdir()
    content = file.read_bytes()
    assert b"very-secret" not in content and b"text=" not in content and file.stat().st_mode & 0o077 == 0
    moved = file.rename(file.with_name(file.name.replace(ANNA, BEN)))  # nor is it made another's
    with pytest.raises(Unreadable):
        VAULT.open(moved.read_bytes(), moved.name)


def test_what_another_key_wrote_is_set_aside_and_told(tmp_path: Path) -> None:
    queue_in(tmp_path).put(act(ANNA, 1))
    other = queue_in(tmp_path, Vault(b"k" * 32))
    assert (other.count(), other.unreadable) == (0, 1)
    other.put(act(ANNA, 2))
    assert queue_in(tmp_path, Vault(b"k" * 32)).unreadable == 1, "it stays, and no number is given twice"
    assert len(list((tmp_path / "queue").iterdir())) == 2


def test_the_key_of_the_queue_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, again = vault_of(tmp_path / "var"), vault_of(tmp_path / "var")
    assert again.open(first.close(b"x", "n"), "n") == b"x"
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "var").iterdir()] == [0o600]


@pytest.mark.claim("COMMAND", "The border's queue is bounded for each sender and in all; beyond it says so clearly.")
def test_the_queue_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda number: None)  # two hundred times
    queue = queue_in(tmp_path)
    for number in range(ACTS_EACH):
        queue.put(act(ANNA, number))
    queue.put(act(ANNA, 0))  # the same one once more is no further one
    with pytest.raises(QueueFull):
        queue.put(act(ANNA, ACTS_EACH))
    queue.put(act(BEN, 1))
    large = queue_in(tmp_path / "large", limit_mb=1)
    large.put(act(ANNA, 1, b"x" * 600_000))
    with pytest.raises(QueueFull):
        large.put(act(BEN, 1, b"x" * 600_000))


def test_a_refusal_is_told_until_it_was_read(tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    queue.put(act(ANNA, 1))
    found = queue.first(ANNA)
    assert found is not None
    told = Refused(found[0].number, 5, 6, "/m/step", "不能")
    queue.refuse(ANNA, found[0], told)
    again = queue_in(tmp_path)
    assert again.refused(ANNA) == [told] and again.refused(BEN) == [] and again.count() == 0
    again.read(BEN, {told.number})
    again.read(ANNA, {told.number + 1})
    assert again.refused() == [told]
    again.read(ANNA, {told.number})
    assert again.refused() == queue_in(tmp_path).refused() == []


def test_a_refusal_that_nobody_reads_is_dropped_after_a_week(tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    queue.put(act(ANNA, 1))
    found = queue.first(ANNA)
    assert found is not None
    queue.refuse(ANNA, found[0], Refused(found[0].number, 0, 0, "/m/step", ""))
    queue.drop_old(7 * DAY_MS)
    assert len(queue.refused()) == 1
    queue.drop_old(7 * DAY_MS + 1)
    assert queue.refused() == []


def test_only_who_was_accepted_lately_is_known(tmp_path: Path) -> None:
    known, now_ms = Known(tmp_path), 1_790_000_000_000
    assert not known.has(ANNA, now_ms)
    known.saw(ANNA, now_ms)
    again = Known(tmp_path)
    assert again.has(ANNA, now_ms + LASTS_MS) and not again.has(ANNA, now_ms + LASTS_MS + 1)
    assert not again.has(BEN, now_ms)
    again.forget(ANNA)
    assert not Known(tmp_path).has(ANNA, now_ms)


def test_the_memory_of_them_is_bounded(tmp_path: Path) -> None:
    known, now_ms = Known(tmp_path), 1_790_000_000_000
    known.saw(ANNA, now_ms)
    known.saw(BEN, now_ms + LASTS_MS + 1)
    assert [file.name for file in tmp_path.iterdir()] == [BEN] and KEPT <= 100_000


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"key=k-12345678&k=link&text=%E6%B0%B4"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk-12345678\r\n'
            b'--x\r\nContent-Disposition: form-data; name="k"\r\n\r\nlink\r\n'
            b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xe6\xb0\xb4\r\n'
            b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n\xff\xd8\xff\r\n--x--\r\n',
        ),
    ],
)
def test_fields_of_both_kinds_of_form(content_type: str, body: bytes) -> None:
    assert run(fields_of(content_type, body)) == {"key": "k-12345678", "k": "link", "text": "水"}


@pytest.mark.parametrize("content_type", ["", "multipart/form-data", "multipart/form-data; boundary=y", "text/plain"])
def test_what_is_no_form_has_no_key(content_type: str) -> None:
    for body in (b"", b"\xff\xfe\x00", b"--x\r\n", b"key=short"):
        assert key_of(run(fields_of(content_type, body))) == ""


def test_a_small_copy_and_its_original_are_two_acts() -> None:
    assert key_of({"key": "k-12345678", "part": "small"}) != key_of({"key": "k-12345678", "part": "whole"}) != ""


class Site:
    """A website that answers as `says` says; what it was asked, in order."""

    def __init__(self, says: Callable[[Asked], int | None], body: bytes = b"") -> None:
        self.says, self.body, self.asked = says, body, list[str]()

    @asynccontextmanager
    async def ask(self, asked: Asked) -> AsyncIterator[Answer]:
        status = self.says(asked)
        self.asked.append(asked.body.decode())
        if status is None:
            raise NeighbourDown("away")
        yield Answer(status, [], self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield self.body


def rounds(site: Site, queue: Queue, count: int = 1) -> None:
    async def some() -> None:
        delivery = Delivery(site, queue, Pages("zh", "/"))  # type: ignore[arg-type]
        for _ in range(count):
            await delivery.round()

    run(some())


def test_each_senders_acts_go_in_order_and_nobody_waits_for_another(tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    for number in range(3):
        queue.put(act(ANNA, number, b"anna %d" % number))
        queue.put(act(BEN, number, b"ben %d" % number))
    away = {"anna 1"}
    site = Site(lambda asked: None if asked.body.decode() in away else 303)
    rounds(site, queue, 2)
    assert [one for one in site.asked if one.startswith("anna")] == ["anna 0", "anna 1", "anna 1"]
    assert [one for one in site.asked if one.startswith("ben")] == ["ben 0", "ben 1", "ben 2"]
    away.clear()
    rounds(site, queue)
    assert site.asked[-2:] == ["anna 1", "anna 2"] and queue.count() == 0 and queue.refused() == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (422, '<p class="told refusal" role="status">已签收 &amp; 不能</p>'.encode(), "已签收 & 不能"),
        (403, '{"error": {"code": "x", "sentence": "权限不足"}}'.encode(), "权限不足"),
        (401, b"{}", "登录已失效"),
        (410, b"", "链接已失效"),
        (404, b"\xff", "内网答复 404"),
    ],
)
def test_what_the_site_takes_not_is_told_with_its_reason(tmp_path: Path, status: int, body: bytes, why: str) -> None:
    queue = queue_in(tmp_path)
    queue.put(act(ANNA, 1))
    queue.put(act(ANNA, 2, b"second"))
    rounds(Site(lambda asked: 303 if asked.body == b"second" else status, body), queue)
    assert [one.why for one in queue.refused(ANNA)] == [why] and queue.count() == 0


def test_a_site_that_fails_at_one_act_blocks_its_sender_not_for_ever(tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    queue.put(act(ANNA, 1))
    site = Site(lambda asked: 500)
    rounds(site, queue, TRIES - 1)
    assert queue.count() == 1
    rounds(site, queue, TRIES)
    assert [one.why for one in queue.refused()] == ["内网答复 500"] and len(site.asked) <= 2 * TRIES


def test_an_act_of_a_week_ago_is_not_sent(tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    queue.put(replace(act(ANNA, 1), taken_ms=real_ms() - 7 * DAY_MS))
    site = Site(lambda asked: 303)
    rounds(site, queue)
    assert site.asked == [] and [one.why for one in queue.refused()] == ["等待超过七天"]
