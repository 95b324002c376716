"""Estimates as files: CSV, parquet, Excel, LaTeX, HTML. A file is whole or is not there.

CSV and parquet hold the tidy table, every number at full precision, and say how many rows were left out; LaTeX and
HTML hold the tables to publish, rounded; an Excel workbook holds both. Contents are made in memory first,
so that the disk sees one write.
"""

from __future__ import annotations

import gzip
import html as markup
import io
import os
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.atomic import atomic_path, located
from mpi.core.errors import MissingLibraryError, RequestError, nearest, unknown
from mpi.tables.footnotes import KEY
from mpi.tables.latex import latex
from mpi.tables.layout import Layout, heading
from mpi.tables.text import BESIDE, tidy
from mpi.tables.worded import blocks, worded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Unpack

    import pandas as pd

    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["LAID_OUT", "Kind", "kind_of", "latex", "page", "write", "write_any"]

Kind = Literal["csv", "parquet", "excel", "latex", "html"]
"""A kind of file."""

Formulas = Literal["keep", "guard"]
"""What becomes of text that a spreadsheet would take for a formula."""

Columns = Literal["core", "all"]
"""Which columns a tidy file has: those of every version, or also the cutoff as a number and the code of the group."""

Target = str | os.PathLike[str] | IO[Any] | None
"""Where a file goes: to a path, to an open file, or nowhere, where its contents are returned."""

