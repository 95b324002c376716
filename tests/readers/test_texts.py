"""Text as files have it: of any encoding, with blanks around it, of composed letters or not; what sheets add."""

from __future__ import annotations

import gzip
import unicodedata
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.core.errors import MpiError, MpiWarning
from mpi.readers import column_names, read_table
from mpi.readers.encodings import guessed, strange
from mpi.readers.large.scan import Scanned, scanned
from mpi.readers.vietnamese import ENCODINGS, is_syllable
from tcvn3_text import CAPITALS, PEOPLES, PROVINCES, SMALL, mangle, named

# VISCII as RFC 1456 has it, by Perl's Encode 3.17: bytes 80 to FF in order, and the six below.
VISCII = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
VISCII_BYTES = {letter: 0x80 + i for i, letter in enumerate(VISCII)} | {
    "Ẳ": 2, "Ẵ": 5, "Ẫ": 6, "Ỷ": 0x14, "Ỹ": 0x19, "Ỵ": 0x1E,
}  # fmt: skip
# VNI as its fonts have it: letters with acute, grave, hook, tilde, dot, and those without a tone; how each is written.
VNI_LETTERS = (
    "á à ả ã ạ ắ ằ ẳ ẵ ặ ấ ầ ẩ ẫ ậ é è ẻ ẽ ẹ ế ề ể ễ ệ í ì ỉ ĩ ị ó ò ỏ õ ọ ố ồ ổ ỗ ộ ớ ờ ở ỡ ợ ú ù ủ ũ ụ ứ ừ ử ữ ự "
    "ý ỳ ỷ ỹ ỵ ă â ê ô ơ ư đ"
)
VNI_WRITTEN = (
    "aù aø aû aõ aï aé aè aú aü aë aá aà aå aã aä eù eø eû eõ eï eá eà eå eã eä í ì æ ó ò où oø oû oõ oï oá oà oå oã "
    "oä ôù ôø ôû ôõ ôï uù uø uû uõ uï öù öø öû öõ öï yù yø yû yõ î aê aâ eâ oâ ô ö ñ"
)
VNI = dict(zip(VNI_LETTERS.split(), VNI_WRITTEN.split(), strict=True))
VNI |= {k.upper(): v.upper() for k, v in VNI.items()}
NAMES = named(PROVINCES) + named(PEOPLES)
ALL = ("tcvn3", "vni", "windows-1258", "viscii")


def as_bytes(text: str, encoding: str) -> bytes:
    """Write Vietnamese in an encoding."""
    if encoding == "tcvn3":
        return mangle(text).encode("latin-1")
    if encoding == "vni":
        return "".join(VNI.get(c, c) for c in text).encode("latin-1")
    if encoding == "viscii":
        return b"".join(bytes([VISCII_BYTES.get(c, ord(c))]) for c in text)
    return b"".join(map(_in_1258, text))


def _in_1258(letter: str) -> bytes:
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        apart = unicodedata.normalize("NFD", letter)
        tone = "".join(c for c in apart if c in "\u0300\u0301\u0303\u0309\u0323")
        rest = unicodedata.normalize("NFC", apart.translate(dict.fromkeys(map(ord, tone))))
        return (rest + tone).encode("cp1258")


