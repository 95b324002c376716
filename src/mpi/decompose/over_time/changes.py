"""Changes between rounds: absolute, relative, and per year, of every statistic and group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, comparable
from mpi.results.rounds import require_same_measure, spans
from mpi.results.terms import Term, from_terms, ratio_methods, relabelled, term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.rounds import Span
    from mpi.tables.keys import Keys

__all__ = ["Change", "beside_both", "both_ends", "change", "ends_of", "gone_in", "reasons_of"]

Change = Literal["change", "annual_change", "relative_change", "annual_relative_change"]
"""A kind of change between two rounds."""


@kinds_explained
def change(
    est: Estimates,
    start: Any = None,
    end: Any = None,
    *,
    pairs: Sequence[tuple[Any, Any]] | None = None,
    years: Mapping[Any, float] | None = None,
    kinds: Sequence[Change] | None = None,
) -> Estimates:
    """Return the changes of all figures between rounds, with the covariance of the rounds in every error.

    Parameters
    ----------
    est : Estimates
        Estimates of two or more rounds (`mpi.pool`, or a survey with ``wave=``), or what was derived from them: the
        change of a gap, or of a share (``contrast`` is then ``change of difference``).
    start, end : label of a round, optional
        From which to which; by default each round to the next, and of more than two also the first to the last.
    pairs : sequence of (start, end), optional
        Several pairs of rounds.
    years : mapping of round to number, optional
        The date of each round in years, fractions too (the mean date of interviews); by default the round's label
        where it is a year.
    kinds : sequence of str, optional
        Some of ``change`` (y1 - y0), ``annual_change`` ((y1 - y0) / years), ``relative_change`` (y1 / y0 - 1) and
        ``annual_relative_change`` ((y1 / y0) ** (1 / years) - 1); by default all, the annual ones where dates are
        known. Relative changes are fractions, as all shares are.

    Returns
    -------
    Estimates
        ``contrast`` is the kind of change and ``wave`` is ``"2016 to 2018"``. A relative change from 0 is undefined,
        and a figure of a group that is absent in one of the rounds is too; ``flag`` says so.

    Raises
    ------
    MpiError
        When there are not two rounds, a round is unknown, the estimates come from different measures, or a kind of
        change per year is asked for without dates.

    Notes
    -----
    Alkire, Roche and Vaz (2017, World Development 94:232-249). Both ends vary: the derivatives of relative changes
    are those with respect to both rounds, and the covariance of rounds that share PSUs is in the error (nought for
    rounds that were drawn independently; see ``shared_psus`` of `mpi.pool`). Intervals are t intervals, of relative
    changes of levels on the scale of logarithms of y1 / y0.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> fall = mpi.decompose.change(est, start=2016, end=2018).select(statistic="H", by="total")
    >>> fall.table["contrast"].tolist()
    ['change', 'annual_change', 'relative_change', 'annual_relative_change']
    """
    plain = comparable(est, "change")
    require_same_measure(plain, "change")
    asked = spans(plain, start, end, years, "change", pairs)
    wanted = _kinds(kinds, asked)
    finder, figures = Finder(plain.keys), figures_of(plain)
    terms = [term for span in asked for term in _changes(plain, finder, figures, span, wanted)]
    return from_terms(plain, terms)


def _kinds(kinds: Sequence[Change] | None, spans: Sequence[Span]) -> list[Change]:
    """Return the kinds of change to estimate; changes per year are refused for rounds without dates."""
    undated = [str(s) for s in spans if np.isnan(s.years)]
    if kinds is None:
        return [k for k in get_args(Change) if not (undated and k.startswith("annual"))]
    problems = Problems("change cannot be made", RequestError)
    given: list[Any] = [kinds] if isinstance(kinds, str) else list(kinds)
    problems.found += [f"kinds: {unknown('kind', k, get_args(Change))}" for k in given if k not in get_args(Change)]
    if undated and any(str(k).startswith("annual") for k in given):
        problems.add(
            f"the years of {undated[0]} are not known, so there is no change per year; give years={{round: date}}"
        )
    if not given:
        problems.add(f"kinds is empty; it takes some of {', '.join(get_args(Change))}")
    problems.raise_if_any()
    return list(dict.fromkeys(given))


def both_ends(plain: Estimates, finder: Finder, span: Span) -> tuple[NDArray[np.int64], NDArray[np.int64], Keys]:
    """Return where each figure stands at the start and at the end of a span (-1 where it is absent), and its keys."""
    wave = plain.keys["wave"]
    here = [wave.values.index(w) for w in (span.start, span.end)]
    after = np.flatnonzero(wave.index == here[1])
    before = np.flatnonzero(wave.index == here[0])
    lost = before[finder.beside(before, wave=span.end) < 0]
    if not len(after) and not len(before):
        raise RequestError(f"no figure is of round {span.start!r} or {span.end!r}")
    first = np.r_[finder.beside(after, wave=span.start), lost]
    last = np.r_[after, np.full(len(lost), -1)]
    keys = plain.keys.take(np.r_[after, lost])
    return first, last, relabelled(keys, np.arange(len(first)), wave=str(span))


def ends_of(
    plain: Estimates, finder: Finder, span: Span, statistic: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], Keys]:
    """Return where one statistic's figures stand in both rounds of a span, and their keys."""
    first, last, keys = both_ends(plain, finder, span)
    column = plain.keys["statistic"]
    anchor = np.where(last >= 0, last, first)
    rows = np.flatnonzero(column.index[anchor] == column.values.index(statistic))
    return first[rows], last[rows], keys.take(rows)


