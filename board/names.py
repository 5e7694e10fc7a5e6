"""What the subject of a value or a warning is called, and in which county it lies."""

from __future__ import annotations

from catalogue.declared import Declared


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
        if subject in self._declared.areas:
            return subject
        device = self._declared.devices.get(subject)
        return device.area if device and device.area in self._declared.areas else self.city

    def is_station(self, subject: str) -> bool:
        """True for a device, False for an area."""
        return subject not in self._declared.areas

    def rule(self, rule: str) -> str:
        """The name of a rule."""
        known = self._declared.rules.get(rule)
        return known.name[self.language] if known else rule
