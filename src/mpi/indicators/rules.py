"""Rules: who is asked, which answer means deprived, and how the answers of members become one of the household."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from mpi.arguments import kinds_checked, said_of
from mpi.errors import MpiError, Problems, unknown
from mpi.indicators.arrays import Answers, truth
from mpi.indicators.conditions import AllOf, Condition, columns_of
from mpi.indicators.rule_words import (
    HEAD,
    ONE_ANSWER,
    HouseholdWord,
    Missing,
    Nobody,
    Of,
    Share,
    Status,
    share_above,
    share_at_least,
)
from mpi.missing_codes import MissingCodes, read_missing
from mpi.rational import fraction, text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from mpi.indicators.computed import Computed, Recoded
    from mpi.indicators.parameters import Parameter

__all__ = [
    "HEAD",
    "ONE_ANSWER",
    "HouseholdWord",
    "Missing",
    "Nobody",
    "Of",
    "Rule",
    "Rules",
    "Share",
    "Status",
    "computable",
    "require_rules",
    "share_above",
    "share_at_least",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one deprivation follows from the answers.

    Parameters
    ----------
    name : str
        The indicator, such as ``child_schooling``.
    deprived : Condition
        What a member (or the household) has answered to be deprived.
    not_deprived : Condition, optional
        What has been answered not to be deprived; whoever meets neither is unknown, as where both sides are stated one
        by one in a script. By default it is the opposite of `deprived`.
    of : {"members", "household"}
        Whose answers these are. Columns of the household are repeated on every member's row.
    eligible : Condition, optional
        Which members are asked; everyone by default.
    household : {"any", "all", "none", "head"} or Share
        When the household is deprived: if any, all or none of its eligible members meet `deprived`, if its head
        does, or if a share of them does. A household in which nobody is marked as head is unknown, and so is one
        in which several are and differ.
    nobody : {"not deprived", "deprived", "missing"}
        What a household without eligible members is.
    enough : str, int, float or Fraction, optional
        The share of eligible members whose answers suffice to judge the household by those who answered, where the
        missing answers could change the outcome; ``"one"`` where the answer of one member is enough (it is held as a
        share of 0). By default all are needed.
    column : str, optional
        The column the deprivation is written to; ``dep_<name>`` by default.
    optional : sequence of str
        Columns that are taken as missing throughout where the data lack them.
    tell_absent : bool
        Whether a warning names the optional columns that the data lack, where a misspelt one would change figures.
    label : str
        What to print in tables.
    who, because : str
        In words, who is eligible ("children aged 5 to 14") and what a deprived one is ("does not attend school").
    source, status, proxy, note : str
        Where the rule was found; whether it was read in the law ("verified"), in a secondary source, or recalled
        ("from memory"); which question stands in for one that was not asked; what else to know.

    Raises
    ------
    MpiError
        With every problem of the rule at once.

    Examples
    --------
    >>> from mpi.indicators import Rule, column
    >>> Rule(name="schooling", eligible=column("age").between(5, 15), deprived=column("attending") == 0).columns
    ('age', 'attending')
    """

    name: str
    deprived: Condition
    of: Of = "members"
    not_deprived: Condition | None = None
    eligible: Condition | None = None
    household: HouseholdWord | Share = "any"
    nobody: Nobody = "not deprived"
    enough: Fraction | None = None
    column: str = ""
    optional: tuple[str, ...] = ()
    tell_absent: bool = False
    label: str = ""
    who: str = ""
    because: str = ""
    source: str = ""
    status: Status = "from memory"
    proxy: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        problems = Problems(f"rule {self.name!r}")
        _check(self, problems)
        object.__setattr__(self, "enough", _share_of_answers(self.enough, problems))
        object.__setattr__(self, "optional", _names(self.optional, problems))
        problems.raise_if_any()
        _check_optional(self)
        object.__setattr__(self, "column", self.column or f"dep_{self.name}")
        object.__setattr__(self, "label", self.label or self.name)

    @property
    def judged(self) -> Condition | None:
        """Who is judged: the eligible, and of them the head alone where the household is judged by its head."""
        if self.household != "head":
            return self.eligible
        return HEAD if self.eligible is None else AllOf((self.eligible, HEAD))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule asks for, each once."""
        return tuple(dict.fromkeys(name for condition in self.conditions for name in columns_of(condition)))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What is asked: who is judged, who is deprived, and who is not where that is said too."""
        return tuple(c for c in (self.judged, self.deprived, self.not_deprived) if c is not None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which it cannot be computed."""
        return tuple(c for c in self.columns if c not in self.optional)


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
        problems = Problems(f"rules {self.name!r}")
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
        path: str | os.PathLike[str],
        *,
        missing: Missing = "practice",
        parameters: Mapping[str, Any] | None = None,
    ) -> Rules:
        """Read rules from a TOML file; see `mpi.indicators.rule_files.read`."""
        from mpi.indicators.rule_files import read

        return read(path, missing=missing, parameters=parameters)

    def to_toml(self) -> str:
        """Write the rules as TOML text that reads back equal."""
        from mpi.indicators.rule_files import write

        return write(self)

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
        raise MpiError(unknown("rule", name, self.names))

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
        if not needed and not any(c in known for c in rule.columns) and _says_nothing(rule):
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
        raise MpiError(
            f"rules are needed, not {type(rules).__name__}: load_rules('vn-2022'), Rules.from_toml(path) or "
            "Rules('mine', [Rule(...), ...])"
        )


def _says_nothing(rule: Rule) -> bool:
    """Whether a rule leaves open whether somebody who answered nothing is deprived."""
    nothing = Answers(dict.fromkeys(rule.columns, np.full(1, np.nan)), 1)
    deprived = truth(rule.deprived, nothing)
    free = ~deprived if rule.not_deprived is None else truth(rule.not_deprived, nothing)
    return not (deprived.true | free.true)[0]


# --- checks ---------------------------------------------------------------------------------------------------------


def _check_parts(rules: Rules) -> None:
    """Hold rules to lists of rules and of computed columns, and to texts."""
    problems = Problems("the rules cannot be made")
    for key, kinds in (("rules", ("Rule",)), ("computed", ("Computed", "Recoded"))):
        given: Any = getattr(rules, key)
        listed = isinstance(given, Iterable) and not hasattr(given, "columns")
        if not listed or not all(type(x).__name__ in kinds for x in given):
            problems.add(f"{key}: give a list of {' or '.join(kinds)}, not {said_of(given)}")
    for key in ("name", "title", "source"):
        if not isinstance(getattr(rules, key), str):
            problems.add(f"{key}: give a text, not {said_of(getattr(rules, key))}")
    problems.raise_if_any()


_TEXTS = ("column", "label", "who", "because", "source", "proxy", "note")


def _check(rule: Rule, problems: Problems) -> None:
    if not isinstance(rule.name, str) or not rule.name:
        problems.add("name: give a short name")
    problems.found += [
        f"{k}: give a text, not {getattr(rule, k)!r}" for k in _TEXTS if not isinstance(getattr(rule, k), str)
    ]
    for key, options in (("of", Of), ("nobody", Nobody), ("status", Status)):
        if not _is_word(getattr(rule, key), get_args(options)):
            problems.add(f"{key}: {unknown('word', getattr(rule, key), get_args(options))}")
    if not isinstance(rule.household, Share) and not _is_word(rule.household, get_args(HouseholdWord)):
        problems.add(
            f"household: {unknown('word', rule.household, get_args(HouseholdWord))}; or a share_above, share_at_least"
        )
    for key in ("deprived", "eligible", "not_deprived"):
        condition = getattr(rule, key)
        if not isinstance(condition, Condition) and not (key != "deprived" and condition is None):
            problems.add(f"{key}: give a condition such as column('age') >= 6, not {condition!r}")
    tell: Any = rule.tell_absent
    if not isinstance(tell, bool):
        problems.add(f"tell_absent: true or false, not {rule.tell_absent!r}")
    words: list[Any] = [rule.of, rule.household, rule.nobody]
    if any(not isinstance(x, (str, Share)) for x in words):
        return
    if rule.household == "head" and rule.enough is not None:
        problems.add("enough: the head is one person, of whom no share can answer; leave it out")
    _check_of_household(rule, problems)


def _is_word(value: Any, words: tuple[Any, ...]) -> bool:
    return isinstance(value, str) and value in words


def _names(value: Any, problems: Problems) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value):
        return tuple(value)
    problems.add(f"optional: give a list of names of columns, not {value!r}")
    return ()


def _check_optional(rule: Rule) -> None:
    """A name that the rule does not ask for is a misspelling of one that it then needs."""
    problems = Problems(f"rule {rule.name!r}")
    problems.found = [
        f"optional: {unknown('column the rule asks for called', name, rule.columns)}"
        for name in rule.optional
        if name not in rule.columns
    ]
    problems.raise_if_any()


def _check_of_household(rule: Rule, problems: Problems) -> None:
    """Hold a rule on the household itself to what makes sense for it."""
    if rule.of != "household":
        return
    plain = {"eligible": None, "household": "any", "nobody": "not deprived", "enough": None}
    said = [key for key, value in plain.items() if getattr(rule, key) != value]
    if said:
        problems.add(f"of: a rule of the household has no members to choose from; leave out {', '.join(said)}")


def _share_of_answers(value: Any, problems: Problems) -> Fraction | None:
    if value is None:
        return None
    if (isinstance(value, str) and value == "one") or (isinstance(value, Fraction) and value == ONE_ANSWER):
        return ONE_ANSWER
    try:
        found = fraction(value)
    except ValueError as error:
        problems.add(f"enough: {error}, or 'one'")
        return None
    if not 0 < found <= 1:
        problems.add(f"enough: a share above 0 and at most 1, or 'one', not {text(found)}")
    return found


def _check_unique(names: Sequence[str], kind: str, problems: Problems) -> None:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.add(f"{kind} {name!r} stands {names.count(name)} times")
