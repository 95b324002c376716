"""From the tables of a rule file to rules: each key read, and every problem noted with its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from mpi.core.errors import MpiError
from mpi.core.exact import text
from mpi.core.toml_words import key_text
from mpi.frames.missing_codes import EVERY, NOTHING, MissingCodes, read_codes
from mpi.indicators.rules.computed import Computed, Recoded
from mpi.indicators.rules.condition_files import read_condition
from mpi.indicators.rules.parameters import put_in, read_parameters
from mpi.indicators.rules.rule import Rule
from mpi.indicators.rules.tables import Tables, number
from mpi.indicators.rules.words import ONE_ANSWER, HouseholdWord, Missing, Nobody, Of, Share, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from mpi.core.errors import Problems

T = TypeVar("T")

__all__ = ["RULE_KEYS", "TEXTS", "read_rules"]

TEXTS = ("label", "who", "because", "column", "source", "proxy", "note")
RULE_KEYS = (
    "label", "of", "eligible", "who", "deprived", "not_deprived", "because", "household", "nobody", "enough", "column",
    "optional", "tell_absent", "source", "status", "proxy", "note",
)  # fmt: skip
_TOP = ("name", "title", "source", "missing", "parameters", "computed", "rules")


def read_rules(
    table: dict[str, Any],
    name: str,
    problems: Problems,
    *,
    missing: Missing = "practice",
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the arguments of `Rules`; those that can be read of the file, where problems were noted.

    Parameters
    ----------
    table : dict
        The file, parsed.
    name : str
        What the rules are called unless the file says.
    problems : Problems
        Takes note of what is wrong.
    missing : {"practice", "strict"}
        How missing answers are read where a rule has a table `strict`: without it, or with it.
    parameters : mapping of name to value, optional
        What stands for parameters of the file in place of its own values.
    """
    tables = Tables(problems)
    settings = read_parameters(table.get("parameters", {}), parameters or {}, tables)
    parts = {k: put_in(v, settings, k, tables) for k, v in table.items() if k in {"computed", "rules"}}
    table = table | parts
    tables.keys(table, _TOP, "", needed=("rules",))
    given = tables.texts(table, ("name", "title", "source"), "")
    texts = {"name": name} | {key: value for key, value in given.items() if value}
    codes = _missing(table.get("missing", {}), tables)
    computed = _computed(table.get("computed", {}), tables)
    rules = []
    if "rules" in table:
        found = tables.table(table["rules"], "rules", "a table of rules, [rules.<name>] each")
        rules = [_reading(key, value, f"rules.{key_text(key)}", tables, missing) for key, value in found.items()]
    return texts | {
        "rules": tuple(r for r in rules if r),
        "computed": tuple(computed),
        "parameters": tuple(settings.values()),
        "missing": codes,
    }


def _missing(table: Any, tables: Tables) -> MissingCodes:
    """Read the codes that are no answer."""
    if not isinstance(table, dict):
        tables.say("missing", table, 'a table of columns, such as yrs = [97, 98, 99] and minutes = "995-999"')
        return MissingCodes()
    found = {
        name: read_codes(
            [number(v) for v in value] if isinstance(value, list) else number(value), f"missing.{name}", tables.problems
        )
        for name, value in table.items()
    }
    return MissingCodes({k: v for k, v in found.items() if k != EVERY}, found.get(EVERY, NOTHING))


def _computed(table: Any, tables: Tables) -> list[Computed | Recoded]:
    if not isinstance(table, dict):
        tables.say("computed", table, "a table of computed columns, [computed.<name>] each")
        return []
    found: list[Computed | Recoded] = []
    for key, value in table.items():
        path = f"computed.{key_text(key)}"
        entry = tables.table(value, path, 'a table such as { function = "height_for_age_z" }')
        if "yes" in entry or "no" in entry:
            tables.keys(entry, ("yes", "no"), path, needed=("yes", "no"))
            sides = [read_condition(entry[k], f"{path}.{k}", tables) for k in ("yes", "no") if k in entry]
            yes, no = (*sides, None)[:2]
            if yes is not None and no is not None:
                found.append(Recoded(key, yes, no))
            continue
        if entry:
            tables.keys(entry, ("function", "inputs"), path, needed=("function",))
        inputs = tables.names(entry["inputs"], f"{path}.inputs") if "inputs" in entry else ()
        texts = tables.texts(entry, ("function",), path)
        if texts:
            try:
                found.append(Computed(key, texts["function"], inputs))
            except MpiError as error:
                tables.problems.add(f"{path}: {error}")
    return found