def beside_both(
    finder: Finder, first: NDArray[np.int64], last: NDArray[np.int64], **changes: Any
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the figures stand, in the same two rounds, that are like those but for some keys; -1 for none.

    Figures without a cutoff or weighting of their own (``cutoff=None``) are found under whichever weighting there is.
    """
    find = finder.unweighted if "cutoff" in changes else finder.beside
    one, two = (np.where(rows >= 0, find(np.maximum(rows, 0), **changes), -1) for rows in (first, last))
    return one, two


def _changes(plain: Estimates, finder: Finder, figures: Figures, span: Span, kinds: Sequence[Change]) -> list[Term]:
    """Return the terms of every change over one span."""
    first, last, keys = both_ends(plain, finder, span)
    y0, y1 = figures.take(first), figures.take(last)
    makers = {
        "change": lambda: y1 - y0,
        "annual_change": lambda: (y1 - y0) / span.years,
        "relative_change": lambda: y1 / y0 - 1.0,
        "annual_relative_change": lambda: (y1 / y0) ** (1 / span.years) - 1.0,
    }
    said = reasons_of(plain, first, last, span)
    from_nothing = np.where(y0.value == 0, f"0 in {span.start}: no relative change", "").tolist()
    out = []
    for kind in kinds:
        reasons = [a or (b if "relative" in kind else "") or None for a, b in zip(said, from_nothing, strict=True)]
        method = ratio_methods(keys, (y1, y0), "log1p") if "relative" in kind else "t"
        out.append(term(makers[kind](), keys, kind, reasons, method=method))
    return out


def reasons_of(plain: Estimates, first: NDArray[np.int64], last: NDArray[np.int64], span: Span) -> list[str]:
    """Say why what is made of two rounds is undefined: a figure is not there in one, or undefined in it."""
    return gone_in(plain, [(span.start, first), (span.end, last)])


def gone_in(plain: Estimates, rounds: Sequence[tuple[Any, NDArray[np.int64]]]) -> list[str]:
    """Say in which of several rounds a figure is not there (-1), or else is undefined, and why; the first is told."""
    out = np.full(len(rounds[0][1]), "", dtype=object)
    for wave, rows in reversed(rounds):
        gone = np.flatnonzero((rows >= 0) & np.isnan(plain.value[np.maximum(rows, 0)]))
        out[gone] = [f"{plain.flag.at(i) or 'undefined'} in {wave}" for i in rows[gone].tolist()]
    for wave, rows in reversed(rounds):
        out[rows < 0] = f"not in {wave}"
    found: list[str] = out.tolist()
    return found
