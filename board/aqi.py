"""The six official classes of the air quality index: word and colour belong to the AQI, never to our warnings.

Source: HJ 633-2012, table 2 (classes and RGB colours); unchanged in the 2026 edition as far as its text was seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import text

CLASSES: tuple[tuple[float, str, str], ...] = (  # highest AQI of the class, code, official colour
    (50, "good", "#00E400"),
    (100, "moderate", "#FFFF00"),
    (150, "light", "#FF7E00"),
    (200, "medium", "#FF0000"),
    (300, "heavy", "#99004C"),
    (float("inf"), "severe", "#7E0023"),
)


def aqi_record(value: float | None, primary: Sequence[str], scheme: str, language: str) -> dict[str, object]:
    """What must stand beside an AQI: class, word, colour, primary pollutants (only above 50), scheme.

    primary: names of pollutants. An unknown value has neither class nor colour.

    >>> aqi_record(135.0, ["PM2.5"], "HJ 633-2012", "zh")["word"]
    '轻度污染'
    """
    if value is None:
        return {"class": None, "word": None, "colour": None, "primary": [], "scheme": scheme}
    code, colour = next((code, colour) for highest, code, colour in CLASSES if value <= highest)
    return {
        "class": code,
        "word": text(f"board.aqi-{code}", language),
        "colour": colour,
        "primary": list(primary) if value > CLASSES[0][0] else [],
        "scheme": scheme,
    }
