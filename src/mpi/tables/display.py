"""Estimates as a console and a notebook show them: a few rows, what they have in common said once."""

from __future__ import annotations

import html as markup
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.plain_text import visible
from mpi.tables.footnotes import KEY, MISSING, degrees, without_error
from mpi.tables.keys import NAMES, Coded
from mpi.tables.text import tidy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["brief", "html"]

_HTML_ROWS = 60
_TEXT_ROWS, _TEXT_ENDS = 60, 5
_LABEL = 60  # characters of a label in text


@kinds_checked
def brief(est: EstimatesLike) -> str:
    """Return the estimates as text for a console: at most 60 rows, and only what differs between them in columns.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), statistics=["H"])
    >>> print(brief(est))
    statistic H; contrast level; by total; group total; cutoff 3/10; weighting own
    wave  estimate       se   ci_low  ci_high    n
    2016  0.100572 0.013403 0.077041 0.130276 4114
    2018  0.067898 0.008770 0.052507 0.087385 4177
    """
    if not len(est):
        return "(none)"
    cut = len(est) > _TEXT_ROWS
    shown = est.take(np.r_[:_TEXT_ENDS, len(est) - _TEXT_ENDS : len(est)]) if cut else est
    keys = [n for n in NAMES if _varies(est.keys[n])]
    columns = [*keys, "estimate", "se", "ci_low", "ci_high", "n", *(["flag"] if (est.flag.index >= 0).any() else [])]
    said = {n: _texts_of(shown.flag if n == "flag" else shown.keys[n]) for n in (*keys, "flag")}
    text = {n: [visible(x, _LABEL) for x in texts] for n, texts in said.items()}
    lines = tidy(shown).assign(**text)[columns].to_string(index=False).splitlines()
    if cut:
        lines.insert(
            1 + _TEXT_ENDS, f"... {len(est) - 2 * _TEXT_ENDS:,} more; choose with select(...), all are in .table"
        )
    alike = [n for n in NAMES if not _varies(est.keys[n]) and _first(est.keys[n])]
    same = [f"{n} {visible(str(est.keys[n].at(0)), _LABEL)}" for n in alike]
    return "\n".join(["; ".join(same), *lines] if same else lines)


@kinds_checked
def html(est: EstimatesLike) -> str:
    """Return the estimates as HTML for a notebook: at most 60 rows, what is constant in the caption.

    Colours are left to the page, so that it reads on light and on dark.
    """
    shown = est.take(np.arange(min(len(est), _HTML_ROWS)))
    varying = [n for n in NAMES if _varies(est.keys[n])]
    head = [*varying, "estimate", "se", f"{est.level * 100:g}% interval", "n", "n_psu"]
    body = [*(_texts_of(shown.keys[n]) for n in varying), *_figures(shown)]
    if (est.flag.index >= 0).any():
        head, body = [*head, "flag"], [*body, _texts_of(shown.flag)]
    text = {*varying, "flag"}
    rows = [_row("td", cells, head, text) for cells in zip(*body, strict=True)]
    return (
        f"<div style='overflow-x:auto'>\n"
        f"<table cellpadding='4' style='border-collapse:collapse;white-space:nowrap'>\n"
        f"<caption style='caption-side:top;text-align:left;white-space:normal'>"
        f"{markup.escape(_caption(est))}</caption>\n"
        f"<thead style='border-bottom:1px solid'>{_row('th', head, head, text)}</thead>\n"
        f"<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>{_more(est, len(shown))}</div>"
    )


def _varies(column: Coded) -> bool:
    return len(column.index) > 0 and bool((column.index != column.index[0]).any())


def _texts_of(column: Coded) -> list[str]:
    return ["" if v is None else str(v) for v in column.to_list()]


def _figures(est: EstimatesLike) -> list[list[str]]:
    low, high = ([_brief(x) for x in limit] for limit in est.conf_int())
    between = [f"[{a}, {b}]" for a, b in zip(low, high, strict=True)]
    counts = [[MISSING if np.isnan(x) else f"{x:,.0f}" for x in v] for v in (est.n, est.n_psu)]
    se = np.where(without_error(est), np.nan, est.se)
    return [[_brief(x) for x in est.value], [_brief(x) for x in se], between, *counts]


def _brief(x: float) -> str:
    return MISSING if np.isnan(x) else f"{x:z,.4f}" if abs(x) < 1000 else f"{x:,.1f}"


def _row(tag: str, cells: Iterable[str], head: Sequence[str], text: set[str]) -> str:
    align = ["left" if h in text else "right" for h in head]
    made = (f"<{tag} style='text-align:{a}'>{markup.escape(c)}</{tag}>" for a, c in zip(align, cells, strict=True))
    return f"<tr>{''.join(made)}</tr>"


def _caption(est: EstimatesLike) -> str:
    """Say how many numbers, their level and df, and what all of them have in common."""
    same = [f"{n} {est.keys[n].at(0)}" for n in NAMES if not _varies(est.keys[n]) and _first(est.keys[n])]
    parts = [f"{len(est):,} estimate{'s' * (len(est) != 1)}", *(s for s in same if s != "contrast level")]
    parts += [f"{est.level * 100:g}% confidence intervals", degrees(est), *filter(None, [est.about.get(KEY)])]
    return "; ".join(parts)


def _first(column: Coded) -> bool:
    return len(column.index) > 0 and column.at(0) is not None


def _more(est: EstimatesLike, shown: int) -> str:
    if len(est) <= shown:
        return ""
    statistic, by = (est.keys[n].at(len(est) - 1) for n in ("statistic", "by"))
    choose = f"est.select(statistic={statistic!r}, by={by!r})"
    said = f"… and {len(est) - shown:,} more. Choose with {choose}; all are in est.table."
    return f"<p style='margin:4px 8px'>{markup.escape(said)}</p>"
