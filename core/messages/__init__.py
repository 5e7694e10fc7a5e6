"""The one catalogue of words. Every sentence that a person reads stands in a YAML file of this folder.

A file is a topic; an entry is `code: {zh: …, en: …}` with `{name}` places; its full code is `topic.code`.
The browser gets the same catalogue as JSON. `docs/terms.md` lists the one word for each concept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All messages: full code → language → text."""
    from importlib.resources import files  # noqa: PLC0415 - 20 ms that a process without a word to say does not need

    import yaml  # noqa: PLC0415 - as above

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is built in: ten times faster
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            topic = file.name.removesuffix(".yaml")
            for code, texts in (yaml.load(file.read_text("utf-8"), loader) or {}).items():
                found[f"{topic}.{code}"] = texts
    return found


def text(code: str, language: str, **values: object) -> str:
    """The message `code` in a language, its places filled.

    >>> text("level.red", "zh")
    '特别严重'
    """
    message = catalogue()[code][language]
    return message.format(**values) if values else message


def listed(names: Iterable[str], language: str) -> str:
    """Names one after another, as a language parts them.

    >>> listed(("高州市", "信宜市"), "zh"), listed(("pump", "boat"), "en")
    ('高州市、信宜市', 'pump, boat')
    """
    return text("wording.and", language).join(names)


def texts(language: str) -> dict[str, str]:
    """Every message in one language, for the browser."""
    return {code: message[language] for code, message in catalogue().items()}
