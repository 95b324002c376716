"""Conditions as TOML: tables read with every problem told, and written so that they read back equal."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from mpi.core.errors import MpiError, RequestError
from mpi.core.exact import text
from mpi.core.toml_table import TomlTable, number
from mpi.core.toml_words import is_text, quoted, value_kind
from mpi.indicators.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Compare,
    Condition,
    IsMissing,
    Not,
    OneOf,
    Relation,
    Times,
    columns_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


T = TypeVar("T")

__all__ = ["condition_at", "read_condition", "write_condition"]

_RELATIONS = get_args(Relation)
_TESTS = (*_RELATIONS, "is_not", "in", "not_in", "from", "missing")
_SKIP = ", skip_missing = true"
_EXAMPLE = '{ column = "age", at_least = 6 }'
_EXPECTED = f"a condition such as {_EXAMPLE}"


def read_condition(table: TomlTable) -> Condition | None:
    """Return the condition that a table says; None where a problem was noted.

    Parameters
    ----------
    table : TomlTable
        One of ``{ column = "age", at_least = 6 }`` (or `is`, `is_not`, `in`, `not_in`, `above`, `at_most`,
        `below`, `from` with `below`, ``missing = true``), ``{ all = [...] }``, ``{ any = [...] }``,
        ``{ not = {...} }`` and ``{ at_least = 2, of = [...] }``. Another column is compared with by
        ``below = { times = 8, column = "size" }``. Beside another test of a column, `missing` says what a missing
        answer counts as: with ``missing = true`` it passes the test, with ``missing = false`` it does not. Beside
        `all`, `any` and `of`, ``skip_missing = true`` leaves out those conditions that are unknown, unless all are.
    """
    for key, read in _COMBINED.items():
        if key in table:
            return read(table)
    if "column" in table:
        return _single(table)
    table.check(("column", "all", "any", "not", "of", *_TESTS))
    table.note_table(f"no condition; give a column, or all, any, not or of, such as {_EXAMPLE}")
    return None


def condition_at(table: TomlTable, key: str) -> Condition | None:
    """Return the condition at a key of a table; None where it is absent, or a problem was noted."""
    inner = table.table(key, _EXPECTED, filled=True)
    return None if inner is None else read_condition(inner)


def write_condition(condition: Condition) -> str:
    """Write a condition as an inline table of TOML.

    Examples
    --------
    >>> from mpi.indicators.rules.conditions import column
    >>> write_condition(column("age").between(5, 15) & ~(column("attending") == 1))
    '{ all = [{ column = "age", from = 5, below = 15 }, { column = "attending", is_not = 1 }] }'
    """
    match condition:
        case AllOf(parts, skip):
            said = f"all = {_listed(parts)}" + _SKIP * skip
        case AnyOf(parts, skip):
            said = f"any = {_listed(parts)}" + _SKIP * skip
        case AtLeast(count, parts, skip):
            said = f"at_least = {count}, of = {_listed(parts)}" + _SKIP * skip
        case Not(Compare(relation="is") | OneOf() | IsMissing() as part):
            said = _test(part, opposite=True)
        case Not(part):
            said = f"not = {write_condition(part)}"
        case _:
            said = _test(condition, opposite=False)
    return f"{{ {said} }}"


def _test(leaf: Condition, *, opposite: bool) -> str:
    """Write a test of one column, or the opposite of one that has a word for it."""
    match leaf:
        case Compare(name, relation, value):
            said = f"{'is_not' if opposite else relation} = {_value(value)}"
        case OneOf(name, values):
            said = f"{'not_in' if opposite else 'in'} = [{', '.join(map(_value, values))}]"
        case Between(name, low, high):
            said = f"from = {low!r}, below = {high!r}"
        case IsMissing(name):
            said = f"missing = {'false' if opposite else 'true'}"
        case _:
            raise RequestError(f"{leaf!r} is no condition that can be written")
    return f"column = {quoted(name)}, {said}"


def _listed(parts: tuple[Condition, ...]) -> str:
    return f"[{', '.join(map(write_condition, parts))}]"


def _value(value: Any) -> str:
    if isinstance(value, Times):
        return f"{{ times = {quoted(text(value.times))}, column = {quoted(value.column)} }}"
    return quoted(value) if isinstance(value, str) else repr(value)


# --- conditions made of others --------------------------------------------------------------------------------------


def _many(kind: type[AllOf | AnyOf], key: str) -> Callable[[TomlTable], Condition | None]:
    def read(table: TomlTable) -> Condition | None:
        """Return the combined conditions of a table; None where they have problems."""
        table.check((key, "skip_missing"))
        parts = _parts(table, key)
        skip = table.truth("skip_missing")
        return kind(parts, skip) if parts else None

    return read


def _some_of(table: TomlTable) -> Condition | None:
    table.check(("at_least", "of", "skip_missing"), needed=("at_least",))
    parts = _parts(table, "of")
    skip = table.truth("skip_missing")
    if parts is None or "at_least" not in table:
        return None
    return _checked(lambda: AtLeast(table.values["at_least"], parts, skip), table)


def _opposite(table: TomlTable) -> Condition | None:
    table.check(("not",))
    part = condition_at(table, "not")
    return None if part is None else ~part


_COMBINED: dict[str, Callable[[TomlTable], Condition | None]] = {
    "all": _many(AllOf, "all"),
    "any": _many(AnyOf, "any"),
    "of": _some_of,
    "not": _opposite,
}


def _parts(table: TomlTable, key: str) -> tuple[Condition, ...] | None:
    listed = table.listed(key, f"a list of conditions such as [{_EXAMPLE}]", _EXPECTED, filled=True)
    found = tuple(f for f in map(read_condition, listed) if f is not None)
    value = table.values[key]
    return found if isinstance(value, list) and value and len(found) == len(value) else None


# --- conditions on one column ---------------------------------------------------------------------------------------


def _single(table: TomlTable) -> Condition | None:
    table.check(("column", *_TESTS))
    name = table.values["column"]
    named = is_text(name) and name
    if not named:
        table.expected("column", "the name of a column in quotes")
    tests = [k for k in table.values if k in _TESTS]
    if not named or set(table.values) - set(tests) - {"column"}:
        return None
    if len(tests) > 1 and "missing" in tests:
        tests.remove("missing")
        return _with_missing(_single_test(name, tests, table), table)
    return _single_test(name, tests, table)


def _with_missing(test: Condition | None, table: TomlTable) -> Condition | None:
    """Read what a missing answer counts as, beside a test that it would leave unknown."""
    counts = table.values["missing"]
    if not isinstance(counts, bool):
        table.expected("missing", "true (a missing answer passes the test) or false (it does not)")
        return None
    if test is None:
        return None
    gaps = [IsMissing(c) for c in columns_of(test)]
    return AnyOf((*gaps, test)) if counts else AllOf((*(~gap for gap in gaps), test))


def _single_test(name: str, tests: Sequence[str], table: TomlTable) -> Condition | None:
    """Return the condition of a table with one test; None where there is another number of them."""
    if set(tests) == {"from", "below"}:
        return _between(name, table)
    if "from" in tests:
        table.note_table(f"from goes with below ({{ column = {quoted(name)}, from = 5, below = 15 }})")
        return None
    if len(tests) != 1:
        found = ", ".join(tests) or "none"
        table.note_table(f"found {found}, expected one of {', '.join(_TESTS)}; combine several with all = [...]")
        return None
    return _tested(name, tests[0], table)


def _tested(name: str, test: str, table: TomlTable) -> Condition | None:
    value = table.values[test]
    if test == "missing":
        if not isinstance(value, bool):
            table.expected(test, "true or false")
            return None
        return IsMissing(name) if value else ~IsMissing(name)
    if test in {"in", "not_in"}:
        if not isinstance(value, list) or not all(map(_plain, value)):
            table.expected(test, "a list of numbers or of texts")
            return None
        found: Condition | None = _checked(lambda: OneOf(name, tuple(map(number, value))), table, test)
    else:
        found = _compare(name, "is" if test == "is_not" else test, table, test)
    return ~found if found is not None and test in {"is_not", "not_in"} else found


def _compare(name: str, relation: Any, table: TomlTable, test: str) -> Condition | None:
    value = table.values[test]
    if isinstance(value, dict):
        other = _times(TomlTable(value, table.where(test), table.problems))
        return None if other is None else _checked(lambda: Compare(name, relation, other), table, test)
    if not _plain(value):
        table.expected(test, 'a number, a text, or another column such as { times = 8, column = "size" }')
        return None
    return _checked(lambda: Compare(name, relation, number(value)), table, test)


def _times(table: TomlTable) -> Times | None:
    table.check(("times", "column"), needed=("column",))
    factor = table.exact("times", "a number such as 8 or '1/2'") if "times" in table else Fraction(1)
    column = table.text("column")
    if factor is None or not is_text(table.values.get("column")):
        return None
    return _checked(lambda: Times(column, factor), table)


def _between(name: str, table: TomlTable) -> Condition | None:
    ends = [table.values[key] for key in ("from", "below")]
    low, high = map(number, ends)
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (low, high)):
        table.note_table(f"found {' and '.join(map(value_kind, ends))}, expected numbers for from and below")
        return None
    return _checked(lambda: Between(name, low, high), table)


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int))  # floats are held as they were written


def _checked(make: Callable[[], T], table: TomlTable, key: str = "") -> T | None:
    """Return the condition that `make` returns; what it refuses is noted."""
    try:
        return make()
    except MpiError as error:
        table.problems.add(f"{table.where(key) if key else table.path}: {error}")
        return None
