"""Rules as TOML files: read with every problem told at once, written so that they read back equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from mpi.core.atomic import located
from mpi.core.errors import FileError, Problems, RequestError, unknown
from mpi.core.exact import text
from mpi.core.toml_file import is_path, parsed, source_name
from mpi.core.toml_words import key_text, quoted
from mpi.frames.missing_codes import EVERY, written_codes
from mpi.indicators.rules.computed import Computed
from mpi.indicators.rules.condition_files import write_condition
from mpi.indicators.rules.reader import RULE_KEYS, TEXTS, read_rules
from mpi.indicators.rules.words import ONE_ANSWER, Missing, Share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.core.toml_file import TomlSource
    from mpi.frames.missing_codes import MissingCodes
    from mpi.indicators.rules.computed import Recoded
    from mpi.indicators.rules.rule import Rule

__all__ = ["read", "write"]


def read(
    source: TomlSource, *, missing: Missing = "practice", parameters: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], Problems]:
    """Read the arguments of `Rules` from a TOML file; see `Rules.from_toml`.

    Returns
    -------
    arguments : dict
        By which `Rules` are made; sound where no problem was noted.
    problems : Problems
        All that is wrong with the file.
    """
    problems = Problems(source_name(source, "rule"), FileError)
    if missing not in get_args(Missing):
        raise RequestError(f"missing: {unknown('word', missing, get_args(Missing))}")
    name = located(source).stem if is_path(source) else "rules"
    found = read_rules(parsed(source, "rule"), name, problems, missing=missing, parameters=parameters)
    return found, problems


def write(rules: Mapping[str, Any]) -> str:
    """Write the arguments of `Rules` as TOML text that reads back to equal ones; parameters stand with their values.

    Examples
    --------
    >>> from mpi.indicators import Rule, Rules, column
    >>> print(Rules("mine", [Rule(name="insurance", deprived=column("insured") == 0)]).to_toml())
    name = "mine"
    <BLANKLINE>
    [rules.insurance]
    deprived = { column = "insured", is = 0 }
    <BLANKLINE>
    """
    head = {key: rules[key] for key in ("name", "title", "source")}
    if head["title"] == head["name"]:
        del head["title"]
    blocks = [[f"{key} = {quoted(value)}" for key, value in head.items() if value]]
    blocks.append(_missing(rules["missing"]))
    blocks += [[f"[computed.{key_text(c.name)}]", *_computed(c)] for c in rules["computed"]]
    blocks += [_lines(rule) for rule in rules["rules"]]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _computed(computed: Computed | Recoded) -> list[str]:
    """Return the lines of a computed or recoded column."""
    if isinstance(computed, Computed):
        return [f"function = {quoted(computed.function)}", f"inputs = [{', '.join(map(quoted, computed.inputs))}]"]
    return [f"yes = {write_condition(computed.yes)}", f"no = {write_condition(computed.no)}"]


def _missing(missing: MissingCodes) -> list[str]:
    """Write the codes that are no answer; none where there are none."""
    found = {**missing.columns, **({EVERY: missing.everywhere} if missing.everywhere else {})}
    lines = [f"{key_text(name)} = [{', '.join(map(_code, written_codes(codes)))}]" for name, codes in found.items()]
    return ["[missing]", *lines] if lines else []


def _code(code: str | float) -> str:
    return quoted(code) if isinstance(code, str) else str(code)


def _lines(rule: Rule) -> list[str]:
    """Write a rule, without what is so by default."""
    values = {key: getattr(rule, key) for key in TEXTS if getattr(rule, key)}
    usual = {"label": rule.name, "column": f"dep_{rule.name}"}
    written = {k: quoted(v) for k, v in values.items() if usual.get(k) != v}
    plain = {"of": "members", "nobody": "not deprived", "status": "from memory"}
    written |= {k: quoted(getattr(rule, k)) for k, v in plain.items() if getattr(rule, k) != v}
    written["deprived"] = write_condition(rule.deprived)
    if rule.not_deprived is not None:
        written["not_deprived"] = write_condition(rule.not_deprived)
    if rule.eligible is not None:
        written["eligible"] = write_condition(rule.eligible)
    if rule.household != "any":
        written["household"] = _household(rule.household)
    if rule.enough is not None:
        written["enough"] = quoted("one" if rule.enough == ONE_ANSWER else text(rule.enough))
    if rule.optional:
        written["optional"] = f"[{', '.join(map(quoted, rule.optional))}]"
    if rule.tell_absent:
        written["tell_absent"] = "true"
    return [f"[rules.{key_text(rule.name)}]", *(f"{key} = {written[key]}" for key in RULE_KEYS if key in written)]


def _household(value: str | Share) -> str:
    if isinstance(value, Share):
        return f"{{ {'share_above' if value.strict else 'share_at_least'} = {quoted(text(value.share))} }}"
    return quoted(value)
