"""Conditions as TOML: tables read with every problem told, and written so that they read back equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

from mpi.core.errors import MpiError
from mpi.core.exact import text
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
from mpi.indicators.rules.tables import number

if TYPE_CHECKING:
    from collections.abc import Callable

    from mpi.indicators.rules.tables import Tables

T = TypeVar("T")

__all__ = ["read_condition", "write_condition"]

_RELATIONS = get_args(Relation)
_TESTS = (*_RELATIONS, "is_not", "in", "not_in", "from", "missing")
_SKIP = ", skip_missing = true"
_EXAMPLE = '{ column = "age", at_least = 6 }'


def read_condition(table: Any, path: str, tables: Tables) -> Condition | None:
    """Read a condition; None where a problem was noted.

    Parameters
    ----------
    table : table of TOML
        One of ``{ column = "age", at_least = 6 }`` (or `is`, `is_not`, `in`, `not_in`, `above`, `at_most`,
        `below`, `from` with `below`, ``missing = true``), ``{ all = [...] }``, ``{ any = [...] }``,
        ``{ not = {...} }`` and ``{ at_least = 2, of = [...] }``. Another column is compared with by
        ``below = { times = 8, column = "size" }``. Beside another test of a column, `missing` says what a missing
        answer counts as: with ``missing = true`` it passes the test, with ``missing = false`` it does not. Beside
        `all`, `any` and `of`, ``skip_missing = true`` leaves out those conditions that are unknown, unless all are.
    path : str
        Where it stands.
    tables : Tables
        Takes note of what is wrong.
    """
    if not isinstance(table, dict) or not table:
        tables.say(path, table, f"a condition such as {_EXAMPLE}")
        return None
    for key, read in _COMBINED.items():
        if key in table:
            return read(table, path, tables)
    if "column" in table:
        return _single(table, path, tables)
    tables.keys(table, ("column", "all", "any", "not", "of", *_TESTS), path)
    tables.problems.add(f"{path}: no condition; give a column, or all, any, not or of, such as {_EXAMPLE}")
    return None


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
            raise MpiError(f"{leaf!r} is no condition that can be written")
    return f"column = {quoted(name)}, {said}"


def _listed(parts: tuple[Condition, ...]) -> str:
    return f"[{', '.join(map(write_condition, parts))}]"


def _value(value: Any) -> str:
    if isinstance(value, Times):
        return f"{{ times = {quoted(text(value.times))}, column = {quoted(value.column)} }}"
    return quoted(value) if isinstance(value, str) else repr(value)


# --- conditions made of others --------------------------------------------------------------------------------------


def _many(kind: type[AllOf | AnyOf], key: str) -> Callable[[dict[str, Any], str, Tables], Condition | None]:
    def read(table: dict[str, Any], path: str, tables: Tables) -> Condition | None:
        tables.keys(table, (key, "skip_missing"), path)
        parts = _parts(table[key], f"{path}.{key}", tables)
        skip = _skip(table, path, tables)
        return kind(parts, skip) if parts else None

    return read


def _some_of(table: dict[str, Any], path: str, tables: Tables) -> Condition | None:
    tables.keys(table, ("at_least", "of", "skip_missing"), path, needed=("at_least",))
    parts = _parts(table["of"], f"{path}.of", tables)
    skip = _skip(table, path, tables)
    if parts is None or "at_least" not in table:
        return None
    return _made(lambda: AtLeast(table["at_least"], parts, skip), path, tables)


def _skip(table: dict[str, Any], path: str, tables: Tables) -> bool:
    """Read whether unknown conditions are left out."""
    return tables.is_true(table.get("skip_missing", False), f"{path}.skip_missing")


def _opposite(table: dict[str, Any], path: str, tables: Tables) -> Condition | None:
    tables.keys(table, ("not",), path)
    part = read_condition(table["not"], f"{path}.not", tables)
    return None if part is None else ~part


_COMBINED: dict[str, Callable[[dict[str, Any], str, Tables], Condition | None]] = {
    "all": _many(AllOf, "all"),
    "any": _many(AnyOf, "any"),
    "of": _some_of,
    "not": _opposite,
}


def _parts(value: Any, path: str, tables: Tables) -> tuple[Condition, ...] | None:
    if not isinstance(value, list) or not value:
        tables.say(path, value, f"a list of conditions such as [{_EXAMPLE}]")
        return None
    found = [read_condition(v, f"{path}[{i}]", tables) for i, v in enumerate(value)]
    kept = tuple(f for f in found if f is not None)
    return kept if len(kept) == len(found) else None


# --- conditions on one column ---------------------------------------------------------------------------------------


def _single(table: dict[str, Any], path: str, tables: Tables) -> Condition | None:
    tables.keys(table, ("column", *_TESTS), path)
    name = table["column"]
    named = is_text(name) and name
    if not named:
        tables.say(f"{path}.column", name, "the name of a column in quotes")
    tests = {k: v for k, v in table.items() if k in _TESTS}
    if not named or set(table) - set(tests) - {"column"}:
        return None
    if len(tests) > 1 and "missing" in tests:
        counts = tests.pop("missing")
        return _with_missing(_one_test(name, tests, path, tables), counts, f"{path}.missing", tables)
    return _one_test(name, tests, path, tables)


def _with_missing(test: Condition | None, counts: Any, path: str, tables: Tables) -> Condition | None:
    """Read what a missing answer counts as, beside a test that it would leave unknown."""
    if not isinstance(counts, bool):
        tables.say(path, counts, "true (a missing answer passes the test) or false (it does not)")
        return None
    if test is None:
        return None
    gaps = [IsMissing(c) for c in columns_of(test)]
    return AnyOf((*gaps, test)) if counts else AllOf((*(~gap for gap in gaps), test))


def _one_test(name: str, tests: dict[str, Any], path: str, tables: Tables) -> Condition | None:
    if set(tests) == {"from", "below"}:
        return _between(name, tests, path, tables)
    if "from" in tests:
        tables.problems.add(f"{path}: from goes with below ({{ column = {quoted(name)}, from = 5, below = 15 }})")
        return None
    if len(tests) != 1:
        found = ", ".join(tests) or "none"
        tables.problems.add(
            f"{path}: found {found}, expected one of {', '.join(_TESTS)}; combine several with all = [...]"
        )
        return None
    ((test, value),) = tests.items()
    return _tested(name, test, value, f"{path}.{test}", tables)


def _tested(name: str, test: str, value: Any, path: str, tables: Tables) -> Condition | None:
    if test == "missing":
        if not isinstance(value, bool):
            tables.say(path, value, "true or false")
            return None
        return IsMissing(name) if value else ~IsMissing(name)
    if test in {"in", "not_in"}:
        if not isinstance(value, list) or not all(map(_plain, value)):
            tables.say(path, value, "a list of numbers or of texts")
            return None
        found: Condition | None = _made(lambda: OneOf(name, tuple(map(number, value))), path, tables)
    else:
        found = _compare(name, "is" if test == "is_not" else test, value, path, tables)
    return ~found if found is not None and test in {"is_not", "not_in"} else found


def _compare(name: str, relation: Any, value: Any, path: str, tables: Tables) -> Condition | None:
    if isinstance(value, dict):
        other = _times(value, path, tables)
        return None if other is None else _made(lambda: Compare(name, relation, other), path, tables)
    if not _plain(value):
        tables.say(path, value, 'a number, a text, or another column such as { times = 8, column = "size" }')
        return None
    return _made(lambda: Compare(name, relation, number(value)), path, tables)


def _times(table: dict[str, Any], path: str, tables: Tables) -> Times | None:
    tables.keys(table, ("times", "column"), path, needed=("column",))
    name = table.get("column")
    factor = tables.fraction(table.get("times", 1), f"{path}.times", "a number such as 8 or '1/2'")
    if factor is None or not is_text(name):
        if "column" in table and not is_text(name):
            tables.say(f"{path}.column", name, "text in quotes")
        return None
    return _made(lambda: Times(str(name), factor), path, tables)


def _between(name: str, tests: dict[str, Any], path: str, tables: Tables) -> Condition | None:
    low, high = number(tests["from"]), number(tests["below"])
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (low, high)):
        kinds = " and ".join(value_kind(tests[k]) for k in ("from", "below"))
        tables.problems.add(f"{path}: found {kinds}, expected numbers for from and below")
        return None
    return _made(lambda: Between(name, low, high), path, tables)


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int))  # floats are held as they were written


def _made(make: Callable[[], T], path: str, tables: Tables) -> T | None:
    """Make a condition; what it refuses is noted."""
    try:
        return make()
    except MpiError as error:
        tables.problems.add(f"{path}: {error}")
        return None
