"""TCVN3: its letters against an independent table, and the judgement whether a file is in it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mpi.readers.encodings import guessed
from mpi.readers.tcvn3 import LETTERS, decode
from tcvn3_text import BYTES, CAPITALS, PEOPLES, PROVINCES, SMALL, mangle, named


def looks_like_tcvn3(texts: Iterable[str]) -> bool:
    guess = guessed(texts)
    return guess is not None and guess.encoding.name == "tcvn3"


def test_the_alphabet_is_whole() -> None:
    """12 vowels with 6 tones, less the 6 bare ones of ASCII, and đ: 67 letters, 134 with the capitals."""
    assert len(SMALL) == 67
    assert len(set(SMALL + CAPITALS)) == 134


@pytest.mark.parametrize("letter", SMALL)
def test_every_small_letter(letter: str) -> None:
    assert letter in BYTES
    assert decode(chr(BYTES[letter])) == letter


def test_the_seven_capitals_and_no_other() -> None:
    """The 60 toned capitals have no byte of their own: the ABC fonts draw them with capital fonts."""
    expressed = [letter for letter in CAPITALS if letter in LETTERS.values()]
    assert sorted(expressed) == sorted("ĂÂÊÔƠƯĐ")
    assert all(decode(mangle(letter)) == letter for letter in expressed)


def test_the_table_is_the_independent_one() -> None:
    assert dict(LETTERS) == {chr(byte): letter for letter, byte in BYTES.items()}
    assert len(LETTERS) == 74


def test_latin1_and_windows1252_agree_on_every_byte_used() -> None:
    assert all(ord(c).to_bytes().decode("cp1252") == c for c in LETTERS)


@pytest.mark.parametrize(
    ("mangled", "right"),
    [
        ("Hµ Néi", "Hà Nội"),
        ("§iÖn Biªn", "Điện Biên"),
        ("Thõa Thiªn - HuÕ", "Thừa Thiên - Huế"),
        ("§µ N½ng", "Đà Nẵng"),
        ("B¾c K¹n", "Bắc Kạn"),
        ("Giíi tÝnh", "Giới tính"),
        ("N÷", "Nữ"),
        ("Kh«ng", "Không"),
        ("Hé nghÌo", "Hộ nghèo"),
    ],
)
def test_words_of_the_surveys(mangled: str, right: str) -> None:
    assert decode(mangled) == right
    assert looks_like_tcvn3([mangled])


def test_all_provinces_and_peoples() -> None:
    for names in (named(PROVINCES), named(PEOPLES)):
        assert [decode(mangle(name)) for name in names] == names
        assert looks_like_tcvn3(mangle(name) for name in names)
        assert not looks_like_tcvn3(names), "real Unicode is left alone"


@pytest.mark.parametrize("name", [p for p in named(PROVINCES) if any(mangle(c) in "¹¾µ½" for c in p if c in BYTES)])
def test_one_province_is_enough_where_it_has_a_telling_letter(name: str) -> None:
    assert looks_like_tcvn3([mangle(name)])


def test_a_file_that_also_holds_real_vietnamese_is_left_alone() -> None:
    assert not looks_like_tcvn3(["Hµ Néi", "Đắk Lắk"])


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["Male", "Female"],
        ["Côte d'Ivoire", "Québec", "Élève", "né à", "l'été", "déjà vu", "Nîmes", "Hué", "thé"],
        ["«mot»", "« oui »", "n° 5", "1ª", "2º"],
        ["Não", "Sim", "é", "há", "São Paulo", "Região Norte", "Água encanada", "pé", "já"],
        ["El Niño", "¿Qué?", "¡Hola!", "Año", "Mª José", "Cel·la", "col·legi"],
        ["Müller", "Straße", "Ärzte", "ÉCOLE", "Öl"],
        ["Hà Nội", "Đà Nẵng"],
        ["Hà Nam", "Thái Bình", "Hoà Bình", "Cà Mau", "Bà", "xã"],
        ["µg/m³", "10 µm", "5 µm", "kW·h", "N·m", "a×b", "m×n", "x÷y"],
        ["Windows®", "©2020", "Acme®", "2½", "£5", "¥100", "§4", "§ 4"],
        ["co\xadmo", "to\xadday"],
        ["İstanbul", "Łódź", "Ελλάδα", "Москва", "ភ្នំពេញ"],
    ],
)
def test_other_languages_are_left_alone(texts: list[str]) -> None:
    assert not looks_like_tcvn3(texts)


def test_a_few_foreign_words_do_not_hide_a_vietnamese_file() -> None:
    names = [mangle(name) for name in named(PROVINCES)]
    assert looks_like_tcvn3([*names, "Médecins sans frontières", "São Paulo"])


def test_a_vietnamese_name_does_not_turn_a_french_file() -> None:
    assert not looks_like_tcvn3(["Hµ", "Québec", "Élève", "né à l'hôpital", "déjà", "forêt", "où"])
