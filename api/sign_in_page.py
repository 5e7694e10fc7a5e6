"""The plain page to sign in with: a form and no script, so that it works before anything else does."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

from api.entrance import Entrance
from core.messages import text

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark">
<style>
body{{background:#0A0E13;color:#E8EDF2;font:16px/1.7 "Microsoft YaHei","Noto Sans CJK SC",sans-serif;margin:0}}
form{{max-width:20em;margin:18vh auto 0;padding:0 1em}}
h1{{font-size:26px;font-weight:500;margin:0 0 1em}}
label{{display:block;margin:0 0 1em;color:#9AA7B4}}
input{{display:block;box-sizing:border-box;width:100%;margin-top:4px;padding:9px 10px;font:inherit;color:#E8EDF2;
background:#10161D;border:1px solid #2A343F}}
input:focus{{outline:2px solid #6CA6E0;outline-offset:-1px}}
button{{width:100%;padding:10px;font:inherit;color:#0A0E13;background:#C9D4DF;border:0;cursor:pointer}}
.why{{color:#FF6B5E;min-height:1.7em;margin:1em 0 0}}
</style></head><body>
<form method="post" action="{action}">
<h1>{title}</h1>
{fields}
<button>{enter}</button>
<p class="why" role="alert">{why}</p>
</form></body></html>"""
_FIELD = '<label>{label}<input name="{name}" type="{kind}" autocomplete="{known_as}" required{first}></label>'


def sign_in_page(entrance: Entrance, onward: str, why: str = "", status: int = 200) -> HTMLResponse:
    """The form to sign in with. onward: the page to go to, below the base path; why: of the last refusal."""
    fields = [
        _field(entrance, "login", "text", "username", first=True),
        _field(entrance, "password", "password", "current-password"),
        f'<input type="hidden" name="next" value="{escape(onward or "wall")}">',
    ]
    return _page(entrance, "sign-in", fields, why, status)


def new_password_page(entrance: Entrance, why: str = "", status: int = 200) -> HTMLResponse:
    """The form for a password that must change."""
    fields = [
        _field(entrance, "old", "password", "current-password", first=True),
        _field(entrance, "new", "password", "new-password"),
    ]
    return _page(entrance, "new-password", fields, why or text("rights.new-password", entrance.language), status)


def _field(entrance: Entrance, name: str, kind: str, known_as: str, first: bool = False) -> str:
    label = escape(text(f"sign-in.{name}", entrance.language))
    return _FIELD.format(label=label, name=name, kind=kind, known_as=known_as, first=" autofocus" if first else "")


def _page(entrance: Entrance, place: str, fields: list[str], why: str, status: int) -> HTMLResponse:
    page = _PAGE.format(
        lang="zh-CN" if entrance.language == "zh" else "en",
        action=escape(entrance.base_path + place),
        title=escape(text("sign-in.title", entrance.language)),
        fields="\n".join(fields),
        why=escape(why),
        enter=escape(text(f"sign-in.{'enter' if place == 'sign-in' else 'change'}", entrance.language)),
    )
    return HTMLResponse(page, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})
