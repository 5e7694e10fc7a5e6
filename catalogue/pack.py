"""Which files declare a city, and how their sections come together.

Topic files (`packs/topics/`) hold what all cities share; a city's file (`packs/cities/`) adds its own and may
lay single keys over an entry of a topic. A city without a file of its own gets an invented one. Over all of that lies
what the city has adopted while it runs (`stream/adopted.py`): rules as wholes, of any other section single keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from catalogue import invented
from catalogue.source import Piece, piece_of, read
from core.errors import UnknownName
from geo.divisions import find_city

SHARED = (
    "domains",
    "metrics",
    "schemes",
    "feeds",
    "devices",
    "indicators",
    "rules",
    "case_kinds",
    "case_causes",
    "case_intake",
    "state_words",
    "plans",
    "units",
    "case_scores",
    "urgent_reports",
    "routes",
)
Adopted = Mapping[str, Mapping[str, Any]]  # section → id → entry
NOTHING: Adopted = MappingProxyType({})
ALWAYS = ("domains", "system", "cases", "plans", "case_reports")  # topic files that every city uses


@dataclass(frozen=True, slots=True)
class Pack:
    """One city's whole declaration as written: the section `city`, and id → entry of each other section."""

    folder: Path
    city: Piece
    sections: Mapping[str, Mapping[str, Piece]]


def find_pack(packs: Path, city: str, problems: list[str], adopted: Adopted = NOTHING) -> Pack:
    """The pack of a city, by the name of its file, its code, or its name.

    Raises:
        UnknownName: Neither a pack nor a city of the division table.
    """
    own = _city_document(packs, city, problems)
    _refuse_unknown_sections(own, ("city", "areas", *SHARED), problems)
    sections: dict[str, dict[str, Piece]] = {section: {} for section in ("areas", *SHARED)}
    for document in _topics(packs, own, problems):
        _refuse_unknown_sections(document, SHARED, problems)
        for section in SHARED:
            _add(sections[section], section, document, problems)
    for section in SHARED:
        for entry_id, piece in _entries(own, section, problems):
            earlier = sections[section].get(entry_id)
            sections[section][entry_id] = piece.over(earlier) if earlier else piece
    _add(sections["areas"], "areas", own, problems)
    for section, entries in ((name, adopted[name]) for name in sections if name in adopted):
        for entry_id, entry in entries.items():
            piece, earlier = piece_of(entry, f"adopted:{section}.{entry_id}"), sections[section].get(entry_id)
            sections[section][entry_id] = piece.over(earlier) if earlier and section != "rules" else piece
    return Pack(packs, own.parts.get("city", Piece(own.where, {})), sections)


def _city_document(packs: Path, city: str, problems: list[str]) -> Piece:
    files = sorted((packs / "cities").glob("*.yaml"))
    named = [file for file in files if file.stem == city]
    if named:
        return read(named[0], problems)
    try:
        entry = find_city(city)
    except UnknownName as unknown:
        entry, why = None, unknown
    code = entry.code if entry else city
    for file in files:
        if not any(word.encode() in file.read_bytes() for word in (code, city)):
            continue  # spares reading the largest pack for each of the other cities
        others: list[str] = []  # mistakes of another city's pack are not ours
        document = read(file, others)
        if document.at(("city", "code")).content == code or document.at(("city", "name", "zh")).content == city:
            problems.extend(others)
            return document
    if entry is None:
        raise UnknownName(f"{why}; packs: {', '.join(file.stem for file in files) or 'none'}")
    return invented.pack_of(entry)


def _topics(packs: Path, own: Piece, problems: list[str]) -> list[Piece]:
    """The topic files that the city uses, and every index scheme."""
    files = {file.stem: file for file in sorted((packs / "topics").glob("*.yaml"))}
    wanted = own.at(("city", "topics"))
    names = wanted.content if isinstance(wanted.content, list) else list(files)
    for row, name in enumerate(names):
        if name not in files:
            problems.append(f"{wanted.at((row,)).where}: no topic file {name!r}; known: {', '.join(files)}")
    used = [file for name, file in files.items() if name in {*names, *ALWAYS}]
    schemes = sorted((packs / "topics" / "schemes").glob("*.yaml"))
    return [read(file, problems) for file in (*used, *schemes)]


def _add(into: dict[str, Piece], section: str, document: Piece, problems: list[str]) -> None:
    for entry_id, piece in _entries(document, section, problems):
        if entry_id in into:
            problems.append(
                f"{piece.where}: {entry_id!r} in {section} is declared twice; first at {into[entry_id].where}"
            )
        else:
            into[entry_id] = piece


def _entries(document: Piece, section: str, problems: list[str]) -> Iterable[tuple[str, Piece]]:
    piece = document.parts.get(section)
    if piece is None:
        return ()
    if not isinstance(piece.content, dict):
        problems.append(f"{piece.where}: {section} is a mapping from id to entry")
        return ()
    return piece.parts.items()


def _refuse_unknown_sections(document: Piece, known: tuple[str, ...], problems: list[str]) -> None:
    for section, piece in document.parts.items():
        if section not in known:
            problems.append(f"{piece.where}: unknown section {section!r}; known: {', '.join(known)}")
