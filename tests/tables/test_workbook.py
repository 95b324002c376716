"""The workbook as it is printed: no sheet wider than A4 at 8 points, nothing cut, every number once."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.measures.measure import Measure
from mpi.survey.survey import Survey
from mpi.tables.excel import workbook
from mpi.tables.excel_blocks import fitted, numbers_of
from mpi.tables.excel_pages import NumberFormat, PageTable, pages, tables
from mpi.tables.layout import grid
from mpi.tables.typeset import lines_of, text_width
from mpi.tables.xlsx import Sheet, xlsx
from mpi.tables.xlsx_styles import CellStyle

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")

MILLIMETRE = 96 / 25.4
UPRIGHT, ACROSS = 182 * MILLIMETRE / 0.8, 269 * MILLIMETRE / 0.8  # pixels that 8 of 10 points leave
LONG = "A measure whose name is so long that it needs more than one line wherever it stands"
PLACES = tuple(f"Province {i:02d} of the North" for i in range(24))


def survey():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({f"d{i}": rng.binomial(1, 0.15 + 0.04 * i, 720) for i in range(10)})
    frame["province"], frame["sex"] = rng.choice(PLACES, 720), rng.choice(["Nam", "Nữ"], 720)
    return Survey(frame.assign(h=np.repeat(range(6), 120), c=np.tile(np.repeat(range(12), 10), 6)), strata="h", psu="c")


def measure():
    named = {f"d{i}": f"Telecommunication of kind {i}" if i % 3 else "Water" for i in range(10)}
    indicators = [mpi.Indicator(d, dimension=f"dim{int(d[1]) // 4}", weight="1/10", label=t) for d, t in named.items()]
    return Measure("m", indicators, cutoff="3/10", title=LONG)


@cache
def made(number: int) -> tuple[mpi.Estimates, dict[str, Any]]:
    est = mpi.estimate(survey(), measure(), by=["province", "sex"], cutoffs=["1/5", "3/10"])
    one = est.select(cutoff=["3/10", None])
    if number < 3:
        return [
            (one, {"percent": True}), (one, {"se": False, "percent": True, "decimals": 3}),
            (est.select(statistic=["H", "censored_headcount"]), {"interval": True, "codes": True, "labels": False}),
        ][number]  # fmt: skip
    if number < 5:
        return one.select(by=["total", "sex"]), {"indicators": "rows" if number == 3 else "columns"}
    both = mpi.estimate(mpi.pool({2016: survey(), 2018: survey()}, shared_psus=False), measure(), by=["sex"])
    if number == 5:
        return both, {"percent": True, "rounds": "columns", "interval": True, "se": True}
    if number < 8:
        return [(mpi.change(both), {"percent": True}), (mpi.gap(both, "sex"), {})][number - 6]
    census = Measure.nested("c", {"x": ["d0"]}, cutoff="1")
    whole = mpi.estimate(Survey(pd.DataFrame({"d0": [0, 1]}), census=True), census)
    return [(mpi.mean(survey(), ["d0", "d1"], by=["sex"]), {}), (whole, {})][number - 8]


CASES = range(10)


@cache
def book(number: int) -> Any:
    est, options = made(number)
    return openpyxl.load_workbook(io.BytesIO(workbook(est, **options)))


def pixels(sheet, area=None):
    letters = [c for c in sheet.column_dimensions if area is None or c in area]
    return {c: sheet.column_dimensions[c].width * 7 + 5 for c in letters}


def shown(value, form):
    """A number as its format shows it, without colours."""
    sections = form.split(";")
    section = sections[0] if value > 0 or len(sections) < 2 else sections[1 if value < 0 else 2]
    places = len(re.search(r"0(\.0*)?", section).group(1) or ".") - 1
    number = f"{abs(value):{',' if '#,##0' in section else ''}.{places}f}"
    return re.sub(r"[#,]*0(\.0*)?", number, section, count=1).replace('"', "").replace("_ _a", " a").replace("@", "")


@pytest.mark.parametrize("number", CASES)
def test_no_sheet_is_wider_than_a_page_and_none_lies_across_that_would_stand(number):
    for sheet in book(number):
        area = "ABCDEFG" if sheet.title == "Data" else None
        width = sum(pixels(sheet, area).values())
        assert width <= ACROSS, sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToHeight, sheet.page_setup.paperSize) == (0, 9)
        if sheet.title not in {"Notes", "Data"}:
            assert (sheet.page_setup.orientation == "landscape") == (width > UPRIGHT), sheet.title
        assert not sheet.sheet_view.showGridLines
        assert "&P / &N" in sheet.oddFooter.right.text + str(sheet.oddFooter.left.text)


@pytest.mark.parametrize("number", CASES)
def test_nothing_is_cut(number):
    for sheet in book(number).worksheets[:-1]:
        wide, joined = pixels(sheet), {str(r).partition(":")[0]: r for r in sheet.merged_cells.ranges}
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                room = wide[cell.column_letter]
                if cell.coordinate in joined:
                    area = joined[cell.coordinate]
                    room = sum([*wide.values()][area.min_col - 1 : area.max_col])
                if not isinstance(cell.value, str):
                    assert text_width(shown(cell.value, cell.number_format)) <= room - 2, (sheet.title, cell.coordinate)
                elif cell.alignment.wrap_text:
                    lines = lines_of(cell.value, room - 3, bold=cell.font.b)
                    height = sheet.row_dimensions[cell.row].height or 15
                    assert lines * 12 <= height, (sheet.title, cell.coordinate)


@pytest.mark.parametrize("number", CASES)
def test_heads_stay_in_sight_and_are_repeated_where_a_table_is_alone_on_its_sheet(number):
    for sheet in book(number).worksheets[1:-1]:
        heads = [r for r in range(1, sheet.max_row) if sheet.cell(r, 1).border.bottom.style == "medium"]
        assert heads
        if len(heads) == 1:
            assert sheet.print_title_rows == f"$4:${heads[0]}"
            assert sheet.freeze_panes.endswith(str(heads[0] + 1))
    data = book(number)["Data"]
    assert data.print_area.endswith("$A$1:$G$1")
    assert data.freeze_panes == "A2"


@pytest.mark.parametrize("number", CASES)
def test_every_number_stands_on_one_sheet_once(number):
    est, options = made(number)
    kept: dict[str, Any] = {k: v for k, v in options.items() if k not in {"se", "interval", "decimals"}} | {
        "labels": True
    }
    layout = grid(est, **kept)
    seen = []
    for page in pages(layout, kept):
        for place in (None, "columns", "rows"):
            for table in tables(page, None, place):
                there = table.cell[table.cell >= 0]
                assert sorted(there.tolist()) == list(range(len(page.est)))
            form = fitted(tables(page, None, place), numbers_of(page.est, "se"), "se")
            assert [j for block in form.blocks for j in block.columns] == list(range(len(form.table.heads)))
        own = page.est.keys["by"]
        seen += [v for i, v in enumerate(page.est.value.tolist()) if own.at(i) == page.by]
    assert sorted(map(str, seen)) == sorted(map(str, est.value.tolist()))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.001, 0.999)), min_size=1, max_size=40), st.integers(1, 30)
)
def test_columns_are_parted_into_as_few_blocks_as_hold_them(columns, rows):
    heads = [("", f"{kind}{i}") for i, (kind, _) in enumerate(columns)]
    values = np.array([x for _, x in columns])
    looks = [[NumberFormat("percent", ord(kind) - ord("a")) for kind, _ in columns]] * rows
    cell = np.tile(np.arange(len(columns)), (rows, 1))
    labels = [(f"row {i}",) for i in range(rows)]
    table = PageTable(("group",), labels, heads, cell, looks, [False] * rows, cases=[1.0] * rows)
    form = fitted([table], [values, values], "se")
    assert [j for b in form.blocks for j in b.columns] == list(range(len(columns)))
    for block in form.blocks:
        assert sum(form.labels) + sum(map(sum, block.widths)) <= ACROSS
    if len(form.blocks) > 1:  # two that would fit into one page are parted for their kinds
        for a, b in zip(form.blocks, form.blocks[1:], strict=False):
            both = sum(map(sum, a.widths)) + sum(map(sum, b.widths)) + sum(form.labels)
            same = (
                columns[a.columns[-1]][0] == columns[b.columns[0]][0]
                and len({columns[j][0] for j in a.columns + b.columns}) == 1
            )
            assert both > UPRIGHT or not same or form.stacked > 1


def test_the_whole_stands_above_its_groups_in_bold():
    sheet = book(0)["By province"]
    total = next(r for r in sheet.iter_rows(min_row=4) if r[0].value == "Total")
    assert total[0].font.b
    assert [c.value for c in sheet["A"]].index("Total") < [c.value for c in sheet["A"]].index(PLACES[0])


def test_few_groups_stand_beside_each_other_and_indicators_in_rows():
    est, sheet = made(0)[0], book(0)["By sex, indicators"]
    heads = [c.value for c in sheet[5] if c.value]
    assert heads[:3] == ["Total", "Nam", "Nữ"]
    row = next(r for r in sheet.iter_rows(min_row=6, values_only=True) if r[0] == "Water [d0]")
    assert sheet["B4"].value == "Censored headcount,\xa0%"
    of = {"statistic": "censored_headcount", "indicator": "d0"}
    wanted = [
        est.select(by=by, group=g, **of).value[0] for by, g in (("total", "total"), ("sex", "Nam"), ("sex", "Nữ"))
    ]
    assert [row[i] for i in (1, 3, 5)] == [x * 100 for x in wanted]


def test_notes_say_what_is_measured_and_how():
    notes = dict(book(0)["Notes"].iter_rows(values_only=True))
    assert notes["Measure"] == LONG
    assert notes["Indicator: Telecommunication of kind 1"] == "dim0, weight 1/10."
    assert notes["Sheet: Data"].startswith("Every number in full")


# --- the file -----------------------------------------------------------------------------------------------------

ORDER = [
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter", "mergeCells",
    "hyperlinks", "pageMargins", "pageSetup", "headerFooter",
]  # fmt: skip


def test_the_parts_of_the_file_are_in_the_order_of_the_format():
    est, options = made(0)
    with zipfile.ZipFile(io.BytesIO(workbook(est, **options))) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            root = ET.fromstring(archive.read(name))  # noqa: S314  # our own
            if "worksheets" in name:
                found = [child.tag.partition("}")[2] for child in root]
                assert found == [tag for tag in ORDER if tag in found]
        styles = ET.fromstring(archive.read("xl/styles.xml"))  # noqa: S314  # our own
    tags = [child.tag.partition("}")[2] for child in styles]
    assert tags == ["numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles"]
    for group in styles:
        assert group.get("count") == str(len(group))


def test_the_same_estimates_give_the_same_workbook():
    est, options = made(3)
    assert workbook(est, **options) == workbook(est, **options)


def test_names_and_texts_of_every_kind_come_back():
    odd = ["a & b", 'it\'s "so" <b>', " blank ", "two\nlines", "=1+1", "@x", "Nữ", "\x01", "x" * 40_000]
    cells = {1: {i: (text, CellStyle()) for i, text in enumerate(odd, 1)}}
    links = {"A1": "'O''Neil & <co>'!A1"}
    made_ = xlsx([Sheet("O'Neil & <co>", cells, links=links, repeated=(1, 1), foot=("2016 & 50%", ""))], "me & you")
    read = openpyxl.load_workbook(io.BytesIO(made_))
    sheet = read["O'Neil & <co>"]
    assert [c.value for c in sheet[1]] == [*odd[:-2], "\ufffd", "x" * 32_767]
    assert [c.quotePrefix for c in sheet[1]][4:6] == [True, True]
    assert sheet["A1"].hyperlink.location == links["A1"]
    assert sheet.print_title_rows == "$1:$1"
    assert read.properties.creator == "me & you"
    assert "2016 && 50%" in sheet.oddFooter.left.text


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5), st.integers(-(2**53), 2**53))
def test_numbers_come_back_to_the_last_bit(values, whole):
    sheet = Sheet(
        "s",
        {1: {i: (v, CellStyle()) for i, v in enumerate([*values, whole], 1)}},
        below=[[float(v)] for v in values] + [[whole]],
    )
    read = openpyxl.load_workbook(io.BytesIO(xlsx([sheet], "")))
    for row in read["s"].iter_rows(values_only=True):
        assert [*map(float, row)] == [*values, float(whole)]


@pytest.mark.parametrize(("text", "room"), [("a b c", 1000.0), ("Adjusted headcount ratio (M0)", 80.0), ("", 10.0)])
def test_lines_are_those_that_fit(text, room):
    assert lines_of(text, room) >= text_width(text) / room
    assert lines_of(text, text_width(text) / 0.95 + 1) == 1