def _reading(name: str, value: Any, path: str, tables: Tables, missing: Missing) -> Rule | None:
    """Read a rule as it is practised, or strictly: with what its table `strict` says in place of what stands there."""
    table = tables.table(value, path, "a table with of and deprived")
    if not table:
        return None
    plain = {key: entry for key, entry in table.items() if key != "strict"}
    practised = _rule(name, plain, path, tables)
    if "strict" not in table:
        return practised
    otherwise = tables.table(table["strict"], f"{path}.strict", "a table with what is read otherwise")
    tables.keys(otherwise, RULE_KEYS, f"{path}.strict")
    if practised is None or not otherwise:
        return practised
    strictly = _rule(name, plain | otherwise, f"{path}.strict", tables)
    return strictly if missing == "strict" else practised


def _rule(name: str, table: dict[str, Any], path: str, tables: Tables) -> Rule | None:
    tables.keys(table, RULE_KEYS, path, needed=("deprived",))
    parts = tables.texts(table, TEXTS, path) | {
        key: read(table[key], f"{path}.{key}", tables) for key, read in _READERS.items() if key in table
    }
    kept = {key: value for key, value in parts.items() if value is not None}
    if "deprived" not in kept:
        return None
    if "eligible" in table and "eligible" not in kept:
        kept.pop("optional", None)  # which columns the rule asks for is not known
    if "not_deprived" in table and "not_deprived" not in kept:
        return None
    return tables.problems.made(lambda: Rule(name=name, **kept), f"{path}: ")


def _household(value: Any, path: str, tables: Tables) -> HouseholdWord | Share | None:
    """Read when the household is deprived: a word, or a share of its eligible members."""
    options = get_args(HouseholdWord)
    if not isinstance(value, dict):
        word: Any = tables.word(value, options, path, ', or a share such as { share_above = "1/2" }')
        return cast("HouseholdWord | None", word)
    keys = ("share_above", "share_at_least")
    tables.keys(value, keys, path)
    given = [k for k in keys if k in value]
    if len(given) != 1:
        if not given and not value:
            tables.say(path, value, 'a share such as { share_above = "1/2" }')
        elif len(given) > 1:
            tables.problems.add(f"{path}: found share_above and share_at_least; give one")
        return None
    share = tables.fraction(value[given[0]], f"{path}.{given[0]}")
    if share is None:
        return None
    try:
        return Share(share, strict=given[0] == "share_above")
    except MpiError as error:
        tables.problems.add(f"{path}.{given[0]}: {error}")
        return None


def _enough(value: Any, path: str, tables: Tables) -> Fraction | None:
    if value in {"one", "all"}:
        return ONE_ANSWER if value == "one" else None
    found = tables.fraction(value, path, "a share such as '2/3' or 0.5, or 'one' or 'all'")
    if found is not None and not 0 < found <= 1:
        tables.problems.add(f"{path}: a share above 0 and at most 1, or 'one', not {text(found)}")
        return None
    return found


def _word(options: tuple[str, ...]) -> Callable[[Any, str, Tables], Any]:
    return lambda value, path, tables: tables.word(value, options, path)


_READERS: dict[str, Callable[[Any, str, Tables], Any]] = {
    "of": _word(get_args(Of)),
    "nobody": _word(get_args(Nobody)),
    "status": _word(get_args(Status)),
    "eligible": read_condition,
    "deprived": read_condition,
    "not_deprived": read_condition,
    "household": _household,
    "enough": _enough,
    "optional": lambda value, path, tables: tables.names(value, path),
    "tell_absent": lambda value, path, tables: tables.is_true(value, path),
}
