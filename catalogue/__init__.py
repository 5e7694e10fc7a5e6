"""What this city has declared: packs read with file and line, checked whole."""

from catalogue.declared import City, Declared, Domain
from catalogue.folder import examine_folder, findings_of
from catalogue.load import check, examine, load, load_fitting

__all__ = ["City", "Declared", "Domain", "check", "examine", "examine_folder", "findings_of", "load", "load_fitting"]
