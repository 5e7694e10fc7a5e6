"""From the text of a formula to its tree, or to one sentence that says where it is wrong and what is accepted.

condition  = any { "or" any }                        any   = one { "and" one }
one        = "not" one | sum [ compare sum ]         compare = "<" "<=" ">" ">=" "==" "!="
sum        = product { ("+" | "-") product }         product = operand { ("*" | "/") operand }
operand    = "-" operand | number | name | "(" condition ")" | function "(" arguments ")"
function   = min max clip abs if table               a point of a table is  number ":" number
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from itertools import pairwise
from typing import NamedTuple

from core.errors import FormulaError
from indicators.formula_tree import (
    COMPARISONS,
    Called,
    Chain,
    Chosen,
    Compared,
    Logic,
    Name,
    Negated,
    Node,
    Number,
    Table,
)

LONGEST = 2_000  # letters; the longest of the city plans has 180
DEEPEST = 24  # brackets, signs and `not` inside each other: far below what Python's stack bears
# As typed by a Chinese keyboard or copied from a document; each stands for one sign, so that positions stay.
TYPED = str.maketrans("×÷−–（），：＜＞＋－＊／", "*/--(),:<>+-*/")
WORDS = ("and", "or", "not")
USES = {  # how each function is written, and how many values it takes at least and at most
    "min": ("min(a, b, …)", 2, LONGEST),
    "max": ("max(a, b, …)", 2, LONGEST),
    "clip": ("clip(value, low, high)", 3, 3),
    "abs": ("abs(value)", 1, 1),
    "if": ("if(condition, then, otherwise)", 3, 3),
    "table": ("table(value, x:y, x:y, …)", 1, 1),
}
RESERVED = frozenset({*WORDS, *USES})  # no input may be named like these

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[≤≥≠<>+\-*/(),:]))",
    re.ASCII,
)
_ONE_SIGN = {"≤": "<=", "≥": ">=", "≠": "!="}


class Token(NamedTuple):
    """A word of the formula and its column, from 1. kind: number, name, sign, end."""

    kind: str
    text: str
    column: int


def parse(text: str, names: Collection[str]) -> tuple[Node, tuple[str, ...]]:
    """The tree of a formula, and the names that it uses in the order of their first use.

    Raises:
        FormulaError: Not a formula, too long, too deep, or a name that is not among `names`.
    """
    if len(text) > LONGEST:
        raise FormulaError(LONGEST + 1, f"a formula has at most {LONGEST:,} letters, this one {len(text):,}")
    reader = _Reader(_tokens(text.translate(TYPED)), names)
    tree = reader.condition()
    if reader.now.kind != "end":
        raise reader.unexpected("an operator or the end")
    return tree, tuple(reader.used)


def _tokens(text: str) -> list[Token]:
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FormulaError(at + 1, f"{text[at]!r} is not understood; numbers, names, + - * / ( ) , : and < > == !=")
        kind = str(found.lastgroup)
        word = found[kind]
        tokens.append(Token(kind, _ONE_SIGN.get(word, word), found.start(kind) + 1))
        at = found.end()
    return [*tokens, Token("end", "", end + 1)]


class _Reader:
    """Reads tokens from left to right; each method reads one line of the grammar."""

    def __init__(self, tokens: list[Token], names: Collection[str]) -> None:
        self._tokens, self._names = tokens, names
        self._at = self._depth = 0
        self.used: dict[str, None] = {}

    @property
    def now(self) -> Token:
        """The token that is read next."""
        return self._tokens[self._at]

    def unexpected(self, accepted: str) -> FormulaError:
        """The next token cannot stand here; `accepted` can."""
        found = "the formula ends" if self.now.kind == "end" else f"{self.now.text!r} stands"
        return FormulaError(self.now.column, f"{found} where {accepted} is accepted")

    def condition(self) -> Node:
        """A whole expression, up to what cannot belong to it."""
        return self._joined("or", lambda: self._joined("and", self._one))

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        nodes = [part()]
        while self._took(word):
            nodes.append(part())
        return Logic(word, tuple(nodes)) if len(nodes) > 1 else nodes[0]

    def _one(self) -> Node:
        if self._took("not"):
            return Logic("not", (self._deeper(self._one),))
        left = self._sum()
        sign = self.now.text
        if sign not in COMPARISONS:
            return left
        self._at += 1
        compared = Compared(left, sign, self._sum())
        if self.now.text in COMPARISONS:
            raise self.unexpected("`and` (a < b < c is written a < b and b < c)")
        return compared

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/"), self._operand)

    def _chain(self, signs: tuple[str, str], part: Callable[[], Node]) -> Node:
        first, rest = part(), []
        while self.now.kind == "sign" and self.now.text in signs:
            sign = self.now.text
            self._at += 1
            rest.append((sign, part()))
        return Chain(first, tuple(rest)) if rest else first

    def _operand(self) -> Node:
        token = self.now
        if self._took("-"):
            return Negated(self._deeper(self._operand))
        if self._took("("):
            inside = self._deeper(self.condition)
            self._need(")")
            return inside
        if token.kind == "number":
            return Number(self._number())
        if token.kind == "name" and token.text not in WORDS:
            self._at += 1
            return self._deeper(lambda: self._call(token)) if self._took("(") else self._name(token)
        raise self.unexpected("a number, a name, a function or a bracket")

    def _name(self, token: Token) -> Name:
        if token.text not in self._names:
            known = ", ".join(sorted(self._names)) or "none"
            raise FormulaError(token.column, f"the name {token.text!r} is not declared here; known: {known}")
        self.used[token.text] = None
        return Name(token.text)

    def _call(self, token: Token) -> Node:
        if token.text not in USES:
            known = ", ".join(use for use, *_ in USES.values())
            raise FormulaError(token.column, f"there is no function {token.text!r}; known: {known}")
        nodes = [self.condition()]
        if token.text == "table":
            return self._table(token, nodes[0])
        while self._took(","):
            nodes.append(self.condition())
        self._need(")")
        use, fewest, most = USES[token.text]
        if not fewest <= len(nodes) <= most:
            raise FormulaError(token.column, f"{token.text} is written {use}; here it has {len(nodes)}")
        return Chosen(*nodes) if token.text == "if" else Called(token.text, tuple(nodes))

    def _table(self, token: Token, of: Node) -> Table:
        points: list[tuple[float, float]] = []
        while self._took(","):
            left = self._signed()
            self._need(":")
            points.append((left, self._signed()))
        self._need(")")
        x, y = tuple(point[0] for point in points), tuple(point[1] for point in points)
        if len(points) < 2 or any(here >= after for here, after in pairwise(x)):
            raise FormulaError(token.column, "a table has two points x:y or more, x rising from left to right")
        return Table(of, x, y)

    def _signed(self) -> float:
        return -self._number() if self._took("-") else self._number()

    def _number(self) -> float:
        token = self.now
        if token.kind != "number":
            raise self.unexpected("a number")
        self._at += 1
        number = float(token.text)
        if not math.isfinite(number):
            raise FormulaError(token.column, f"{token.text} is larger than any number that is reckoned with")
        return number

    def _took(self, text: str) -> bool:
        took = self.now.text == text
        self._at += took
        return took

    def _need(self, text: str) -> None:
        if not self._took(text):
            raise self.unexpected(repr(text))

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FormulaError(self.now.column, f"more than {DEEPEST} brackets or signs stand inside each other")
        node = read()
        self._depth -= 1
        return node
