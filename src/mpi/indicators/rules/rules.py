"""Rules of a national standard, put together: no two of one name, with the columns they need and their parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked, type_name
from mpi.core.errors import Problems, RequestError, unknown
from mpi.frames.missing_codes import MissingCodes, read_missing
from mpi.indicators.rules.files import read, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mpi.core.toml_file import TomlSource
    from mpi.indicators.rules.computed import Computed, Recoded
    from mpi.indicators.rules.parameters import Parameter
    from mpi.indicators.rules.rule import Rule
    from mpi.indicators.rules.words import Missing

__all__ = ["Rules", "computable", "require_rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """A collection of rules, such as those of a national standard.

    Parameters
    ----------
    name : str
        What the collection is called.
    rules : sequence of Rule
        The rules; no two have one name or one column.
    computed : sequence of Computed and Recoded
        Columns that are computed from others before the rules are applied.
    title, source : str
        What to print, and where the rules come from.
    parameters : sequence of Parameter
        The numbers and codes that stand in the rules, and that `load_rules` and `Rules.from_toml` take others for.
    missing : mapping of column to codes, or codes for all columns
        Codes of the answers that are none, as for `mpi.Survey`; only the rules take them so.

    Raises
    ------
    MpiError
        When names or columns are used twice.

    Examples
    --------
    >>> from mpi.indicators import load_rules
    >>> rules = load_rules("vn-2016")
    >>> len(rules), rules["housing_area"].columns, rules["housing_area"].status
    (10, ('living_area', 'size'), 'from memory')
    """

    name: str
    rules: tuple[Rule, ...]
    computed: tuple[Computed | Recoded, ...] = ()
    title: str = ""
    source: str = ""
    parameters: tuple[Parameter, ...] = field(default=(), compare=False)
    missing: MissingCodes = field(default_factory=MissingCodes)

    def __post_init__(self) -> None:
        _check_parts(self)
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "missing", read_missing(self.missing))
        object.__setattr__(self, "computed", tuple(self.computed))
        object.__setattr__(self, "title", self.title or self.name)
        problems = Problems(f"rules {self.name!r}", RequestError)
        _check_unique([r.name for r in self.rules], "rule", problems)
        _check_unique([r.column for r in self.rules], "column", problems)
        _check_unique([c.name for c in self.computed], "computed column", problems)
        asked = [c for r in self.rules for c in r.columns] + [c for made in self.computed for c in made.inputs]
        problems.found += [
            f"missing: {unknown('column the rules ask for called', c, dict.fromkeys(asked))}"
            for c in self.missing.columns
            if c not in asked
        ]
        problems.raise_if_any()

    @classmethod
    def from_toml(
        cls,
        source: TomlSource,
        *,
        missing: Missing = "practice",
        parameters: Mapping[str, Any] | None = None,
    ) -> Rules:
        r"""Read rules from a TOML file.

        Parameters
        ----------
        source : path, str or mapping
            The file; or its text, which has several lines; or its tables, as `tomllib` gives them. It may have a
            `name`, a `title` and a `source`. Each rule is a table ``[rules.<name>]`` with `deprived` and what else
            `Rule` takes; each computed column a table ``[computed.<name>]`` with a `function` and perhaps `inputs`, or
            with conditions `yes` and `no` that make 1 and 0 of codes. A table ``[missing]`` says which codes of the
            answers are none: ``yrs = [97, 98, 99]``, ``minutes = "995-999"``, ``"*" = [998]`` for all other columns. A
            rule may have a table ``[rules.<name>.strict]``: what is read otherwise where missing answers are taken
            strictly. Numbers and codes that a country sets are tables ``[parameters.<name>]`` with a `value` and
            perhaps a `label`, a `source` and a `note`; a rule refers to one by ``{ parameter = "entry_age", plus = 9
            }``.
        missing : {"practice", "strict"}
            How missing answers are read where a rule has such a table.
        parameters : mapping of name to value, optional
            What stands for parameters of the file in place of its own values.

        Raises
        ------
        MpiError
            When the file is absent or is not TOML (with line and column), or with every problem of it at once, each
            with the path of its key.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "mine.toml"
        ...     _ = file.write_text('[rules.insurance]\ndeprived = { column = "insured", is = 0 }')
        ...     Rules.from_toml(file)
        <Rules mine: insurance>
        """
        found, problems = read(source, missing=missing, parameters=parameters)
        rules = problems.attempt(lambda: cls(**found))
        problems.raise_if_any()
        return rules  # type: ignore[return-value]  # None only where problems were noted

    def to_toml(self) -> str:
        """Write the rules as TOML text that reads back equal."""
        return write({f.name: getattr(self, f.name) for f in fields(self)})

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        """The number of rules."""
        return len(self.rules)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Rule:
        """Return one rule by its name."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise RequestError(unknown("rule", name, self.names))

    def __repr__(self) -> str:
        return f"<Rules {self.name}: {', '.join(self.names)}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the rules."""
        return tuple(r.name for r in self.rules)

    def select(self, names: Iterable[str]) -> Rules:
        """Return some of the rules, in the order given."""
        chosen = tuple(self[name] for name in names)
        asked = {c for r in chosen for c in r.columns} | {c for made in self.computed for c in made.inputs}
        return replace(self, rules=chosen, missing=self.missing.only(asked))

    def inputs(self, column: str, known: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of the data that one column comes from: itself, unless it has to be computed."""
        made = next((c for c in self.computed if c.name == column), None)
        return (column,) if made is None or column in known else made.inputs_among(known)

    def lacking(self, rule: Rule, known: Sequence[str]) -> tuple[str, ...]:
        """Return the columns that a rule needs and the data lack.

        These are all where all are optional, none is there, and the rule says nothing without them.
        """
        needed = [i for c in rule.needed for i in self.inputs(c, known)]
        if not needed and not any(c in known for c in rule.columns) and rule.says_nothing:
            needed = list(rule.columns)
        return tuple(dict.fromkeys(c for c in needed if c not in known))


@kinds_checked
def computable(rules: Rules, columns: Iterable[str]) -> Rules:
    """Return the rules that can be computed from some columns.

    Examples
    --------
    >>> from mpi.indicators import load_rules
    >>> computable(load_rules("vn-2016"), ["age", "attending", "living_area", "size", "insured"]).names
    ('health_insurance', 'child_schooling', 'housing_area')
    """
    require_rules(rules)
    known = list(columns)
    return rules.select(r.name for r in rules if not rules.lacking(r, known))


def require_rules(rules: Any) -> None:
    """Raise where something else was given for rules."""
    if not isinstance(rules, Rules):
        raise RequestError(
            f"rules are needed, not {type(rules).__name__}: load_rules('vn-2022'), Rules.from_toml(path) or "
            "Rules('mine', [Rule(...), ...])"
        )


# --- checks ---------------------------------------------------------------------------------------------------------


def _check_parts(rules: Rules) -> None:
    """Hold rules to lists of rules and of computed columns, and to texts."""
    problems = Problems("the rules cannot be made", RequestError)
    for key, kinds in (("rules", ("Rule",)), ("computed", ("Computed", "Recoded"))):
        given: Any = getattr(rules, key)
        listed = isinstance(given, Iterable) and not hasattr(given, "columns")
        if not listed or not all(type(x).__name__ in kinds for x in given):
            problems.add(f"{key}: give a list of {' or '.join(kinds)}, not {type_name(given)}")
    for key in ("name", "title", "source"):
        if not isinstance(getattr(rules, key), str):
            problems.add(f"{key}: give a text, not {type_name(getattr(rules, key))}")
    problems.raise_if_any()


def _check_unique(names: Sequence[str], kind: str, problems: Problems) -> None:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.add(f"{kind} {name!r} stands {names.count(name)} times")