LEFT_OUT = "left_out"
"""The last column of CSV and parquet files, where rows were left out: what notes say of it under tables."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".tex": "latex",
    ".html": "html",
}
_FOREIGN = (".xls", ".xlsm", ".xlsb", ".ods", ".dta", ".sav", ".por", ".docx", ".pdf", ".json")

LAID_OUT: tuple[Kind, ...] = ("excel", "latex", "html")
"""The kinds of file that hold tables to publish, and so take the options of `mpi.tables.publish`."""


def write(
    est: EstimatesLike,
    path: Target,
    kind: Kind,
    *,
    formulas: Formulas = "keep",
    columns: Columns = "core",
    **options: Unpack[Layout],
) -> str | bytes | None:
    """Write estimates to a file; the old file stays whole until the new one is complete.

    Parameters
    ----------
    est : Estimates
        The estimates.
    path : str, path, file object or None
        The file; or an open file or buffer, of text or of bytes; or None, for which the contents are returned.
    kind : {"csv", "parquet", "excel", "latex", "html"}
        ``csv``: the tidy table in UTF-8, numbers as their shortest exact decimals, text as it is; where rows
        were left out for a missing answer, a last column ``left_out`` says how many and for which; gzipped where the
        name ends in .gz. It begins with a byte order mark, without which Excel garbles Vietnamese
        names (pandas, Polars, R's readr and data.table skip it; base R wants
        ``fileEncoding="UTF-8-BOM"``). ``parquet``: the same, keys as dictionaries of text. ``excel``:
        notes, a sheet to publish for each disaggregation, and the tidy table. ``latex``: one booktabs
        tabular. ``html``: a page that stands by itself.
    formulas : {"keep", "guard"}
        What becomes of text in CSV that a spreadsheet would run, a label such as ``=cmd|...``. Data stay data by
        default; ``guard`` puts an apostrophe before text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line
        break. Numbers, and the other kinds of file, need no guard.
    columns : {"core", "all"}
        ``all`` adds to CSV and parquet what `Estimates.table` has beside: the cutoff as a number, ``k``, and the
        value in the data that a group's label stands for, ``group_code``, by which provinces are joined to a map.
        The data sheet of a workbook has both.
    **options
        For excel, latex and html, what `mpi.tables.publish` takes, which shapes the tables to publish; they name
        the columns in words unless ``labels=False``. CSV and parquet hold every number and take ``scheme`` alone, by
        which figures are not shown: they are empty, and the column ``status`` says why.

    Raises
    ------
    MpiError
        When the kind is unknown, the path is none or its end says another kind, an option is unknown, the
        library that writes the file is not installed, or it cannot be written; `path` is then untouched.
    """
    if kind not in get_args(Kind):
        raise RequestError(unknown("kind of file", kind, get_args(Kind)))
    if formulas not in get_args(Formulas):
        raise RequestError(f"formulas: {unknown('choice', formulas, get_args(Formulas))}")
    if formulas == "guard" and kind != "csv":
        raise RequestError(f"formulas='guard' is for csv; text of {kind} is never run")
    if columns not in get_args(Columns):
        raise RequestError(f"columns: {unknown('choice', columns, get_args(Columns))}")
    if columns == "all" and kind in LAID_OUT:
        raise RequestError(
            f"columns='all' is for csv and parquet; {kind} holds tables to publish: codes=True shows codes"
        )
    est = est.release(options.pop("scheme")) if options.get("scheme") is not None else est
    _check_options(kind, options)
    guard: dict[str, Any] = {} if kind in LAID_OUT else {"columns": columns}
    guard |= {"formulas": formulas} if kind == "csv" else {}
    if path is None or hasattr(path, "write"):
        return _handed_over(_MAKERS[kind](est, Path(), **options, **guard), path, kind)
    target = _path(path)
    _check_name(target, kind)
    with atomic_path(target) as temporary:
        temporary.write_bytes(_MAKERS[kind](est, target, **options, **guard))
    return None


def _handed_over(contents: bytes, buffer: Any, kind: Kind) -> str | bytes | None:
    """Return contents, as text where they are text, or write them to a buffer of text or of bytes."""
    texts = kind in {"csv", "latex", "html"}
    made: str | bytes = contents.decode("utf-8-sig") if texts else contents
    if buffer is None:
        return made
    if isinstance(buffer, io.TextIOBase) and not texts:
        raise RequestError(f"{kind} is no text: open the file with mode 'wb', or use io.BytesIO()")
    held: Any = buffer
    held.write(made if isinstance(buffer, io.TextIOBase) else contents)
    return None


def write_text(path: Target, text: str, end: str) -> None:
    """Write text to a path with that end, atomically, or to an open file.

    Raises
    ------
    MpiError
        When the path has another end, or cannot be written.
    """
    if hasattr(path, "write"):
        held: Any = path
        held.write(text if isinstance(path, io.TextIOBase) else text.encode("utf-8"))
        return
    target = _path(path)
    if target.suffix.casefold() != end:
        raise RequestError(f"{target.name!r} would hold {end.removeprefix('.').upper()}: end it in {end!r}")
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _path(path: Any) -> Path:
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str) or not os.fspath(path):
        raise RequestError(f"a file is written to a path such as 'tables.xlsx', not to {path!r}")
    return located(path)


def _check_name(path: Path, kind: Kind) -> None:
    """Refuse a name that promises another kind of file: programs go by it."""
    name, own = path.name.casefold(), next(s for s, k in _SUFFIXES.items() if k == kind)
    said = next((s for s in (*_SUFFIXES, *_FOREIGN) if name.endswith(s)), path.suffix if kind == "excel" else "")
    if said and _SUFFIXES.get(said) != kind:
        other = f", or use to_{_SUFFIXES[said]}" if said in _SUFFIXES else ""
        raise RequestError(f"{path.name!r} would hold {kind}, but it ends in {said!r}: end it in {own!r}{other}")


def _check_options(kind: Kind, options: Layout) -> None:
    if options and kind not in LAID_OUT:
        raise RequestError(
            f"{', '.join(options)}: {kind} holds the tidy table, every number in full; select(...) chooses what is "
            f"in it, and layouts are for {', '.join(LAID_OUT)}"
        )
    for option in options:
        if option not in Layout.__annotations__:
            raise RequestError(unknown("layout option", option, Layout.__annotations__))


def write_any(est: EstimatesLike, path: str | os.PathLike[str], **options: Unpack[Layout]) -> None:
    """Write estimates to a file of the kind its name says: .csv, .csv.gz, .parquet, .xlsx, .tex or .html.

    The options are those of `write`.

    Raises
    ------
    MpiError
        When the name ends otherwise, and as `write` does.
    """
    write(est, path, kind_of(_path(path)), **options)


def kind_of(path: Path) -> Kind:
    """Return the kind of file that a name asks for by its end.

    Raises
    ------
    MpiError
        When the name has no end, or one of another kind; the nearest is offered.

    Examples
    --------
    >>> from pathlib import Path
    >>> kind_of(Path("tables.xlsx"))
    'excel'
    """
    name = path.name.casefold()
    for suffix, kind in _SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    known = ", ".join(_SUFFIXES)
    if not path.suffix:
        raise RequestError(f"{path.name!r} does not say what kind of file to write; end it in one of {known}")
    near = nearest(path.suffix, _SUFFIXES)
    hint = f"; did you mean {near!r}?" if near else "."
    raise RequestError(f"{path.name!r}: estimates are not written as {path.suffix!r}{hint} Known: {known}")


# --- the tidy table --------------------------------------------------------------------------------------


def _tidy_file(est: EstimatesLike, columns: Columns) -> pd.DataFrame:
    """Return the tidy table with what else stands under tables: such a file has no notes."""
    import pandas as pd

    table = tidy(est) if columns == "all" else tidy(est).drop(columns=BESIDE)
    lost = est.about.get(KEY)
    if not lost:
        return table
    same = pd.Categorical.from_codes(np.zeros(len(est), dtype=np.int8), categories=pd.Index([lost]))
    return table.assign(**{LEFT_OUT: same})


def _csv(est: EstimatesLike, path: Path, *, formulas: Formulas = "keep", columns: Columns = "core") -> bytes:
    table = _tidy_file(est, columns)
    if formulas == "guard":
        table = table.assign(**{c: _guarded(table[c]) for c in table.columns if table[c].dtype.kind not in "biuf"})
    text = table.to_csv(None, index=False, lineterminator="\n").encode("utf-8-sig")
    if path.suffix.casefold() != ".gz":
        return text
    return gzip.compress(text, mtime=0)  # no time in it: the same estimates give the same file


def _guarded(column: pd.Series) -> pd.Series:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return column.map(lambda v: f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA) else v)


def _parquet(est: EstimatesLike, _: Path, *, columns: Columns = "core") -> bytes:
    if not find_spec("pyarrow"):
        raise MissingLibraryError(
            "parquet is written by pyarrow, which is absent: pip install pyarrow (or 'mpi-poverty[engines]')"
        )
    buffer = io.BytesIO()
    _keys_as_text(_tidy_file(est, columns)).to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def _keys_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Make each key a dictionary of text, so that files with other waves, or none, have the same types."""
    keys = frame.columns[frame.dtypes == "category"]
    return frame.assign(**{k: _as_text(frame[k]) for k in keys})


