"""Files: read back they hold the same numbers; an odd label stays text; a failure leaves the old file whole."""

from __future__ import annotations

import errno
import gc
import gzip
import io
import math
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mpi.core.errors import MpiError
from mpi.estimation.estimate import estimate
from mpi.estimation.means import mean
from mpi.measures.measure import Measure
from mpi.survey.pool import pool
from mpi.survey.survey import Survey
from mpi.tables import files as export
from mpi.tables import latex as latex_of
from mpi.tables.excel import sheet_name
from mpi.tables.files import latex, page, write, write_any

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
pytest.importorskip("pyarrow", reason="PyArrow is an extra")

MEASURE = Measure.nested("m", {"health": ["d0", "d1"], "living": ["d2", "d3"]}, cutoff="1/3")
ODD = ("Hà Giang", "<b>", "A & B_1%", "=1+1", "+2", "-3", "@x", "#N/A", '=HYPERLINK("http://x")', 'a,b\n"c"')
NAMES = {"csv": "e.csv", "parquet": "e.parquet", "excel": "e.xlsx", "latex": "e.tex", "html": "e.html"}
NUMBERS = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu"]


def survey(seed=7, n=400):
    """Four strata of ten PSUs; nobody is poor in the province named <b>."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"d{i}": rng.binomial(1, p, n).astype(float) for i, p in enumerate((0.3, 0.4, 0.2, 0.5))})
    frame["w"], frame["sex"] = rng.uniform(1, 3, n), rng.choice(["female", "male"], n)
    frame["province"] = rng.choice(ODD, n)
    frame.loc[frame["province"] == "<b>", ["d0", "d1", "d2", "d3"]] = 0.0
    frame = frame.assign(h=np.repeat(range(4), n // 4), c=np.tile(np.repeat(range(10), n // 40), 4))
    return Survey(frame, weight="w", strata="h", psu="c")


@pytest.fixture(scope="module")
def est():
    return estimate(survey(), MEASURE, by=["province"])


@pytest.fixture(scope="module")
def many():
    alt = {"alt": {"health": "1/4", "living": "3/4"}}
    rounds = pool({2016: survey(), 2018: survey(8)}, shared_psus=False)
    return estimate(rounds, MEASURE, by=["province", ("province", "sex")], cutoffs=["1/3", "3/5"], weightings=alt)


def same(read, est):
    """Every number is the same to the last bit, every key the same text."""
    table = est.table if "k" in read else est.table.drop(columns=["k", "group_code"])
    assert read.columns.tolist() == table.columns.tolist()
    for name in NUMBERS:
        np.testing.assert_array_equal(read[name].to_numpy(dtype=float), table[name].to_numpy(dtype=float))
    for name in set(table.columns) - set(NUMBERS):
        found, expected = ([None if pd.isna(v) else str(v) for v in f[name]] for f in (read, table))
        assert found == expected, name


# --- reading back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["e.csv", "e.csv.gz"])
def test_csv_holds_every_number_in_full(many, tmp_path, name):
    write_any(many, tmp_path / name)
    read = pd.read_csv(tmp_path / name, dtype="str", keep_default_na=False, na_values=[""])
    read[NUMBERS] = read[NUMBERS].map(float)  # Python's own reading, which is exact
    same(read, many)


def test_csv_begins_with_the_mark_excel_needs_and_others_skip(est, tmp_path):
    est.to_csv(tmp_path / "e.csv")
    assert (tmp_path / "e.csv").read_bytes().startswith(b"\xef\xbb\xbfstatistic,")
    polars = pytest.importorskip("polars", reason="Polars is an extra")
    from pyarrow import csv

    assert polars.read_csv(tmp_path / "e.csv").columns[0] == "statistic"
    options = csv.ParseOptions(newlines_in_values=True)
    assert csv.read_csv(tmp_path / "e.csv", parse_options=options).column_names[0] == "statistic"


def test_the_same_estimates_give_the_same_bytes(est, tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        write_any(est, tmp_path / name)
    first = (tmp_path / "a.csv.gz").read_bytes()
    assert first == (tmp_path / "b.csv.gz").read_bytes()
    write(est, tmp_path / "a.csv", "csv")
    assert gzip.decompress(first) == (tmp_path / "a.csv").read_bytes()


def test_parquet_holds_every_number_and_keys_are_dictionaries_of_text(many, est, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for estimates in (many, est):  # est has no wave at all: its type is the same
        estimates.to_parquet(tmp_path / "e.parquet")
        same(pd.read_parquet(tmp_path / "e.parquet"), estimates)
        schema = pq.read_schema(tmp_path / "e.parquet")
        for name in ("statistic", "indicator", "wave", "group", "flag"):
            kind = schema.field(name).type
            assert pa.types.is_dictionary(kind)
            assert kind.value_type in (pa.string(), pa.large_string())


def sheets(est, **options):
    contents = export._MAKERS["excel"](est, Path("e.xlsx"), **options)
    return openpyxl.load_workbook(io.BytesIO(contents))


def test_excel_data_holds_every_number_in_full(many):
    head, *rows = sheets(many)["Data"].iter_rows(values_only=True)
    same(pd.DataFrame(rows, columns=head), many)


def test_excel_sheets_to_publish_hold_the_same_numbers(many):
    sheet = sheets(many, cutoff="3/5", weighting="alt", statistics=["H", "A"])["By province"]
    assert sheet["A1"].value == "By province"
    assert [c.value for c in sheet[5]][:7] == ["province", "wave", "n", *["estimate", "(SE)"] * 2]
    assert [sheet["D4"].value, sheet["F4"].value] == ["Headcount ratio (H)", "Intensity (A)"]
    assert {"D4:E4", "F4:G4"} <= {str(r) for r in sheet.merged_cells.ranges}
    assert sheet.freeze_panes == "D6"
    for i in range(6, 6 + 2 + 2 * len(ODD)):
        group, wave, n, *numbers = [c.value for c in sheet[i]][:7]
        of = {"by": "province", "group": group} if group != "Total" else {"by": "total"}
        assert n == many.select(statistic="H", wave=wave, **of).n[0]
        chosen = {"wave": wave, "cutoff": "3/5", "weighting": "alt", **of}
        for statistic, pair in (("H", numbers[:2]), ("A", numbers[2:])):
            one = many.select(statistic=statistic, **chosen)
            expected = ["–" if math.isnan(x) else x for x in (one.value[0], one.se[0] or math.nan)]
            assert pair == expected


def test_excel_has_notes_first_then_sheets_of_each_disaggregation_then_data(many):
    book = sheets(many)
    found = list(dict.fromkeys(re.sub(r" \(\d+\)$", "", name) for name in book.sheetnames))
    parts = [n + end for n in ("Total", "By province", "By province × sex") for end in ("", ", indicators")]
    assert found == ["Notes", *parts, "By province × s, indicators", "Data"]  # of a name that is cut for its number
    notes = dict(book["Notes"].iter_rows(values_only=True))
    assert notes["Confidence level"] == (
        "95%; logit-t intervals for shares; logit-t intervals between the cutoff and 1 for intensities"
    )
    assert notes["Wave"] == "2016, 2018"
    assert notes["Measure"] == "m"
    assert notes["Counted"] == "persons, every row taken for one"
    assert notes["Missing answers"] == "rows with a missing indicator are dropped (complete cases)"
    assert notes["Survey"].startswith("800 rows in 2 rounds")
    assert "of those with cases that a figure rests on" in notes["Degrees of freedom"]
    assert "Flag: no poor in group" in notes
    assert notes["Indicator: d0"] == "health, weight 1/4."
    assert notes["Who is poor"].startswith("1/3 or more")
    links = [c.hyperlink.location for c in book["Notes"]["A"] if c.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]


def test_excel_has_one_font_and_terms_that_are_seen_whole(many):
    book = sheets(many)
    cells = [(s, c) for s in book for row in s.iter_rows() for c in row if c.value is not None]
    assert {c.font.name for _, c in cells} == {"Arial"}
    assert {c.font.sz for s, c in cells if (c.coordinate, s.title) != ("A1", s.title)} <= {10, 13}
    assert {c.font.sz for _, c in cells if c.row > 1} == {10}
    long = next(c for c in book["Notes"]["A"] if len(c.value) > 32)
    assert long.alignment.wrap_text
    assert book["Notes"].row_dimensions[long.row].height >= 25


def test_excel_has_main_figures_on_one_sheet_and_indicators_on_the_next(est):
    book = sheets(est)
    main = [c.value for c in book["By province"][4] if c.value]
    assert main == [
        "Adjusted headcount ratio (M0)", "Headcount ratio (H)", "Intensity (A)", "Inequality among the poor",
        "Population share", "Share of the poor", "Group's contribution to M0",
    ]  # fmt: skip
    rest = [s for s in book.sheetnames if s.startswith("By province, indicators")]
    kinds = [c.value for s in rest for c in book[s][4] if c.value]
    assert list(dict.fromkeys(kinds)) == [
        "Uncensored headcount", "Censored headcount", "Contribution to M0", "Share of contribution",
    ]  # fmt: skip
    labels = [c.value for s in rest for c in book[s][5] if c.value and c.column > 2]
    assert len(main) + len(labels) == len(est.select(by="province").publish().columns)
    only = sheets(est, statistics="censored_headcount", by="province")
    assert only.sheetnames == ["Notes", "By province", "Data"]


def test_excel_shows_limits_or_bare_estimates_instead_of_errors(est):
    sheet = sheets(est, statistics="H", interval=True, labels=False)["By province"]
    assert [c.value for c in sheet[5]][:5] == ["province", "n", "estimate", "from", "to"]
    assert sheet["C4"].value == "H"
    one = est.select(statistic="H", by="province", group="Hà Giang")
    row = next(r for r in sheet.iter_rows(min_row=6, values_only=True) if r[0] == "Hà Giang")
    assert row[2:5] == (one.value[0], one.conf_int()[0][0], one.conf_int()[1][0])
    bare = sheets(est, statistics="H", se=False)["By province"]
    assert [c.value for c in bare[4]][:3] == ["province", "n", "Headcount ratio (H)"]


def test_excel_names_the_methods_of_intervals_and_whose_degrees_of_freedom(est):
    def told(made, term):
        return dict(sheets(made)["Notes"].iter_rows(values_only=True))[term]

    assert told(est.with_interval("wilson", level=0.9), "Confidence level").startswith("90%; Wilson's intervals")
    both = mean(survey(), ["d0", "w"])
    assert told(both, "Confidence level") == "95%; logit-t intervals for shares; t intervals for mean"
    by_group = estimate(survey(), MEASURE, ["province"], statistics=["H"], df="design")
    assert told(by_group, "Degrees of freedom").startswith("Primary sampling units minus strata, of the whole design")


def test_every_flag_is_explained():
    from mpi.estimation import assemble, parts
    from mpi.inference.design import CERTAIN, COMPLETE, FEW, SINGLE, WITHOUT
    from mpi.results import contrasts
    from mpi.tables.excel_notes import FLAGS

    source = "".join(Path(module.__file__).read_text() for module in (assemble, contrasts, parts))
    words = re.findall(r'"((?:no|not|one|estimate is|undefined)[^"]*)"', source)
    flags = {w for w in words if w == "undefined" or w.startswith(("no ", "not ", "one ", "estimate is "))}
    assert flags | {CERTAIN, COMPLETE, FEW, SINGLE, WITHOUT} == set(FLAGS)
    assert all(FLAGS.values())


def test_excel_marks_flagged_figures_and_says_below_what_the_marks_mean(est):
    sheet = sheets(est, statistics=["A", "H"])["By province"]
    row = next(r for r in sheet.iter_rows(min_row=4) if r[0].value == "<b>")
    n = est.select(statistic="H", by="province", group="<b>").n[0]
    assert [c.value for c in row][:6] == ["<b>", n, "–", "–", 0, "–"]
    told = [r[0] for r in sheet.iter_rows(min_row=7 + len(ODD), values_only=True) if r[0]]
    for cell, flag in ((row[2], "no poor in group"), (row[4], "estimate is 0: upper limit only")):
        mark = re.search(r'" ([a-z])"$', cell.number_format).group(1)
        assert sum(t.startswith(f"{mark}: {flag} (") for t in told) == 1
    assert sum("n: the unweighted cases" in t and "Standard errors to the right of estimates." in t for t in told) == 1
    plain = next(r for r in sheet.iter_rows(min_row=4) if r[0].value == "Hà Giang")
    assert plain[2].number_format.endswith("@_ _a")  # as wide as a mark


def test_excel_shows_percents_as_the_heads_say(est):
    sheet = sheets(est, statistics=["H", "M0"], percent=True)["Total"]
    assert [sheet["C4"].value, sheet["E4"].value] == ["Headcount ratio (H),\xa0%", "Adjusted headcount ratio (M0)"]
    assert sheet["C6"].value == est.select(statistic="H", by="total").value[0] * 100
    assert sheet["C6"].number_format.startswith("0.0;")
    form = sheets(est, statistics=["H", "M0"], decimals=4)["Total"]["C6"].number_format
    assert form.startswith('#,##0.0000;"−"#,##0.0000')


def test_labels_are_never_formulas_nor_errors(est):
    book = sheets(est)
    cells = [c for s in book for row in s.iter_rows() for c in row]
    assert {c.data_type for c in cells} <= {"s", "n"}
    for sheet, column in (("By province", 1), ("Data", 6)):
        found = {c.value: c for row in book[sheet].iter_rows(min_col=column, max_col=column) for c in row}
        assert set(ODD) <= set(found)
        assert all(found[v].quotePrefix for v in ODD if v[0] in "=+-@")


def test_characters_excel_forbids_are_replaced():
    frame = pd.DataFrame({"d0": [0.0, 1, 1, 0], "g": ["a\x00b", "c", "c", "a\x00b"]})
    made = estimate(Survey(frame), Measure.nested("m", {"x": ["d0"]}, cutoff="1"), by=["g"])
    assert "a\ufffdb" in [c.value for c in sheets(made)["By g"]["A"]]


def test_sheet_names_are_short_allowed_and_unique():
    taken = {"notes", "data"}
    made = [sheet_name(n, taken) for n in ("a/b:c", "A?B*C", "data", "x" * 40, "x" * 41, "'q'", "", "History", "[]")]
    assert made == ["a_b_c", "A_B_C (2)", "data (2)", "x" * 31, "x" * 27 + " (2)", "q", "sheet", "History (2)", "__"]
    ends = [sheet_name("x" * 40, taken, ", indicators") for _ in range(2)]
    assert ends == ["x" * 19 + ", indicators", "x" * 15 + ", indicators (2)"]


def test_a_sheet_too_large_for_excel_is_refused(est, monkeypatch):
    monkeypatch.setattr("mpi.tables.excel._MAX_ROWS", 10)
    with pytest.raises(MpiError, match="parquet"):
        sheets(est)


# --- LaTeX and HTML --------------------------------------------------------------------------------------


def test_latex_is_a_booktabs_tabular_of_even_rows(many):
    text = latex(many, statistics=["H", "A"], weighting="own", percent=True, by="province")
    assert r"\begin{tabular}{llrrrr}" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {5}
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")
    assert r"Headcount ratio (H), k = 1/3, \%" in text
    assert r"H, k = 1/3" in latex(many, statistics=["H", "A"], weighting="own", labels=False)


@pytest.mark.parametrize(
    "options",
    [{}, {"percent": True, "interval": True, "se": True}, {"codes": True, "rounds": "columns"}, {"indicators": "rows"}],
)
def test_latex_fits_a4_in_parts_and_over_pages(many, options):
    options = {"cutoff": "1/3", "weighting": "own"} | options
    frame = many.publish(labels=True, **options)
    text = latex(many, **options)
    parts = re.findall(r"\\begin\{(tabular|longtable)\}(?:\[l\])?\{([^\n]*)\}\n(.*?)\\end\{\1\}", text, flags=re.DOTALL)
    labels = frame.index.nlevels - 1
    seen = []
    for kind, columns, body in parts:
        assert (kind == "longtable") == (len(frame) > 45)
        assert body.count(r"\endhead") == (kind == "longtable")
        count = len(re.sub(r">\{.*?\}p\{\d+pt\}", "l", columns))
        head, *rows = [line for line in body.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
        assert len(rows) == len(frame)
        cells = [re.split(r"(?<!\\) & ", line.removesuffix(r" \\")) for line in (head, *rows)]
        assert {len(row) for row in cells} == {count}
        figures = [row[labels:] for row in cells[1:]]
        seen.append(np.array(figures, dtype=object))
        widest = [max(len(row[k]) for row in cells[1:]) for k in range(labels, count)]
        names = [max(len(str(v)) for v in frame.index.get_level_values(k + 1)) for k in range(labels)]
        names = [min(n, 46 if k == 0 else 23) for k, n in enumerate(names)]  # longer ones are broken into lines
        assert sum(names + widest) * 3.9 + 8 * count <= 460  # points: letters of 8 points, and what stands between
        for width in re.findall(r"parbox\[b\]\{(\d+)pt\}", head):
            assert int(width) <= 200
    expected = [[latex_of._latex(cell) for cell in row] for row in frame.to_numpy().tolist()]
    assert np.concatenate(seen, axis=1).tolist() == expected
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_latex_escapes_labels(est):
    text = latex(est, statistics=["H", "A"])
    for label in (r"A \& B\_1\% &", r"\textless{}b\textgreater{} &", "Hà Giang &", r"\#N/A &", 'a,b "c" &', "$-$3 &"):
        assert "\n" + label in text
    assert "&  -- " not in text
    assert "\n\n" not in text
    assert latex_of._latex("a\\b{c}~^$") == r"a\textbackslash{}b\{c\}\textasciitilde{}\textasciicircum{}\$"
    assert latex_of._row(["[a]", "-0.1 (0.2)", "18-24"]) == r"{}[a] & $-$0.1 (0.2) & 18-24 \\"


def test_a_page_stands_by_itself_and_escapes_labels(est):
    text = page(est, statistics=["H", "population_share"])
    assert text.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "A &amp; B_1%" in text
    assert "<title>m</title>" in text
    assert "<h1>m</h1>" in text
    assert "<h2>By province</h2>" in text
    assert '<th scope="col">Headcount ratio (H)</th>' in text
    assert "td, th[scope=row], th.key { white-space: nowrap; }" in text
    assert ".table { overflow-x: auto; }" in text
    assert "<p>Counted: persons, every row taken for one.</p>" in text
    assert "http" not in text.replace("HYPERLINK(&quot;http://x&quot;)", "")  # nothing from elsewhere
    one = est.select(statistic="H", by="total")
    assert f"<td>{one.value[0]:.3f} ({one.se[0]:.3f})</td></tr>" in text  # the total has no population share


# --- what file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["e.csv", "e.CSV.GZ", "e.parquet", "E.XLSX", "e.tex", "e.v2.html"])
def test_the_name_says_the_kind(est, tmp_path, name):
    write_any(est.select(statistic="H", by="total"), tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "said"),
    [("e.xslx", r"did you mean '\.xlsx'"), ("e.dta", r"Known: \.csv"), ("e", "does not say"), ("e.gz", r"\.csv\.gz")],
)
def test_other_names_are_refused(est, tmp_path, name, said):
    with pytest.raises(MpiError, match=said):
        write_any(est, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_kind_is_refused(est, tmp_path):
    with pytest.raises(MpiError, match="did you mean 'excel'"):
        write(est, tmp_path / "e", "exel")


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("name", [*NAMES.values(), "e.csv.gz", "e.xls", "e.dta"])
def test_a_name_that_promises_another_kind_is_refused(est, tmp_path, kind, name):
    if name in {NAMES[kind], *(["e.csv.gz"] if kind == "csv" else [])}:
        return
    with pytest.raises(MpiError, match=rf"would hold {kind}, but it ends in '{name[1:]}': end it in '"):
        getattr(est, f"to_{kind}")(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_promises_nothing_is_taken(est, tmp_path):
    est.to_csv(tmp_path / "e.txt")
    est.to_latex(tmp_path / "e")
    with pytest.raises(MpiError, match=r"ends in '.book': end it in '.xlsx'$"):
        est.to_excel(tmp_path / "e.book")
    with pytest.raises(MpiError, match=r"or use to_excel$"):
        est.to_csv(tmp_path / "e.xlsx")


@pytest.mark.parametrize("path", [3, "", b"e.xlsx"])
@pytest.mark.parametrize("kind", NAMES)
def test_what_is_no_path_is_refused(est, path, kind):
    with pytest.raises(MpiError, match="a file is written to a path such as"):
        getattr(est, f"to_{kind}")(path)
    with pytest.raises(MpiError, match="a path such as"):
        write_any(est, path)


@pytest.mark.parametrize("path", [None, io.BytesIO()])
def test_a_kind_that_nothing_tells_is_asked_for(est, path):
    with pytest.raises(MpiError, match="a path such as"):
        write_any(est, path)


def test_files_to_publish_take_the_options_of_publish(est, tmp_path):
    options = {"statistics": ["H"], "by": "province", "percent": True, "decimals": 2, "interval": True}
    printed = est.publish(**options, labels=True)
    est.to_html(tmp_path / "e.html", **options)
    est.to_latex(tmp_path / "e.tex", **options)
    est.to_excel(tmp_path / "e.xlsx", **options)
    page, tex = ((tmp_path / name).read_text() for name in ("e.html", "e.tex"))
    for cell in printed.iloc[:, 0]:
        assert f"<td>{cell}</td>" in page
        assert cell.replace("–", "--") in tex
    book = openpyxl.load_workbook(tmp_path / "e.xlsx")
    assert book.sheetnames == ["Notes", "By province", "Data"]
    assert book["By province"]["C6"].number_format.startswith("0.00_")
    assert len(list(book["Data"].iter_rows())) == len(est) + 1


def test_options_that_make_no_sense_are_refused(est, tmp_path):
    with pytest.raises(MpiError, match="did you mean 'percent'"):
        est.to_excel(tmp_path / "e.xlsx", percents=True)
    with pytest.raises(MpiError, match="csv holds the tidy table, every number in full"):
        write(est, tmp_path / "e.csv", "csv", percent=True)
    assert list(tmp_path.iterdir()) == []


def test_an_absent_library_is_named_with_its_extra(est, tmp_path, monkeypatch):
    monkeypatch.setattr("mpi.tables.files.find_spec", lambda _: None)
    with pytest.raises(MpiError, match=r"pip install pyarrow \(or 'mpi-poverty\[engines\]'\)"):
        write(est, tmp_path / NAMES["parquet"], "parquet")
    assert list(tmp_path.iterdir()) == []
    est.to_excel(tmp_path / NAMES["excel"])  # needs none


# --- whole or not there ----------------------------------------------------------------------------------


def half(error):
    """A disk that takes half of what is written."""

    def write_bytes(self, data):
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise error

    return write_bytes


def unchanged(folder, name):
    return [p.name for p in folder.iterdir()] == [name] and (folder / name).read_text() == "old"


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize(
    ("error", "raised"),
    [(OSError(errno.ENOSPC, "No space left on device"), MpiError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_a_full_disk_or_an_interruption_leaves_the_old_file(est, tmp_path, monkeypatch, kind, error, raised):
    (tmp_path / NAMES[kind]).write_text("old")
    monkeypatch.setattr(Path, "write_bytes", half(error))
    with pytest.raises(raised, match="No space left" if raised is MpiError else None):
        write(est, tmp_path / NAMES[kind], kind)
    assert unchanged(tmp_path, NAMES[kind])


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
@pytest.mark.parametrize("kind", NAMES)
def test_a_real_limit_in_the_middle_of_the_file_leaves_the_old_one(est, tmp_path, kind):
    import resource

    (tmp_path / NAMES[kind]).write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(MpiError, match="nothing was changed"):
            write(est, tmp_path / NAMES[kind], kind)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    gc.collect()  # nothing is left open to complain later
    assert unchanged(tmp_path, NAMES[kind])


@pytest.mark.parametrize("kind", NAMES)
def test_a_folder_that_is_none_is_an_error(est, tmp_path, kind):
    (tmp_path / "file").write_text("old")
    with pytest.raises(MpiError, match="Choose a folder"):
        write(est, tmp_path / "file" / NAMES[kind], kind)
    with pytest.raises(MpiError, match="Choose a folder"):
        write(est, tmp_path / "absent" / NAMES[kind], kind)
    assert unchanged(tmp_path, "file")


def test_a_folder_in_the_files_place_stays(est, tmp_path):
    (tmp_path / "e.csv").mkdir()
    with pytest.raises(MpiError, match="nothing was changed"):
        write(est, tmp_path / "e.csv", "csv")
    assert [p.name for p in tmp_path.iterdir()] == ["e.csv"]


@pytest.mark.parametrize("kind", NAMES)
def test_a_file_is_replaced(est, tmp_path, kind):
    (tmp_path / NAMES[kind]).write_text("old")
    write(est, tmp_path / NAMES[kind], kind)
    assert [p.name for p in tmp_path.iterdir()] == [NAMES[kind]]
    assert (tmp_path / NAMES[kind]).stat().st_size > 1000
