"""What this city has declared: packs read with file and line, checked whole."""

from catalogue.declared import City, Declared, Domain
from catalogue.load import check, load

__all__ = ["City", "Declared", "Domain", "check", "load"]