def _as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    values = [None if pd.isna(v) else str(v) for v in column.tolist()]
    return pd.Series(values, index=column.index, dtype="string").astype("category")


# --- LaTeX and HTML -------------------------------------------------------------------------------------------------


def _latex_bytes(est: EstimatesLike, _: Path, **options: Any) -> bytes:
    return latex(est, **options).encode()


_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
.table { overflow-x: auto; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; vertical-align: bottom; }
th[scope=col] { min-width: 7rem; }
td, th[scope=row], th.key { white-space: nowrap; }
th[scope=row], th.key { text-align: left; font-weight: normal; }
thead { border-block: 2px solid; }
tbody { border-bottom: 2px solid; }
tbody tr:nth-child(even) { background: rgb(128 128 128 / .1); }
.notes { font-size: .85rem; opacity: .8; }
"""


def page(est: EstimatesLike, **options: Unpack[Layout]) -> str:
    """Return a web page that stands by itself: the table to publish, disaggregation by disaggregation.

    Parameters
    ----------
    est : Estimates
        The estimates.
    **options
        What `mpi.tables.publish` takes; columns are named in words unless ``labels=False``.
    """
    frame = worded(est, options)
    title = markup.escape(est.about.get("measure", "Estimates"))
    survey = f"<p>{markup.escape(est.about['survey'])}</p>\n" if "survey" in est.about else ""
    tables = "\n".join(_section(by, part, est.titles) for by, part in blocks(frame))
    notes = "\n".join(f"<p>{markup.escape(note)}</p>" for note in frame.attrs["notes"])
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{survey}{tables}\n"
        f'<div class="notes">\n{notes}\n</div>\n</body>\n</html>\n'
    )


def _section(by: str, part: pd.DataFrame, titles: Mapping[str, str]) -> str:
    shown = part.loc[:, (part != "").any()]  # statistics that this disaggregation has
    keys = part.index.nlevels - 1
    names = [titles.get(by, by) if n == "group" and by not in {"", "total"} else n for n in part.index.names[1:]]
    heads = [_th(n, 'class="key"') for n in names] + [_th(c, 'scope="col"') for c in shown.columns]
    rows = []
    for index, cells in zip(shown.index, shown.to_numpy().tolist(), strict=True):
        labels = [_th(v, 'scope="row"') for v in index[-keys:]]
        rows.append(f"<tr>{''.join(labels)}{''.join(f'<td>{markup.escape(c)}</td>' for c in cells)}</tr>")
    return (
        f'<h2>{markup.escape(heading(by, titles))}</h2>\n<div class="table"><table>\n'
        f"<thead><tr>{''.join(heads)}</tr></thead>\n"
        f"<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table></div>"
    )


def _th(value: Any, attribute: str) -> str:
    return f"<th {attribute}>{markup.escape(str(value))}</th>"


def _page_bytes(est: EstimatesLike, _: Path, **options: Any) -> bytes:
    return page(est, **options).encode()


def _excel(est: EstimatesLike, _: Path, **options: Any) -> bytes:
    from mpi.tables.excel import workbook

    return workbook(est, **options)


_MAKERS: dict[str, Callable[..., bytes]] = {
    "csv": _csv,
    "parquet": _parquet,
    "excel": _excel,
    "latex": _latex_bytes,
    "html": _page_bytes,
}
