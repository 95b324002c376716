"""Parameters of a rule file: numbers and codes that a country sets, put where the rules refer to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError, unknown
from mpi.core.toml_table import TomlTable, number
from mpi.core.toml_words import WrittenFloat, is_text, value_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.core.errors import Problems

__all__ = ["Parameter", "put_in", "read_parameters"]

_TEXTS = ("label", "source", "note")
_EXPECTED = "a number, a text, or a list of numbers or of texts"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number, or a list of codes, that the rules of a file refer to.

    Attributes
    ----------
    name : str
        What the rules call it.
    value : number, text, or tuple of these
        What stands in the rules that were read.
    label : str
        What it is, in words.
    source, note : str
        Where the value was found, and what else to know; the source is ``"given"`` where the user set it.

    Examples
    --------
    >>> from mpi.indicators import load_rules
    >>> rules = load_rules("global-mpi", parameters={"entry_age": 5})
    >>> [f"{p.name} = {p.value}" for p in rules.parameters if p.name.startswith("entry")]
    ['entry_age = 5']
    """

    name: str
    value: Any
    label: str = ""
    source: str = ""
    note: str = ""


def read_parameters(top: TomlTable, values: Mapping[str, Any]) -> dict[str, Parameter]:
    """Read the parameters of a file, with the values that the user sets in place of the file's.

    A value may refer to a parameter above it, as in ``value = { parameter = "entry_age", plus = 6 }``.

    Raises
    ------
    MpiError
        When the user sets a parameter that the file does not have, or to a value of another kind.
    """
    if "parameters" not in top:
        _check_names(values, {})
        return {}
    table = top.table("parameters", "a table of parameters, [parameters.<name>] each")
    if table is None:
        return {}
    _check_names(values, table.values)
    found: dict[str, Parameter] = {}
    for name in table.values:
        entry = table.table(name, "a table such as { value = 6, source = '...' }", filled=True)
        if entry is None:
            continue
        entry.check(("value", *_TEXTS), needed=("value",))
        texts = entry.texts(_TEXTS)
        if "value" not in entry:
            continue
        path = entry.where("value")
        held = _value(put_in(entry.values["value"], found, path, top.problems), path, top.problems)
        if name in values:
            held, texts = _read_value(name, values[name], held), {**texts, "source": "given"}
        found[name] = Parameter(name, held, **texts)
    return found


def put_in(value: Any, parameters: Mapping[str, Parameter], path: str, problems: Problems) -> Any:
    """Put parameters in the place of what refers to them: ``{ parameter = "entry_age", plus = 9 }``.

    Parameters
    ----------
    value : value of TOML
        What may refer to parameters, at any depth.
    parameters : mapping of name to Parameter
        Those that are known.
    path : str
        Where the value stands.
    problems : Problems
        Takes note of what is wrong.
    """
    if isinstance(value, list):
        return [put_in(v, parameters, f"{path}[{i}]", problems) for i, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "parameter" not in value:
        return {key: put_in(v, parameters, f"{path}.{key}", problems) for key, v in value.items()}
    TomlTable(value, path, problems).check(("parameter", "plus"))
    name, plus = value["parameter"], number(value.get("plus", 0))
    if not is_text(name) or name not in parameters:
        problems.add(f"{path}: {unknown('parameter', name, list(parameters))}")
        return 0
    held = parameters[name].value
    if not _is_number(plus) or (plus and not _is_number(held)):
        problems.add(f"{path}: plus adds a number to a parameter that is one; {name!r} is {held!r}")
        return 0
    return [_written(v) for v in held] if isinstance(held, tuple) else _written(held + plus if plus else held)


def _check_names(values: Mapping[str, Any], table: Mapping[str, Any]) -> None:
    """Raise RequestError where a value is set for a parameter that the table does not have."""
    wrong = [name for name in values if name not in table]
    if wrong and not table:
        raise RequestError(f"parameters: the rules have none, and {', '.join(map(repr, wrong))} was given")
    if wrong:
        raise RequestError(f"parameters: {unknown('parameter', wrong[0], list(table), show=30)}")


def _read_value(name: str, value: Any, usual: Any) -> Any:
    """Read what the user sets: a number for a number, a list for a list."""
    is_list = isinstance(value, (list, tuple, set, frozenset, range))
    parts = [_plain(v) for v in (value if is_list else (value,))]
    if is_list != isinstance(usual, tuple) or not parts or None in parts:
        kind = "a list of numbers or of texts" if isinstance(usual, tuple) else "a number or a text"
        raise RequestError(f"parameters: {name!r} is {usual!r} in the file; give {kind}, not {value!r}")
    return tuple(parts) if is_list else parts[0]


def _value(value: Any, path: str, problems: Problems) -> Any:
    parts = [_plain(number(v)) for v in (value if isinstance(value, list) else [value])]
    if not parts or None in parts:
        problems.add(f"{path}: found {value_kind(value)}, expected {_EXPECTED}")
        return 0
    return tuple(parts) if isinstance(value, list) else parts[0]


def _plain(value: Any) -> Any:
    """Return a number or a text as Python's own; None where it is neither."""
    if isinstance(value, str):
        return value
    if not _is_number(value) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _written(value: Any) -> Any:
    """Return a value as the file would hold it: a float as it is written."""
    return WrittenFloat(repr(value)) if isinstance(value, float) else value
