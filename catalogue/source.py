"""YAML read with the place of every part kept, so that a mistake can be told with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is built in: ten times faster


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a document: its content, where it stands (`file:line`), and its own parts."""

    where: str
    content: Any
    parts: Mapping[Any, Piece] = field(default_factory=dict)

    def at(self, path: tuple[Any, ...]) -> Piece:
        """The part at a path, or the nearest one above it that exists."""
        piece = self
        for step in path:
            if step not in piece.parts:
                return piece
            piece = piece.parts[step]
        return piece

    def over(self, earlier: Piece) -> Piece:
        """This piece laid over an earlier one: mappings join key by key, anything else is replaced."""
        if not isinstance(self.content, dict) or not isinstance(earlier.content, dict):
            return self
        parts = dict(earlier.parts)
        for key, part in self.parts.items():
            parts[key] = part.over(parts[key]) if key in parts else part
        return Piece(self.where, {key: part.content for key, part in parts.items()}, parts)


def piece_of(content: Any, where: str) -> Piece:
    """A piece from plain content that stands in no file."""
    if isinstance(content, dict):
        return Piece(where, content, {key: piece_of(part, where) for key, part in content.items()})
    if isinstance(content, list):
        return Piece(where, content, {row: piece_of(part, where) for row, part in enumerate(content)})
    return Piece(where, content)


def read(file: Path, problems: list[str]) -> Piece:
    """The document in a file; what is wrong with its form is added to the problems.

    Anchors and aliases are refused: a pack reads from top to bottom, each line for itself.
    """
    empty = Piece(f"{file}:1", {})
    try:
        with file.open("rb") as stream:
            loader = _Loader(stream)
            try:
                node = loader.get_single_node()
                piece = _Composed(str(file), loader, problems).piece(node) if node else empty
            finally:
                loader.dispose()
    except OSError as problem:
        problems.append(f"{file}:1: cannot be read: {problem.strerror}")
        return empty
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        problems.append(f"{file}:{mark.line + 1 if mark else 1}: not YAML: {getattr(problem, 'problem', problem)}")
        return empty
    if not isinstance(piece.content, dict):
        problems.append(f"{piece.where}: a pack is a mapping of sections")
        return empty
    return piece


class _Composed:
    """Turns YAML nodes into pieces."""

    def __init__(self, file: str, loader: Any, problems: list[str]) -> None:
        self._file, self._loader, self._problems = file, loader, problems
        self._seen: set[int] = set()

    def piece(self, node: yaml.Node) -> Piece:
        where = self._where(node)
        if id(node) in self._seen:
            self._problems.append(f"{where}: anchors and aliases are not accepted; write the value out")
            return Piece(where, None)
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            rows = {row: self.piece(part) for row, part in enumerate(node.value)}
            return Piece(where, [part.content for part in rows.values()], rows)
        return Piece(where, self._scalar(node, where))

    def _mapping(self, node: yaml.MappingNode, where: str) -> Piece:
        parts: dict[Any, Piece] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in parts:
                self._problems.append(
                    f"{self._where(key_node)}: {key!r} is declared twice; first at {parts[key].where}"
                )
                continue
            value = self.piece(value_node)
            parts[key] = Piece(self._where(key_node), value.content, value.parts)
        return Piece(where, {key: part.content for key, part in parts.items()}, parts)

    def _scalar(self, node: yaml.Node, where: str) -> Any:
        try:
            return self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError) as problem:
            self._problems.append(f"{where}: {node.value!r} cannot be read: {problem}")
            return None

    def _where(self, node: yaml.Node) -> str:
        return f"{self._file}:{node.start_mark.line + 1}"
