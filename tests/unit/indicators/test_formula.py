"""The formula language: equal to plain Python floats reckoned area by area, and never anything but its own error."""

import ast
import math
import operator
import string
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indicators.formula import DEEPEST, LONGEST, Formula, FormulaError, compile_formula

NAMES = ("a", "b", "rain_1h")
NAN = math.nan

# --- the oracle: Python's own parser, one area at a time, floats that raise -------------------------------------

NUMBER = st.sampled_from([0.0, 1.0, 2.5, 100.0, 0.1, 7.0, 1e300]).map(repr)
COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def line(x: float, points: list[tuple[float, float]]) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x < x1:
            return (y1 - y0) / (x1 - x0) * (x - x0) + y0
    return points[-1][1]


def of_call(node: ast.Call, area: dict[str, float]) -> float:
    name = node.func.id  # type: ignore[attr-defined]
    if name == "choose":
        condition = plain(node.args[0], area)
        return NAN if math.isnan(condition) else plain(node.args[1 if condition else 2], area)
    if name == "table":
        x = plain(node.args[0], area)
        return NAN if math.isnan(x) else line(x, [ast.literal_eval(point) for point in node.args[1:]])
    values = [plain(argument, area) for argument in node.args]
    if any(math.isnan(value) for value in values):
        return NAN
    return {"min": min, "max": max, "abs": abs, "clip": lambda v, low, high: min(max(v, low), high)}[name](*values)


