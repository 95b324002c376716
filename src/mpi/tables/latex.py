r"""Estimates as LaTeX that fits A4: booktabs, in parts where it is wide, over pages where it is long."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mpi.tables.typeset import PIXELS, text_width, word_width
from mpi.tables.worded import blocks, worded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    import pandas as pd

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.layout import Layout

__all__ = ["latex"]

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "–": "--", "…": r"\ldots{}", "×": r"\ensuremath{\times}",
}  # fmt: skip

_PREAMBLE = r"""% Fits A4 with margins of 25 mm. Needs \usepackage{array,booktabs,longtable}; Vietnamese needs XeLaTeX,
% LuaLaTeX or \usepackage[T5]{fontenc}."""
_WIDE, _LONG = 450.0, 45  # points of a line, and rows of a page
_SIZE, _BETWEEN, _SLACK = 8, 8.0, 1.08  # points of a letter, and between columns; fonts of LaTeX are a little wider
_HEAD = 1.35  # a head may be wider than its figures by this, before it is broken into lines
_NAMES = 0.4  # the share of a line that the label of a row may take


def latex(est: EstimatesLike, **options: Unpack[Layout]) -> str:
    r"""Return the table to publish as booktabs tables that fit A4, with their notes below.

    A table that is too wide comes in parts, one below another, with the labels of rows in each; one that is longer than
    a page is a ``longtable``, which repeats its head.

    Parameters
    ----------
    est : Estimates
        The estimates.
    **options
        What `mpi.tables.publish` takes; columns are named in words unless ``labels=False``.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> r"\toprule" in latex(est, statistics=["H", "M0"], percent=True)
    True
    """
    frame = worded(est, options)
    labels = [_label_width(frame, k) for k in range(1, frame.index.nlevels)]
    widths = [_width(str(name), frame.iloc[:, j].tolist()) for j, name in enumerate(frame.columns)]
    parts = _parts(widths, _WIDE - sum(labels))
    lines = [_PREAMBLE, rf"{{\footnotesize\setlength{{\tabcolsep}}{{{_BETWEEN / 2:g}pt}}"]
    for i, part in enumerate(parts):
        lines += [r"\par\bigskip"] if i else []
        lines += _table(frame.iloc[:, part], labels, [widths[j] for j in part])
    lines += [r"\par}", *(rf"\par\smallskip{{\footnotesize {_latex(note)}\par}}" for note in frame.attrs["notes"])]
    return "\n".join(lines) + "\n"


def _points(text: str) -> float:
    return text_width(text) / PIXELS * _SIZE / 10 * _SLACK


def _label_width(frame: pd.DataFrame, level: int) -> float:
    """Return the width of the labels of rows; long ones are broken into lines."""
    texts = [str(v) for v in frame.index.get_level_values(level)]
    widest = max(map(_points, [*texts, str(frame.index.names[level])]), default=0.0)
    return min(widest, _most(level)) + _BETWEEN


def _most(level: int) -> float:
    """Return the width that the labels of rows may take: the first more than codes and rounds."""
    return _WIDE * _NAMES / (1 if level == 1 else 2)


def _width(name: str, cells: Sequence[str]) -> float:
    """Return the width of a column: of its figures, and of the longest word above them."""
    figures = max(map(_points, cells), default=0.0)
    word = word_width(name) / PIXELS * _SIZE / 10 * _SLACK
    return max(figures, word, min(_points(name), _HEAD * figures)) + _BETWEEN


def _parts(widths: Sequence[float], room: float) -> list[list[int]]:
    """Part columns among tables that fit a line, as evenly as may be."""
    least, used = 1, 0.0
    for width in widths:
        least, used = (least + 1, width) if used and used + width > room else (least, used + width)
    aim = sum(widths) / least
    parts: list[list[int]] = [[]]
    used = 0.0
    for j, width in enumerate(widths):
        full = used + width > room or (used + width / 2 > aim and len(parts) < least)
        if parts[-1] and full:
            parts.append([])
            used = 0.0
        parts[-1].append(j)
        used += width
    return parts


def _table(frame: pd.DataFrame, labels: Sequence[float], widths: Sequence[float]) -> list[str]:
    """Return one table; statistics that no row has are none of its columns already."""
    names = frame.index.names[1:]
    heads = [*map(_latex, names)]
    heads += [_broken(str(n), w - _BETWEEN) for n, w in zip(frame.columns, widths, strict=True)]
    fixed = []
    for k, width in enumerate(labels, 1):
        whole = max(map(_points, map(str, frame.index.get_level_values(k))), default=0.0) <= _most(k)
        fixed.append("l" if whole else rf">{{\raggedright\arraybackslash}}p{{{width - _BETWEEN:.0f}pt}}")
    columns = "".join(fixed) + "r" * frame.shape[1]
    body = [line for by, part in blocks(frame) for line in _block(by, part, len(heads))][1:]  # no space above the first
    head = " & ".join(heads) + r" \\"
    if len(frame) <= _LONG:
        top = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule"]
        return [*top, *body, r"\bottomrule", r"\end{tabular}"]
    top = [rf"\begin{{longtable}}[l]{{{columns}}}", r"\toprule", head, r"\midrule", r"\endhead"]
    return [*top, r"\bottomrule", r"\endlastfoot", *body, r"\end{longtable}"]


def _broken(name: str, width: float) -> str:
    """Return the head of a column, in lines where it is longer than its figures are wide."""
    if _points(name) <= width:
        return _latex(name)
    return rf"\parbox[b]{{{width:.0f}pt}}{{\raggedleft\strut {_latex(name)}\strut}}"


def _block(by: str, part: pd.DataFrame, width: int) -> list[str]:
    lines = [r"\addlinespace"]
    if by not in {"", "total"}:
        lines.append(rf"\multicolumn{{{width}}}{{l}}{{\textit{{{_latex(by)}}}}} \\")
    rows = zip(part.index, part.to_numpy().tolist(), strict=True)
    return lines + [_row([*index[1:], *cells]) for index, cells in rows]


def _row(cells: Sequence[Any]) -> str:
    line = " & ".join(_latex(c) for c in cells) + r" \\"
    # After the \\ of the row above, a [ or a * would be read as its argument.
    return "{}" + line if line.startswith(("[", "*")) else line


def _latex(value: Any) -> str:
    """Escape text; numbers get a minus sign, control characters (and with them empty lines) become spaces."""
    plain = re.sub(r"[\x00-\x1f\x7f]+", " ", str(value))
    escaped = "".join(_LATEX.get(c, c) for c in plain)
    return re.sub(r"(?<![\w\-])-(?=\d)", "$-$", escaped)
