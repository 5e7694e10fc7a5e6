"""The audit: searched, its chain checked, exported. Looking for a row is no act; checking and exporting are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from accounts.chain import Verdict
from accounts.inspection import PAGE
from api.entrance import Entrance
from callbacks.account_desk import AccountDesk, Asked, Written
from core.clock import real_ms
from layouts.account_frame import Frame, begin_of, end_of
from layouts.audit import FIELDS, Found, audit_page
from store.audit import Asked as Wanted


def register(desk: AccountDesk, server: FastAPI, entrance: Entrance) -> None:
    """The page `audit`, the check of its chain, and its export."""
    office = desk.office

    def found(asked: Asked, verdict: Verdict | None = None) -> Found:
        rows = office.inspection.search(asked.by, wanted_of(asked), PAGE + 1)
        return Found(
            rows=rows[:PAGE],
            asked={name: asked.word(name) for name in FIELDS},
            names=office.roster.names(asked.by, "audit.see"),
            more=rows[PAGE - 1].number if len(rows) > PAGE else None,
            head=office.inspection.newest_head(asked.by),
            may_export="audit.export" in asked.rights(),
            verdict=verdict,
        )

    def show(frame: Frame, asked: Asked) -> str:
        return audit_page(frame, found(asked))

    def verify(asked: Asked) -> Written:
        verdict = office.inspection.verify(asked.by, asked.now_ms)
        return lambda frame: audit_page(frame, found(asked, verdict))

    async def export() -> StreamingResponse:
        lines = office.inspection.export(entrance.bearer(), real_ms())
        return StreamingResponse(
            _ended(lines),
            media_type="application/x-ndjson",
            headers={
                "Content-Disposition": 'attachment; filename="cityvitals-audit.jsonl"',
                "Cache-Control": "no-store",
            },
        )

    desk.page("audit", show)
    desk.act("audit/verify", verify, show)
    server.add_api_route(f"{desk.base_path}audit/export", export, methods=["GET"], include_in_schema=False)


def wanted_of(asked: Asked) -> Wanted:
    """The search that was typed; a day that is none counts as not typed, an actor may be a login."""
    actor, before = asked.word("actor"), asked.word("before")
    known = actor in {"", "nobody", "system", "console"} or ":" in actor
    return Wanted(
        actor=actor if known else f"person:{actor}",
        action=asked.word("action"),
        subject=asked.word("subject"),
        outcome=asked.word("outcome"),
        from_ms=_day(asked.word("from"), begin_of) or 0,
        until_ms=_day(asked.word("until"), end_of),
        before=int(before) if before.isdecimal() and len(before) < 16 else None,
    )


def _day(written: str, edge: Callable[[str], int]) -> int | None:
    try:
        return edge(written)
    except ValueError:
        return None


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield f"{line}\n"
