"""Rules read from the tables of a rule file, with every problem noted by its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from mpi.core.exact import text
from mpi.core.toml_table import TomlTable, number
from mpi.frames.missing_codes import EVERY, NOTHING, MissingCodes, read_codes
from mpi.indicators.rules.computed import Computed, Recoded
from mpi.indicators.rules.condition_files import condition_at
from mpi.indicators.rules.parameters import put_in, read_parameters
from mpi.indicators.rules.rule import Rule
from mpi.indicators.rules.words import ONE_ANSWER, HouseholdWord, Missing, Nobody, Of, Share, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from mpi.core.errors import Problems

__all__ = ["RULE_KEYS", "TEXTS", "read_rules"]

TEXTS = ("label", "who", "because", "column", "source", "proxy", "note")
RULE_KEYS = (
    "label", "of", "eligible", "who", "deprived", "not_deprived", "because", "household", "nobody", "enough", "column",
    "optional", "tell_absent", "source", "status", "proxy", "note",
)  # fmt: skip
_NAMES = "a list of names of columns"
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
    top = TomlTable(table, "", problems)
    settings = read_parameters(top, parameters or {})
    parts = {k: put_in(v, settings, k, problems) for k, v in table.items() if k in {"computed", "rules"}}
    top = TomlTable(table | parts, "", problems)
    top.check(_TOP, needed=("rules",))
    texts = {"name": name} | {key: value for key, value in top.texts(("name", "title", "source")).items() if value}
    codes = _missing(top)
    computed = _computed(top)
    found = top.table("rules", "a table of rules, [rules.<name>] each", filled=True)
    rules = [_practised_or_strict(found, key, missing) for key in found.values] if found else []
    return texts | {
        "rules": tuple(r for r in rules if r),
        "computed": tuple(computed),
        "parameters": tuple(settings.values()),
        "missing": codes,
    }


def _missing(top: TomlTable) -> MissingCodes:
    """Read the codes that are no answer."""
    table = top.table("missing", 'a table of columns, such as yrs = [97, 98, 99] and minutes = "995-999"')
    found = {
        name: read_codes(
            [number(v) for v in value] if isinstance(value, list) else number(value), f"missing.{name}", top.problems
        )
        for name, value in (table.values if table else {}).items()
    }
    return MissingCodes({k: v for k, v in found.items() if k != EVERY}, found.get(EVERY, NOTHING))


def _computed(top: TomlTable) -> list[Computed | Recoded]:
    expected = "a table of computed columns, [computed.<name>] each"
    each = 'a table such as { function = "height_for_age_z" }'
    found = [_computed_column(name, entry) for name, entry in top.tables("computed", expected, each, filled=True)]
    return [column for column in found if column is not None]


def _computed_column(name: str, entry: TomlTable) -> Computed | Recoded | None:
    if "yes" in entry or "no" in entry:
        entry.check(("yes", "no"), needed=("yes", "no"))
        yes, no = condition_at(entry, "yes"), condition_at(entry, "no")
        return None if yes is None or no is None else Recoded(name, yes, no)
    entry.check(("function", "inputs"), needed=("function",))
    inputs = entry.names("inputs", _NAMES)
    function = entry.texts(("function",)).get("function")
    return (
        None
        if function is None
        else entry.problems.attempt(lambda: Computed(name, function, inputs), f"{entry.path}: ")
    )


def _practised_or_strict(rules: TomlTable, name: str, missing: Missing) -> Rule | None:
    """Read a rule as it is practised, or strictly: with what its table `strict` says in place of what stands there."""
    table = rules.table(name, "a table with of and deprived", filled=True)
    if table is None:
        return None
    plain = {key: entry for key, entry in table.values.items() if key != "strict"}
    practised = _rule(name, TomlTable(plain, table.path, table.problems))
    otherwise = table.table("strict", "a table with what is read otherwise", filled=True)
    if otherwise is None:
        return practised
    otherwise.check(RULE_KEYS)
    if practised is None:
        return None
    strictly = _rule(name, TomlTable(plain | {**otherwise.values}, otherwise.path, table.problems))
    return strictly if missing == "strict" else practised


def _rule(name: str, table: TomlTable) -> Rule | None:
    table.check(RULE_KEYS, needed=("deprived",))
    parts: dict[str, Any] = table.texts(TEXTS) | {
        key: read(table, key) for key, read in _READERS.items() if key in table
    }
    sound = {key: value for key, value in parts.items() if value is not None}
    if "deprived" not in sound:
        return None
    if "eligible" in table and "eligible" not in sound:
        sound.pop("optional", None)  # which columns the rule asks for is not known
    if "not_deprived" in table and "not_deprived" not in sound:
        return None
    return table.problems.attempt(lambda: Rule(name=name, **sound), f"{table.path}: ")


def _household(table: TomlTable, key: str) -> HouseholdWord | Share | None:
    """Read when the household is deprived: a word, or a share of its eligible members."""
    value = table.values[key]
    if not isinstance(value, dict):
        words: tuple[HouseholdWord, ...] = get_args(HouseholdWord)
        return table.word(key, words, None, ', or a share such as { share_above = "1/2" }')
    keys = ("share_above", "share_at_least")
    inner = TomlTable(value, table.where(key), table.problems)
    inner.check(keys)
    given = [k for k in keys if k in inner]
    if len(given) != 1:
        if not value:
            table.expected(key, 'a share such as { share_above = "1/2" }')
        elif len(given) > 1:
            inner.note_table("found share_above and share_at_least; give one")
        return None
    share = inner.exact(given[0])
    if share is None:
        return None
    return table.problems.attempt(lambda: Share(share, strict=given[0] == "share_above"), f"{inner.where(given[0])}: ")


def _enough(table: TomlTable, key: str) -> Fraction | None:
    value = table.values[key]
    if value in {"one", "all"}:
        return ONE_ANSWER if value == "one" else None
    found = table.exact(key, "a share such as '2/3' or 0.5, or 'one' or 'all'")
    if found is not None and not 0 < found <= 1:
        table.note(key, f"a share above 0 and at most 1, or 'one', not {text(found)}")
        return None
    return found


def _word(options: tuple[str, ...]) -> Callable[[TomlTable, str], Any]:
    return lambda table, key: table.word(key, options, None)


_READERS: dict[str, Callable[[TomlTable, str], Any]] = {
    "of": _word(get_args(Of)),
    "nobody": _word(get_args(Nobody)),
    "status": _word(get_args(Status)),
    "eligible": condition_at,
    "deprived": condition_at,
    "not_deprived": condition_at,
    "household": _household,
    "enough": _enough,
    "optional": lambda table, key: table.names(key, _NAMES),
    "tell_absent": TomlTable.truth,
}
