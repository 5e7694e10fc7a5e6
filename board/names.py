"""What the subject of a value or a warning is called, and in which county it lies."""

from __future__ import annotations

from catalogue.declared import Declared
from geo.areas import AreaLevel

IN_PICTURE = (AreaLevel.CITY, AreaLevel.COUNTY, AreaLevel.ZONE)


class Names:
    """The declared names in the language of the screens. A subject is an area or a device."""

    def __init__(self, declared: Declared, language: str) -> None:
        self._declared = declared
        self.language = language
        self.city = declared.city.code

    def subject(self, subject: str) -> str:
        """The name of an area or a device; what nobody declared is called by its id."""
        if subject in self._declared.areas:
            return self._declared.areas[subject].name[self.language]
        device = self._declared.devices.get(subject)
        return device.name[self.language] if device else subject

    def county_of(self, subject: str) -> str:
        """The county in which a subject lies; the city for itself and for all that has no county."""
        areas, device = self._declared.areas, self._declared.devices.get(subject)
        area = device.area if device else subject
        return (areas.county_of(area) if area in areas else "") or self.city

    def is_in_picture(self, subject: str) -> bool:
        """True for the city, its counties and zones: the picture holds their values; pages ask for those of others."""
        return subject in self._declared.areas and self._declared.areas[subject].level in IN_PICTURE

    def rule(self, rule: str) -> str:
        """The name of a rule."""
        known = self._declared.rules.get(rule)
        return known.name[self.language] if known else rule