def plain(node: ast.expr, area: dict[str, float]) -> float:  # noqa: PLR0911 - one return for each kind of node
    """What a formula is worth in one area; the rules are those of the docstring of indicators/formula.py."""
    match node:
        case ast.Constant(value=float(number)):
            return number
        case ast.Name(id=name):
            return area[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -plain(inner, area)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            value = plain(inner, area)
            return NAN if math.isnan(value) else float(not value)
        case ast.BinOp(left=left, op=sign, right=right):
            values = plain(left, area), plain(right, area)
            try:
                result = ARITHMETIC[type(sign)](*values)
            except (ZeroDivisionError, OverflowError):
                return NAN
            return result if math.isfinite(result) else NAN
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            values = plain(left, area), plain(right, area)
            return NAN if any(map(math.isnan, values)) else float(COMPARE[type(sign)](*values))
        case ast.BoolOp(op=word, values=parts):
            several = [plain(part, area) for part in parts]
            if any(map(math.isnan, several)):
                return NAN
            return float(all(several) if isinstance(word, ast.And) else any(several))
        case ast.Call():
            return of_call(node, area)
    raise AssertionError(ast.dump(node))


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Formulas as Python would read them: `choose` for `if`, points as pairs."""
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda x: f"(not {x})"),
        inner.map(lambda x: f"(-{x})"),
        inner.map(lambda x: f"abs({x})"),
        two.map(lambda t: f"min({t[0]}, {t[1]})"),
        two.map(lambda t: f"max({t[0]}, {t[1]}, 3.0)"),
        inner.map(lambda x: f"clip({x}, -1.0, 50.0)"),
        st.tuples(inner, inner, inner).map(lambda t: f"choose({t[0]}, {t[1]}, {t[2]})"),
        inner.map(lambda x: f"table({x}, (-2.0, 100.0), (0.0, 60.0), (1.5, 0.0), (40.0, 12.0))"),
    )


PYTHON = st.recursive(st.sampled_from(NAMES) | NUMBER, combined, max_leaves=12)
VALUE = st.sampled_from([NAN, 0.0, 1.0, -1.0, 2.5, 1e-9, 1e308, math.inf]) | st.floats(-1e6, 1e6)
AREAS = st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=6)


def ours(python: str) -> str:
    """The same formula in our language."""
    for x, y in ((-2.0, 100.0), (0.0, 60.0), (1.5, 0.0), (40.0, 12.0)):
        python = python.replace(f"({x}, {y})", f"{x}:{y}")
    return python.replace("choose(", "if(")


@pytest.mark.claim("ENGINE", "A formula gives for every area what plain floats give, unknown and division by zero too")
@given(PYTHON, AREAS)
@example("(a / b)", [(1.0, 0.0, 0.0), (NAN, 0.0, 0.0)])
@example("choose((b == 0.0), 0.0, (a / b))", [(1.0, 0.0, 0.0), (1.0, 4.0, 0.0), (1.0, NAN, 0.0)])
def test_equals_plain_floats_area_by_area(python: str, areas: list[tuple[float, ...]]) -> None:
    tree = ast.parse(python, mode="eval").body
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(NAMES)
    if not used:
        with pytest.raises(FormulaError, match="one input at least"):
            compile_formula(ours(python), NAMES)
        return
    columns = {name: np.array([area[row] for area in areas]) for row, name in enumerate(NAMES)}
    try:
        formula = compile_formula(ours(python), NAMES)
    except FormulaError as refused:
        assert "inside each other" in str(refused)
        return
    finite = [{n: v if math.isfinite(v) else NAN for n, v in zip(NAMES, area, strict=True)} for area in areas]
    expected = [plain(tree, area) for area in finite]
    assert set(formula.names) == used
    np.testing.assert_allclose(formula(columns), expected, rtol=1e-12, equal_nan=True)


# --- hostile text ------------------------------------------------------------------------------------------------

WORDS = [*NAMES, *"+-*/()<>:,.", "**", "if(", "table(", "1", "2e5", "not ", " and ", "__import__", "\n", "=", "[", "'"]


@given(st.text(max_size=60) | st.text(string.printable, max_size=60) | st.lists(st.sampled_from(WORDS)).map("".join))
@example("().__class__.__bases__[0].__subclasses__()")
@example("__import__('os').system('true')")
@example("a ** 9 ** 9 ** 9")
@example("9" * 1_999)
@example("1e999999999 + a")
@example("(" * 50_000 + "a" + ")" * 50_000)
@example("-" * 1_000 + "a")
@example("not " * 400 + "a")
@example("abs(" * 400 + "a")
@example("x" * 100_000)
@example("\ud800a")
@example("a\x00b")
@example("٣ + a")
def test_hostile_text_gives_a_formula_or_its_own_error(text: str) -> None:
    try:
        formula = compile_formula(text, NAMES)
    except FormulaError as refused:
        assert 1 <= refused.column <= LONGEST + 1
        return
    value = formula({name: np.array([1.0, NAN]) for name in NAMES})
    assert value.shape == (2,)


@pytest.mark.parametrize("shape", ["{}", "-{}", "({})", "if({}, 1, 2)"])
def test_the_longest_formula_is_reckoned_without_a_deep_stack(shape: str) -> None:
    row = "a" + "+a" * 900
    assert compile_formula(shape.format(row), ["a"])({"a": np.ones(2)}).shape == (2,)
    assert len(row) < LONGEST


def test_brackets_are_counted_inside_each_other_not_in_a_row() -> None:
    compile_formula(" + ".join(["(a)"] * 100), ["a"])
    compile_formula("(" * DEEPEST + "a" + ")" * DEEPEST, ["a"])
    with pytest.raises(FormulaError, match=f"more than {DEEPEST}"):
        compile_formula("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), ["a"])


# --- what the sentences say --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("a + rain_3h", 5, "'rain_3h' is not declared here; known: a, b, rain_1h"),
        ("a +", 4, "the formula ends where a number, a name, a function or a bracket is accepted"),
        ("sin(a)", 1, "no function 'sin'; known: min(a, b, …)"),
        ("1 < a < 3", 7, "written a < b and b < c"),
        ("clip(a, 3)", 1, "clip is written clip(value, low, high); here it has 2"),
        ("table(a, 2:1, 1:2)", 1, "x rising from left to right"),
        ("a ** 2", 3, "'**' stands where an operator"),
        ("a.b", 2, "'.' is not understood"),
        ("if(a > 1, 2", 12, "the formula ends where ')' is accepted"),
        ("2 + 3", 1, "one input at least; known: a, b, rain_1h"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_what_is_accepted(text: str, column: int, said: str) -> None:
    with pytest.raises(FormulaError) as refused:
        compile_formula(text, NAMES)
    assert refused.value.column == column
    assert said in str(refused.value)


def test_signs_of_a_chinese_keyboard_are_read() -> None:
    typed = compile_formula("if（a ≥ 2，a × 3 ÷ 2 − 1，table（a，0：5，2：6））", ["a"])
    np.testing.assert_array_equal(typed({"a": np.array([2.0, 1.0])}), [2.0, 5.5])


def test_division_by_zero_is_unknown_and_said() -> None:
    value, by_zero = _formula("if(a > 0, a / b, b)").reckoned(
        {"a": np.array([1.0, 0.0, NAN, 1.0]), "b": np.array([0.0, 0.0, 0.0, NAN])}
    )
    np.testing.assert_array_equal(value, [NAN, 0.0, NAN, NAN])
    assert by_zero.tolist() == [True, False, False, False]


@pytest.mark.claim("ENGINE", "A formula that adds or compares different units is refused with both units named")
@pytest.mark.parametrize("text", ["a + b", "a - b", "a > b", "min(a, b)", "if(rain_1h > 1, a, b)", "(a + 1) + -b"])
def test_mixed_units_are_named(text: str) -> None:
    assert _formula(text).mixed_units({"a": "mm", "b": "m", "rain_1h": "mm"}) == "'mm' and 'm'"


@pytest.mark.parametrize("text", ["a / b", "a * b + rain_1h", "a + rain_1h", "a > 30", "table(a, 0:1, 1:2) + b"])
def test_products_and_plain_numbers_fit_any_unit(text: str) -> None:
    assert _formula(text).mixed_units({"a": "mm", "b": "m", "rain_1h": "mm"}) == ""


def _formula(text: str) -> Formula:
    return compile_formula(text, NAMES)
