"""Gaps between women and men through two lenses: the sex of the household's head, and that of the person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError, unknown
from mpi.decompose.genders.sexes import gaps, sexes_of
from mpi.results.concat import concat
from mpi.results.dual import figures_of
from mpi.results.lookup import levels, need
from mpi.results.terms import Term, from_terms
from mpi.tables.keys import NAMES, Coded
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.decompose.genders.sexes import Sexes
    from mpi.results.estimates import Estimates

__all__ = ["gender"]

_STATISTICS = ("M0", "H", "A", "censored_headcount")
_BY_HOUSEHOLD = "{} (households)"
_SHOWN = 6


@kinds_explained
def gender(
    est: Estimates,
    *,
    head: str | None = "head_sex",
    person: str | None = "sex",
    households: Estimates | None = None,
    female: Any = None,
    statistics: Sequence[str] = _STATISTICS,
) -> Estimates:
    """Return the gaps between women and men by the sex of the household's head and by that of the person, side by side.

    The two answer different questions. *By head*: do people in households headed by a woman fare worse than those in
    households headed by a man? *By person*: do women and girls, wherever they live, fare worse than men and boys?
    Where poverty is one of households, the second gap comes only from who lives in which household; what happens
    between members of one household is seen by `within_households`.

    Parameters
    ----------
    est : Estimates
        Estimates by the sex of the head, of the person, or both: ``by=["head_sex", "sex"]``. They count persons.
    head, person : str or None
        The columns; None leaves a lens out.
    households : Estimates, optional
        The same by the sex of the head with ``unit="household"``: a third lens, in which each household counts once.
        Households headed by women are smaller in many countries, and the gap can change its sign.
    female : code or label, optional
        Which value stands for women, where the labels do not say so.
    statistics : sequence of str
        Which figures.

    Returns
    -------
    Estimates
        ``contrast`` is ``difference`` (women less men) and ``ratio`` (women to men); ``by`` is the lens, with
        ``(households)`` for the third. All covariances are kept, those between the lenses too, so that a
        difference of gaps has its error. ``flag`` says where lenses disagree in sign, and ``about["signs"]`` tells
        it in words.

    Raises
    ------
    MpiError
        When no lens is there, a column does not hold two sexes, or it is not clear which of them stands for women.

    Notes
    -----
    Differences have t intervals, ratios those of their logarithm. A different sign is no contradiction, and no
    evidence either where an interval contains 0.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["head_sex", "sex"])
    >>> found = mpi.decompose.gender(est)
    >>> found.select(statistic="H", contrast="difference", wave=2016).table["by"].tolist()
    ['head_sex', 'sex']
    >>> found.table["group"].unique().tolist()
    ['Female - Male']
    """
    plain = levels(est, "gender")
    lenses = _lenses(plain, head, person)
    if households is not None:
        plain, lenses = _with_households(plain, lenses, households, head)
    wanted = [statistics] if isinstance(statistics, str) else list(statistics)
    if not wanted:
        raise RequestError("gender: statistics: name at least one")
    need(plain, "gender", "statistic", wanted)
    figures = figures_of(plain)
    terms = [term for by in lenses for term in gaps(plain, figures, by, _sexes(plain, by, female), wanted, ratios=True)]
    signs = _disagreements(terms, lenses)
    found = from_terms(plain, _noted(terms, signs), lenses=_notes(lenses, head, person))
    return replace(found, about={**found.about, "signs": _in_words(signs, _clear(found))})


def _lenses(plain: Estimates, head: str | None, person: str | None) -> list[str]:
    known = values_of(plain, "by")
    asked = [by for by in (head, person) if by is not None]
    lost = [by for by in asked if by not in known]
    if lost or not asked:
        what = unknown("disaggregation", lost[0], known) if lost else "no lens is left"
        raise RequestError(
            f"gender: {what}. Estimate with by=[head, person], the columns of the sex of the head and of the person; "
            "None leaves one out (person=None)"
        )
    return asked


def _with_households(
    plain: Estimates, lenses: list[str], households: Estimates, head: str | None
) -> tuple[Estimates, list[str]]:
    """Put the figures that count households beside those that count persons, under another name."""
    if head is None:
        raise RequestError("gender: households= needs the column of the head's sex (head=)")
    if households.about.get("counted") != "households":
        raise RequestError("gender: households= is for estimates that count households: mpi.estimate(unit='household')")
    other = levels(households, "gender").select(by=head)
    name = _BY_HOUSEHOLD.format(head)
    renamed = Coded((name,), np.zeros(len(other), dtype=np.int32))
    other = replace(other, keys=other.keys.with_column("by", renamed), codes={name: other.codes[head]})
    return concat([plain.select(by=lenses), other]), [*lenses, name]


def _sexes(plain: Estimates, by: str, female: Any) -> Sexes:
    found: Mapping[str, tuple[Any, ...]] = plain.codes[by]
    return sexes_of({codes[0]: label for label, codes in found.items() if codes[0] is not None}, by, female)


# --- what to know ---------------------------------------------------------------------------------------------------

Signs = dict[tuple[Any, ...], dict[str, float]]


def _disagreements(terms: Sequence[Term], lenses: Sequence[str]) -> Signs:
    """Return the differences by lens of each figure for which they have two signs."""
    found: Signs = {}
    for term in terms:
        if term.keys["contrast"].at(0) != "difference":
            continue
        for i, value in enumerate(term.figures.value.tolist()):
            found.setdefault(_figure(term, i), {})[str(term.keys["by"].at(i))] = value
    return {k: v for k, v in found.items() if len(lenses) > 1 and min(v.values()) < 0 < max(v.values())}


def _figure(term: Term, row: int) -> tuple[Any, ...]:
    return tuple(term.keys[n].at(row) for n in NAMES if n not in ("contrast", "by", "group"))


def _noted(terms: Sequence[Term], signs: Signs) -> list[Term]:
    """Say at each difference which other lens shows the other sign."""
    out = []
    for term in terms:
        by = str(term.keys["by"].at(0))
        reasons = list(term.reasons)
        for i in range(len(reasons)):
            lenses = signs.get(_figure(term, i), {})
            own = lenses.get(by, 0.0)
            other = [f"{name}: {v:+.4f}" for name, v in lenses.items() if v * own < 0]
            if other and reasons[i] is None and term.keys["contrast"].at(i) == "difference":
                reasons[i] = "other sign by " + ", ".join(other)
        out.append(Term(term.figures, term.keys, term.methods, reasons, term.cases))
    return out


def _notes(lenses: Sequence[str], head: str | None, person: str | None) -> str:
    words = {head: "persons, by the sex of their household's head", person: "persons, by their own sex"}
    return "; ".join(f"{by}: {words.get(by, 'households, by the sex of their head')}" for by in lenses)


def _clear(est: Estimates) -> set[tuple[Any, ...]]:
    """Return the figures of which two differences, of either sign, are both beyond sampling error."""
    low, high = est.conf_int()
    names = [n for n in NAMES if n not in ("contrast", "by", "group")]
    seen: dict[tuple[Any, ...], set[bool]] = {}
    for row in np.flatnonzero((low > 0) | (high < 0)).tolist():
        if est.keys["contrast"].at(row) == "difference":
            seen.setdefault(tuple(est.keys[n].at(row) for n in names), set()).add(bool(low[row] > 0))
    return {figure for figure, sides in seen.items() if len(sides) == 2}


def _in_words(signs: Signs, clear: set[tuple[Any, ...]]) -> str:
    if not signs:
        return "the lenses agree in the sign of every difference"
    said = []
    for figure, lenses in list(signs.items())[:_SHOWN]:
        worse = " and ".join(n for n, v in lenses.items() if v > 0)
        better = " and ".join(n for n, v in lenses.items() if v < 0)
        said.append(f"{_name(figure)} is higher for women by {worse}, lower by {better}")
    more = f"; and {len(signs) - _SHOWN} more" if len(signs) > _SHOWN else ""
    sure = ", ".join(_name(figure) for figure in signs if figure in clear)
    beyond = (
        f"both signs are beyond sampling error for {sure}" if sure else "no two such signs are beyond sampling error"
    )
    return f"the lenses answer different questions, and disagree in sign: {'; '.join(said)}{more}. Of these, {beyond}"


def _name(figure: tuple[Any, ...]) -> str:
    """Name a figure: the statistic, its indicator, the round, the cutoff."""
    key = dict(zip([n for n in NAMES if n not in ("contrast", "by", "group")], figure, strict=True))
    parts = [str(key["statistic"]), *(f"of {key[n]}" for n in ("indicator",) if key[n] is not None)]
    parts += [f"in {key['wave']}"] if key["wave"] is not None else []
    return " ".join(parts) + (f" (k = {key['cutoff']})" if key["cutoff"] is not None else "")
