"""A rule: who is asked, which answer means deprived, and how the answers of members become one of the household."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, get_args

import numpy as np

from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.exact import fraction, text
from mpi.indicators.answers.arrays import Answers, truth
from mpi.indicators.rules.conditions import AllOf, Condition, columns_of
from mpi.indicators.rules.words import HEAD, ONE_ANSWER, HouseholdWord, Nobody, Of, Share, Status

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule by which one deprivation follows from the answers.

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
        problems = Problems(f"rule {self.name!r}", RequestError)
        _check(self, problems)
        object.__setattr__(self, "enough", _share_of_answers(self.enough, problems))
        object.__setattr__(self, "optional", _names(self.optional, problems))
        problems.raise_if_any()
        _check_optional(self)
        object.__setattr__(self, "column", self.column or f"dep_{self.name}")
        object.__setattr__(self, "label", self.label or self.name)

    @property
    def judged(self) -> Condition | None:
        """The condition of those who are judged: the eligible, or the head alone where the household is its head."""
        if self.household != "head":
            return self.eligible
        return HEAD if self.eligible is None else AllOf((self.eligible, HEAD))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule asks for, each once."""
        return tuple(dict.fromkeys(name for condition in self.conditions for name in columns_of(condition)))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the rule: who is judged, who is deprived, and who is not where that is stated too."""
        return tuple(c for c in (self.judged, self.deprived, self.not_deprived) if c is not None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which it cannot be computed."""
        return tuple(c for c in self.columns if c not in self.optional)

    @property
    def says_nothing(self) -> bool:
        """Return whether it leaves open whether somebody who answered nothing is deprived."""
        nothing = Answers(dict.fromkeys(self.columns, np.full(1, np.nan)), 1)
        deprived = truth(self.deprived, nothing)
        free = ~deprived if self.not_deprived is None else truth(self.not_deprived, nothing)
        return not (deprived.true | free.true)[0]


# --- checks ---------------------------------------------------------------------------------------------------------


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
    problems = Problems(f"rule {rule.name!r}", RequestError)
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
