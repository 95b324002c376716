"""Designs as TOML files: which columns hold the design of a survey, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from mpi.core.errors import FileError, Problems, RequestError
from mpi.core.toml_file import named, parsed
from mpi.core.toml_table import TomlTable
from mpi.core.toml_words import is_text, quoted
from mpi.frames.own_columns import EachRow
from mpi.inference.design import SingleInGroup, SinglePsu

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.core.toml_file import TomlSource

__all__ = ["read", "write"]

_COLUMNS = ("weight", "strata", "psu", "size", "members", "fpc", "fpc2", "wave")
_WORDS = {
    "rows": get_args(EachRow), "single_psu": get_args(SinglePsu), "single_in_group": get_args(SingleInGroup),
}  # fmt: skip
_FLAGS = ("shared_psus", "census")
_NOTHING = "# each row weighs 1 and is a PSU\n"
_KEYS = (*_COLUMNS, "household", *_WORDS, *_FLAGS)


def read(source: TomlSource) -> tuple[dict[str, Any], Problems]:
    """Read the keywords of `Design` from a TOML file, its text or its tables; see `Design.from_toml`.

    Returns
    -------
    keywords : dict
        By which a `Design` is made.
    problems : Problems
        For what is wrong with them together, with the file as its subject.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML, or with every problem of its keys.
    """
    problems = Problems(named(source, "design"), FileError)
    table = TomlTable(parsed(source, "design"), "", problems)
    table.check(_KEYS)
    found: dict[str, Any] = dict(table.texts(_COLUMNS))
    found |= {k: table.word(k, words, None) for k, words in _WORDS.items() if k in table}
    found |= {k: table.truth(k) for k in _FLAGS if k in table}
    if "household" in table:
        found["household"] = _household(table)
    problems.raise_if_any()
    return found, problems


def _household(table: TomlTable) -> Any:
    """Return one column, or several."""
    if is_text(table.values["household"]):
        return table.text("household")
    return table.names("household", "a column's name, or a list of them")


def write(said: Mapping[str, Any]) -> str:
    """Write what a design says as TOML text that reads back to an equal design.

    Examples
    --------
    >>> print(write({"psu": "commune", "household": ("HH1", "HH2"), "census": False}), end="")
    psu = "commune"
    household = ["HH1", "HH2"]
    census = false

    Raises
    ------
    MpiError
        When members are told by an expression or a function, which no file can hold.
    """
    if not isinstance(said.get("members", ""), str):
        raise RequestError(
            "the design cannot be written: members is an expression or a function; give the name of a column of 0 and 1"
        )
    return "".join(f"{key} = {_value(value)}\n" for key, value in said.items()) or _NOTHING


def _value(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    return str(bool(value)).lower() if not isinstance(value, tuple) else f"[{', '.join(map(quoted, value))}]"