def write(path: Path, text: str | bytes) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def both(path: Path, **options: Any) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Read a file in memory and by DuckDB; return both and what was told, which must be the same."""
    told, frames = [], []
    for read in (read_table, scanned):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", MpiWarning)
            found = read(path, **options)
            frames.append(found.relation.df() if isinstance(found, Scanned) else found.frame)
        told.append([str(w.message) for w in seen])
    assert told[0] == told[1]
    return *frames, told[0]


# --- encodings ---


@pytest.mark.parametrize("encoding", ALL)
def test_every_letter_of_every_encoding(encoding: str) -> None:
    decode = next(e.decode for e in ENCODINGS if e.name == encoding)
    letters = SMALL if encoding == "tcvn3" else SMALL + CAPITALS
    assert [decode(as_bytes(letter, encoding).decode("latin-1")) for letter in letters] == letters


@pytest.mark.parametrize("encoding", ALL)
@pytest.mark.parametrize("suffix", [".csv", ".dta", ".sav"])
def test_vietnamese_of_every_encoding_is_found_out(tmp_path: Path, encoding: str, suffix: str) -> None:
    path = legacy_file(tmp_path / f"people{suffix}", encoding)
    alone, engine, told = both(path)
    assert told == []
    assert alone["tinh"].tolist() == engine["tinh"].tolist() == NAMES
    said, engine, told = both(path, encoding=encoding.upper())
    assert said["tinh"].tolist() == engine["tinh"].tolist() == NAMES
    assert told == []


def legacy_file(path: Path, encoding: str) -> Path:
    """Write all names in an old encoding, as a file that claims nothing, or the wrong thing."""
    raw = [as_bytes(name, encoding) for name in NAMES]
    if path.suffix in {".csv", ".gz"}:
        return write(path, b"n,tinh\n" + b"".join(b"%d,%s\n" % (i, r) for i, r in enumerate(raw)))
    holders = [f"{i:03}".rjust(len(r), "~") for i, r in enumerate(raw)]
    holders = [h if len(h) == len(r) else "~" * (len(r) - 2) + f"{chr(65 + i // 26)}{chr(65 + i % 26)}"
               for i, (h, r) in enumerate(zip(holders, raw, strict=True))]  # fmt: skip
    frame = pd.DataFrame({"n": range(len(raw)), "tinh": holders})
    if path.suffix == ".dta":
        frame.to_stata(path, write_index=False, version=114)
    else:
        pyreadstat.write_sav(frame.astype({"n": float}), path)
    data = path.read_bytes()
    for holder, text in zip(holders, raw, strict=True):
        data = data.replace(holder.encode(), text, 1)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ALL)
@given(st.lists(st.sampled_from(NAMES), min_size=12, max_size=40, unique=True))
@settings(max_examples=40, deadline=None)
def test_a_dozen_names_tell_the_encoding(encoding: str, names: list[str]) -> None:
    """A wrong answer must at least be a doubtful one, or none."""
    read = [as_bytes(name, encoding).decode("latin-1") for name in names]
    guess = guessed(read)
    decode = next(e.decode for e in ENCODINGS if e.name == encoding)
    assert [decode(text) for text in read] == names
    if guess is None or guess.encoding.name != encoding:
        wrong = read if guess is None else [guess.encoding.decode(text) for text in read]
        assert wrong == names or (guess is not None and guess.rival) or strange(w for t in read for w in t.split())


def test_a_name_that_two_encodings_read_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"n,t\n1,L\xb5\n2,b\n")
    with pytest.warns(MpiWarning, match="in the encoding tcvn3, where 'Lµ' is 'Là'; it might be viscii"):
        assert read_table(path).frame["t"].tolist() == ["Là", "b"]
    assert read_table(path, encoding="viscii").frame["t"].tolist() == ["Lộ", "b"]


def test_the_header_is_decoded_too(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", as_bytes("tỉnh,giới tính\nHà Nội,Nữ\nBắc Kạn,Nam\n", "tcvn3"))
    assert column_names(path) == ("tỉnh", "giới tính")
    assert read_table(path, columns=["giới tính"]).frame["giới tính"].tolist() == ["Nữ", "Nam"]


def test_utf8_read_as_windows_and_written_again(tmp_path: Path) -> None:
    twice = "tinh,n\nHà Nội,1\nĐắk Lắk,2\nHuế,3\n".encode().decode("latin-1").encode()
    alone, engine, _ = both(write(tmp_path / "twice.csv", twice))
    assert alone["tinh"].tolist() == engine["tinh"].tolist() == ["Hà Nội", "Đắk Lắk", "Huế"]


def test_what_is_in_no_known_encoding_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", b"n,t\n1,T\xbfp\n2,Qu\xbbn\n")
    with pytest.warns(MpiWarning, match="seem to be in another encoding than they were read in: 'Qu»n', 'T¿p'"):
        read_table(path)
    assert read_table(path, encoding="cp1252").frame["t"].tolist() == ["T¿p", "Qu»n"]


def test_old_vietnamese_beside_unicode_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "mixed.csv", "a,b\nĐắk Lắk,Hµ Néi\n")
    with pytest.warns(MpiWarning, match="'Hµ'"):
        assert read_table(path).frame["b"].tolist() == ["Hµ Néi"]


def test_letters_that_were_lost_are_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"t": ["H\ufffd N\ufffdi"]}), tmp_path / "lost.parquet")
    with pytest.warns(MpiWarning, match="lost before"):
        read_table(tmp_path / "lost.parquet")


@pytest.mark.parametrize("suffix", [".csv", ".dta", ".sav", ".parquet"])
def test_an_unknown_encoding_is_told_with_the_nearest(tmp_path: Path, suffix: str) -> None:
    path = legacy_file(tmp_path / f"a{suffix}", "tcvn3") if suffix != ".parquet" else tmp_path / "a.parquet"
    pq.write_table(pa.table({"t": ["a"]}), tmp_path / "a.parquet")
    for read in (read_table, column_names, mpi.read_survey, mpi.scan):
        with pytest.raises(MpiError, match="no encoding 'tcvn33'; did you mean 'tcvn3'"):
            read(path, encoding="tcvn33")
    with pytest.raises(MpiError, match="no encoding 'rot13'"):
        read_table(path, encoding="rot13")


def test_text_that_is_not_in_the_encoding_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"a,t\n1,\xb5\n")
    for read in (read_table, mpi.scan):
        with pytest.raises(MpiError, match="not in the encoding 'utf-8'"):
            read(path, encoding="utf-8")
        with pytest.raises(MpiError, match="not in the encoding 'shift"):
            read(write(tmp_path / "b.csv", b"a,t\n1,\xff\xff\n"), encoding="shift_jis")


def test_other_encodings_of_python(tmp_path: Path) -> None:
    path = write(tmp_path / "ru.csv", "город,n\nМосква,1\nПермь,2\n".encode("cp1251"))
    alone, engine, _ = both(path, encoding="cp1251")
    assert list(alone) == list(engine) == ["город", "n"]
    assert alone["город"].tolist() == engine["город"].tolist() == ["Москва", "Пермь"]
    frame = pd.DataFrame({"t": ["~~~", "ab"], "n": [1, 2]})
    frame.to_stata(tmp_path / "ru.dta", write_index=False, version=114)
    data = (tmp_path / "ru.dta").read_bytes().replace(b"~~~", "Мир".encode("cp1251"))
    (tmp_path / "ru.dta").write_bytes(data)
    alone, engine, _ = both(tmp_path / "ru.dta", encoding="cp1251")
    assert alone["t"].tolist() == engine["t"].tolist() == ["Мир", "ab"]


def test_the_command_line_takes_an_encoding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"poor,t\n1,L\xb5\n0,b\n")
    (tmp_path / "m.toml").write_text('name = "m"\ncutoff = 1\n[dimensions]\nx = ["poor"]\n')
    asked = ["estimate", str(path), "--measure", str(tmp_path / "m.toml"), "--by", "t"]
    assert "might be viscii" in CliRunner().invoke(app, asked).output
    found = CliRunner().invoke(app, [*asked, "--encoding", "viscii"]).output
    assert "Lộ" in found
    assert "might be" not in found
    assert CliRunner().invoke(app, ["check", str(path), "--encoding", "viscii"]).exit_code == 0
    assert "did you mean 'viscii'" in CliRunner().invoke(app, ["check", str(path), "--encoding", "visci"]).output


@pytest.mark.parametrize("word", ["Bắc", "Quảng", "nghiêng", "Đắk", "thuộc", "khuya", "gì", "quốc", "yếu"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)
    assert is_syllable(word.upper())


@pytest.mark.parametrize("word", ["Bằc", "Néi", "Québec", "ạp̣", "thìch", "ẫt"])
def test_no_syllables(word: str) -> None:
    assert not is_syllable(word)


# --- blanks, composed letters ---

UNTIDY = st.sampled_from(
    ["Kinh", " Kinh", "Kinh ", "Kinh\u00a0", "\u200bKinh", "Hue\u0302\u0301", "Huế ", "Huế", " ", ""]
)


@given(st.lists(UNTIDY, min_size=1, max_size=6))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("suffix", [".csv.gz", ".tsv", ".dta", ".sav", ".parquet"])
def test_texts_are_composed_and_bare(tmp_path: Path, suffix: str, texts: list[str]) -> None:
    path = tmp_path / f"a{suffix}"
    frame = pd.DataFrame({"n": [1.0 * i for i in range(len(texts))], "t": texts}).astype({"t": object})
    if suffix == ".dta":
        frame.to_stata(path, write_index=False, version=118)
    elif suffix == ".sav":
        pyreadstat.write_sav(frame, path)
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    want = [unicodedata.normalize("NFC", t).strip("\u200b \u00a0") for t in texts]
    for read in (read_table,) if suffix == ".parquet" else (read_table, scanned):
        table = read(path)
        found = table.relation.df() if isinstance(table, Scanned) else table.frame
        found = found.to_pandas() if isinstance(found, pa.Table) else found
        assert ["" if pd.isna(t) else t for t in found["t"]] == want
        assert found["n"].tolist() == frame["n"].tolist()


def test_names_and_labels_are_composed_and_bare(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", " region ,ti\u0309nh, w\n1,2,3\n")
    assert column_names(path) == ("region", "tỉnh", "w")
    assert read_table(path, columns=["ti\u0309nh", "w"]).frame.to_numpy().tolist() == [[2, 3]]
    frame = pd.DataFrame({"sex": [1.0, 2.0]})
    pyreadstat.write_sav(frame, tmp_path / "l.sav", variable_value_labels={"sex": {1: " Nam", 2: "Nu\u031b\u0303 "}})
    for labels in (read_table(tmp_path / "l.sav").labels, scanned(tmp_path / "l.sav").labels):
        assert labels == {"sex": {1: "Nam", 2: "Nữ"}}
    pq.write_table(pa.table({"a ": [1], "ti\u0309nh": ["x"]}), tmp_path / "p.parquet")
    assert column_names(tmp_path / "p.parquet") == ("a", "tỉnh")
    assert read_table(tmp_path / "p.parquet", columns=["tỉnh"]).frame.to_pydict() == {"tỉnh": ["x"]}


def test_names_that_differ_only_by_blanks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MpiError, match="'a' more than once"):
        read_table(write(tmp_path / "n.csv", "a, a\n1,2\n"))
    pq.write_table(pa.table({"a": [1], "a ": [1]}), tmp_path / "n.parquet")
    with pytest.raises(MpiError, match="differ only by blanks"):
        read_table(tmp_path / "n.parquet")


def test_numbers_and_gaps_with_blanks_around(tmp_path: Path) -> None:
    alone, engine, told = both(write(tmp_path / "b.csv", "a, b ,c\n1, NA ,x\n 2 ,3.5, \n3 , .,y \n"))
    for frame in (alone, engine):
        assert frame["a"].tolist() == [1, 2, 3]
        assert frame["b"].fillna(-1).tolist() == [-1, 3.5, -1]
        assert frame["c"].fillna("?").tolist() == ["x", "?", "y"]
    assert told == []


# --- what spreadsheets leave behind ---


@pytest.mark.parametrize(("end", "mark", "quote"), [("\n", ",", ""), ("\r\n", ";", '"'), ("\r\n", "\t", "")])
def test_empty_rows_and_columns_go(tmp_path: Path, end: str, mark: str, quote: str) -> None:
    lines = ["d,g,x,,", *[f"{i % 2},{quote}a b{quote},{i},," for i in range(6)], ",,,,", ",,,,"]
    text = "\ufeff" + "".join(line.replace(",", mark) + end for line in lines)
    alone, engine, told = both(write(tmp_path / "sheet.csv", text))
    assert list(alone) == list(engine) == ["d", "g", "x"]
    assert alone.shape == engine.shape == (6, 3)
    assert alone["d"].tolist() == engine["d"].tolist() == [0, 1] * 3
    assert len(told) == 1
    assert "left out 2 empty rows, 2 columns without a name or a value" in told[0]


def test_an_empty_sheet_costs_nobody_an_answer(tmp_path: Path) -> None:
    """Six people, one answer missing: five of six are kept, and there is no group of nobody."""
    rows = "".join(f"{d},{g},,\n" for d, g in [(1, "a"), (0, "a"), ("", "b"), (1, "b"), (0, "b"), (0, "a")])
    path = write(tmp_path / "sheet.csv", f"\ufeffd,g,,\n{rows},,,\n,,,\n")
    with pytest.warns(MpiWarning, match="left out 2 empty rows"):
        survey = mpi.read_survey(path)
    measure = mpi.Measure.nested("m", {"x": ["d"]}, "1")
    assert len(survey) == 6
    assert mpi.retention(survey, measure).groups["retained"].tolist() == [pytest.approx(5 / 6)]
    assert survey.categories("g").labels == ("a", "b")


@pytest.mark.parametrize(
    ("mark", "line"), [(",", "sep={}\r\n"), (";", '"sep={}"\n'), ("\t", "\ufeffsep={}\n"), ("|", "SEP={}\n")]
)
def test_the_line_of_excel_is_skipped(tmp_path: Path, mark: str, line: str) -> None:
    text = line.format(mark) + "a,b\n1,x\n2,y\n".replace(",", mark)
    path = write(tmp_path / "e.csv", text)
    alone, engine, told = both(path)
    assert column_names(path) == ("a", "b")
    assert alone.to_numpy().tolist() == engine.to_numpy().tolist() == [[1, "x"], [2, "y"]]
    assert told == [f"{path}: left out its first line, 'sep='"]
    with pytest.raises(MpiError, match="line 4 has 3 fields"):
        read_table(write(path, text.replace("2", f"2{mark}2")))


def test_a_column_without_a_name_that_holds_something_stays(tmp_path: Path) -> None:
    alone, engine, told = both(write(tmp_path / "i.csv", ",a,\n0,1,\n1,2,\n"))
    assert list(alone) == list(engine) == ["Unnamed: 0", "a"]
    assert "1 column without a name" in told[0]


def test_a_sheet_of_nothing_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "a,b\n,\n,\n")
    for read in (read_table, mpi.scan):
        with pytest.raises(MpiError, match="a header and no rows"):
            read(path)
