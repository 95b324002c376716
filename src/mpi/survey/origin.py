"""Provenance of a survey's rows and columns: files, rules, and the contents of a profile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Origin", "ProfileContents", "ProfilePart", "together"]

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ProfilePart:
    """A file, or a frame in memory, that rows come from.

    Attributes
    ----------
    name : str
        The file, without the folders that all files lie in; empty for a frame.
    rows : int or None
        How many rows it holds, where that is known.
    digest : str
        What tells its content from that of others.
    whole : bool
        Whether all of its rows are in the profile.
    """

    name: str
    rows: int | None
    digest: str
    whole: bool = True

    def __str__(self) -> str:
        rows = "" if self.rows is None else f"{self.rows:,} rows"
        if not self.name:
            return f"a frame of {rows}"
        return " ".join([*([] if self.whole else ["rows of"]), self.name, *([f"({rows})"] if rows else [])])


@dataclass(frozen=True, slots=True)
class ProfileContents:
    """The contents of a profile: weights, indicators with their rules, codes, and the files it came from.

    Attributes
    ----------
    weight : str or None
        The column of weights; None where each row counts once.
    total : float
        What the weights add up to.
    unit : {"person", "household"}
        What a row of the microdata is.
    measure, policy : str
        The measure it was made for, and what becomes of missing answers there; any of the same columns can be asked.
    indicators : mapping of column to mapping
        The indicators; of those made by rules ``rules`` and ``rule``, their names, and ``text``, the rule itself.
    by : tuple of str
        The columns to disaggregate by.
    codes : mapping of column to list
        What was declared to be no answer; ``"*"`` stands for all other columns.
    parts : tuple of Part
        The files and frames.
    library : str
        The version of this library that condensed them.
    gaps : mapping of indicator to (str, float or None)
        The gaps whose sums it carries: a column of gaps, or one of achievements with its cutoff.
    """

    weight: str | None
    total: float
    unit: str
    measure: str
    policy: str
    indicators: Mapping[str, Mapping[str, str]]
    by: tuple[str, ...]
    codes: Mapping[str, Sequence[Any]]
    parts: tuple[ProfilePart, ...]
    library: str
    gaps: Mapping[str, tuple[str, float | None]] = field(default_factory=dict)

    def written(self) -> dict[str, Any]:
        """Return it as plain values, which JSON can hold."""
        parts = [{"name": p.name, "rows": p.rows, "digest": p.digest, "whole": p.whole} for p in self.parts]
        return {
            "weight": self.weight, "total": self.total, "unit": self.unit, "measure": self.measure,
            "policy": self.policy, "indicators": {k: dict(v) for k, v in self.indicators.items()},
            "by": list(self.by), "codes": {k: list(v) for k, v in self.codes.items()}, "parts": parts,
            "library": self.library, **({"gaps": {k: list(v) for k, v in self.gaps.items()}} if self.gaps else {}),
        }  # fmt: skip

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> ProfileContents:
        """Return what plain values say; see `written`."""
        gaps = {name: (column, cutoff) for name, (column, cutoff) in told.get("gaps", {}).items()}
        given = {**told, "gaps": gaps, "by": tuple(told["by"]), "parts": tuple(ProfilePart(**p) for p in told["parts"])}
        return cls(**given)

    def words(self) -> dict[str, str]:
        """Say it, a sentence on each matter."""
        of_rules: dict[str, list[str]] = {}
        for column, rule in self.indicators.items():
            of_rules.setdefault(rule.get("rules", ""), []).append(column)
        indicators = [f"{', '.join(c)}{f' (by the rules {r!r})' if r else ''}" for r, c in of_rules.items()]
        codes = [f"{'all columns' if c == '*' else c} {', '.join(map(str, v))}" for c, v in self.codes.items() if v]
        weights = "none, each row counts once" if self.weight is None else f"column {self.weight!r}"
        return {
            "rows": f"{self.unit}s",
            "weights": f"{weights}, {self.total:,.10g} in all",
            "indicators": "; ".join(indicators),
            "disaggregations": ", ".join(self.by) or "none",
            **({"gaps": ", ".join(f"{n} ({c})" for n, (c, _) in self.gaps.items())} if self.gaps else {}),
            **({"no answers": "; ".join(codes)} if codes else {}),
            "sources": _listed([str(p) for p in self.parts]) or "a frame",
            "library": self.library,
        }


@dataclass(frozen=True, slots=True)
class Origin:
    """The provenance of a survey's rows and columns, as far as it is known.

    Attributes
    ----------
    files : tuple of str
        The paths of the files that the rows were read from.
    rules : mapping of column to mapping
        Of columns that rules made: see `ProfileContents.indicators`.
    made : ProfileContents or None
        What a profile is made of; None for microdata, and for profiles of earlier versions, which do not say it.
    data : str
        What every reader of its figures must know of the data: that they are synthetic.
    titles : mapping of column to str
        The labels of variables, of those that have one in the files.
    """

    files: tuple[str, ...] = ()
    rules: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    made: ProfileContents | None = None
    data: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)

    def with_rules(self, rules: Mapping[str, Mapping[str, str]]) -> Origin:
        """Return it with columns that rules made."""
        return replace(self, rules={**self.rules, **rules})


def together(origins: Iterable[Origin]) -> Origin:
    """Return where rounds come from that were put together; labels of variables are those that no round contradicts."""
    every = list(origins)
    files = tuple(dict.fromkeys(f for o in every for f in o.files))
    data = "; ".join(dict.fromkeys(o.data for o in every if o.data))
    rules = {c: rule for o in every for c, rule in o.rules.items()}
    titles = {c: t for o in every for c, t in o.titles.items() if all(x.titles.get(c, t) == t for x in every)}
    return Origin(files, rules, data=data, titles=titles)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
