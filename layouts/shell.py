"""The frame of every page: the document around it, and the few parts that all pages share."""

from __future__ import annotations

import html as markup
import json

from dash import dcc, html

from core.messages import text, texts
from core.settings import Settings
from layouts import ids

IN_BROWSER = (
    "wall.",
    "duty.",
    "desk.",
    "level.",
    "stamp.",
    "rules.",
    "dispatch.",
    "capability.",
    "case.",
    "role.",
    "incident.",
    "plan.",
    "reports.",
    "wording.",
    "shared.",
)  # topics whose words the scripts write
AGAIN_MS = 1000  # a screen that is on before the city is asks so often, and then comes alive by itself
OLDEST_CHROMIUM = 109  # the last one on Windows 7

_DOCUMENT = """<!DOCTYPE html>
<html lang="{lang}" data-state="loading" style="background:#0A0E13">
<head>
<meta charset="utf-8">
<meta name="renderer" content="webkit">
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>{{%title%}}</title>
<link rel="icon" type="image/svg+xml" href="{base_path}assets/favicon.svg">
<script>{early}</script>
{{%css%}}
</head>
<body>
<div id="too-old" style="display:none">{too_old}</div>
<noscript>{no_script}</noscript>
{{%app_entry%}}
<script type="application/json" id="cityvitals-words">{words}</script>
<footer style="display:none">{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""

# ES3 on purpose: it must run in the compatibility mode of any browser. It also gives the page its class before the
# first paint, so that nothing jumps when the scripts arrive.
_EARLY = """(function(){{
var found=/Chrome\\/(\\d+)/.exec(navigator.userAgent),page=document.documentElement;
var old=found?+found[1]<{oldest}:!(window.CSS&&CSS.supports&&CSS.supports('selector(:has(a))')&&window.structuredClone);
if(/\\/wall\\/?$/.test(location.pathname))page.className='is-wall';
if(old)document.onreadystatechange=window.onload=function(){{
var note=document.getElementById('too-old'),app=document.getElementById('react-entry-point');
if(note)note.style.display='block';if(app)app.style.display='none';}};
}})();"""

_NOTE = """<div style="max-width:40em;margin:15vh auto 0;padding:0 1em;color:#E8EDF2;
font:20px/1.7 'Microsoft YaHei',sans-serif">
<p style="font-size:30px;font-weight:bold">{title}</p><p>{what}</p><p>{how}</p></div>"""


def document(settings: Settings) -> str:
    """The HTML document that Dash fills. Every address in it is built from BASE_PATH; every word is in it."""
    words = {code: word for code, word in texts(settings.language).items() if code.startswith(IN_BROWSER)}
    return _DOCUMENT.format(
        lang="zh-CN" if settings.language == "zh" else "en",
        base_path=markup.escape(settings.base_path),
        early=early_script(),
        too_old=_note("desk.too_old"),
        no_script=_note("desk.no_script"),
        words=json.dumps(words, ensure_ascii=False).replace("<", "\\u003c").replace("{%", "{ %"),
    )


def early_script() -> str:
    """The script that stands in the document itself; its hash must stand in the policy of the page."""
    return _EARLY.format(oldest=OLDEST_CHROMIUM)


def _note(code: str) -> str:
    """A static page in Chinese: who needs it has a browser that shows nothing else."""
    return _NOTE.format(
        title=text(f"{code}_title", "zh"), what=text(f"{code}_what", "zh"), how=text("desk.too_old_how", "zh")
    )


def layout(settings: Settings) -> html.Div:
    """What stands on every page around the page itself."""
    site = {"base_path": settings.base_path, "language": settings.language}
    return html.Div(
        [
            dcc.Location(id=ids.SHELL_ADDRESS, refresh=False),
            dcc.Store(id=ids.SHELL_SITE, data=site),
            html.Div(id=ids.SHELL_PAGE),
            dcc.Interval(id=ids.SHELL_AGAIN, interval=AGAIN_MS),
            html.Div(className="shell-hatch"),
            html.Div(id=ids.SHELL_STALE_BAR, className="shell-stale-bar", role="alert"),
            html.Div(id=ids.SHELL_SOUND_BAR, className="shell-sound-bar", role="alert"),
        ]
    )


def waiting(language: str) -> html.P:
    """Said instead of a page while no scene is active yet."""
    return html.P(text("desk.waiting", language), className="shell-waiting")
