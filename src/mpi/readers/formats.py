"""File formats that are read, by suffix, and advice for those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.core.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMATS", "PACKED", "not_read", "suffix_of"]

PACKED = "packed"
"""What stands for a file that holds another."""

_UNPACKED = {
    ".dta": "stata",
    ".sav": "spss",
    ".zsav": "spss",
    ".por": "spss",
    ".xpt": "xport",
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".csv.gz": "delimited",
    ".tsv.gz": "delimited",
    ".txt.gz": "delimited",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".sas7bdat": "sas",
}

FORMATS = (
    _UNPACKED | {f"{suffix}.gz": PACKED for suffix, kind in _UNPACKED.items() if kind != "delimited"} | {".zip": PACKED}
)
"""Suffix to the module that reads such a file; `PACKED` where one is in it."""

_UNPACK = "unpack it first, and read what is in it"
_SHEET = "save the sheet as CSV (UTF-8), or hand mpi.Survey the frame that pandas.read_excel(path) gives"
_R = 'export it from R with haven::write_dta(frame, "people.dta"), where frame is the data frame in it'
_FRAME = "write it as Parquet, or hand mpi.Survey the frame that {} gives"
_PROGRAM = "it is a program or a dictionary, and not the data; name the file of data beside it"
_FIXED = (
    "its columns stand at fixed places, which only its dictionary tells; export it from CSPro as Stata, SPSS or CSV"
)
_ADVICE = {
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), _UNPACK),
    **dict.fromkeys((".xls", ".xlsb", ".ods"), _SHEET),
    **dict.fromkeys((".rds", ".rda", ".rdata"), _R),
    ".ipc": _FRAME.format("pyarrow.ipc.open_file(path).read_all()"),
    ".orc": _FRAME.format("pyarrow.orc.read_table(path)"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "write it as CSV or Parquet, a row for each person or household"),
    **dict.fromkeys((".mdb", ".accdb", ".db", ".sqlite", ".dbf"), "export the table from its database as CSV"),
    **dict.fromkeys((".pkl", ".pickle"), _FRAME.format("pandas.read_pickle(path)")),
    **dict.fromkeys((".do", ".dct", ".sps", ".sas", ".r", ".py", ".sas7bcat", ".dcf", ".toml"), _PROGRAM),
    **dict.fromkeys((".dat", ".fwf"), _FIXED),
    **dict.fromkeys((".pdf", ".doc", ".docx", ".html", ".htm"), "it is a document; ask for the file of data"),
}


def suffix_of(name: str, known: Mapping[str, str] = FORMATS) -> str | None:
    """Return the longest known suffix that a name ends in.

    Examples
    --------
    >>> suffix_of("people.csv.GZ"), suffix_of("people.rds")
    ('.csv.gz', None)
    """
    low = name.casefold()
    return max((s for s in known if low.endswith(s)), key=len, default=None)


def not_read(name: str, known: Mapping[str, str] = FORMATS) -> str:
    """Say that a file is of no kind that is read, and what to do with it.

    Examples
    --------
    >>> not_read("people.dta.bz2")
    "files that end in '.dta.bz2' are not read; unpack it first, and read what is in it"
    """
    low = name.casefold()
    end = max((s for s in _ADVICE if low.endswith(s)), key=len, default=None)
    if end is not None:
        inner = suffix_of(low.removesuffix(end)) or ""
        return f"files that end in {inner + end!r} are not read; {_ADVICE[end]}"
    last = f".{low.rpartition('.')[2]}" if "." in low else ""
    plain = [suffix for suffix in known if known[suffix] != PACKED]
    return (
        f"{unknown('format', last, plain, show=len(plain))}. Save the data in one of these, "
        "or rename the file if its suffix is wrong"
    )
