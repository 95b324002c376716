"""Detection of the encoding of a file's texts: as given, or by what each encoding would make of them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi.core.errors import RequestError, unknown
from mpi.readers.faults import DamagedError
from mpi.readers.vietnamese import ENCODINGS, windows_1252

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from mpi.readers.vietnamese import Encoding

    Repair = Callable[[str], str]

__all__ = [
    "Guess",
    "accented_words",
    "bytes_of",
    "guessed",
    "holds_vietnamese",
    "python_codec",
    "repair_latin1",
    "repair_of",
    "strange",
]  # fmt: skip

_CONTROLS = {c: windows_1252(c) for c in range(0x80, 0xA0)}
_BACK = {ord(char): chr(byte) for byte, char in _CONTROLS.items()}
_WORD = re.compile(r"(?:[0-9A-Za-z]|[^\x00-\x7f\s])+")
_PARTS = re.compile("[“”‘’–—…]+")
_VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_ENOUGH = 0.6
"""Share of the distinct accented words that must be Vietnamese syllables; not all ethnic names are."""

# Syllables that surveys of Viet Nam are full of: they decide where two encodings read the same words.
_COMMON = frozenset(
    [
        "nữ",
        "không",
        "có",
        "hộ",
        "tỉnh",
        "huyện",
        "xã",
        "thành",
        "phố",
        "đồng",
        "nông",
        "thôn",
        "thị",
        "trường",
        "người",
        "dân",
        "tộc",
        "hà",
        "nội",
        "bình",
        "định",
        "quảng",
        "bắc",
        "giang",
        "nghèo",
        "cận",
        "chủ",
        "vợ",
        "chồng",
        "con",
        "bố",
        "mẹ",
        "giới",
        "tính",
        "tuổi",
        "năm",
        "tháng",
        "học",
        "trung",
        "tiểu",
        "điện",
        "nước",
        "nhà",
        "mái",
        "đất",
        "bảo",
        "hiểm",
        "y",
        "tế",
        "việc",
        "làm",
        "đã",
        "chưa",
        "từ",
        "đến",
        "khác",
        "mường",
        "thái",
        "tày",
        "nùng",
        "tiền",
        "thu",
        "nhập",
        "chi",
        "tiêu",
        "diện",
        "tích",
        "số",
        "lượng",
        "loại",
        "đường",
        "ở",
        "đủ",
    ]
)

# What stands between two letters in no language of Latin letters, though · and the soft hyphen may.
_ODD = re.compile(r"[A-Za-zÀ-ÿ][¡-¬®-¶¸-¿‚„†‡•‰‹›™ˆ˜](?=[A-Za-zÀ-ÿ])|[\x80-\x9f]")
_USUAL = re.compile("[A-Za-z]+[°ºª¹²³®©¼½¾]")
"""What is usual at the end of a word: n°, Mª, m³, Acme®."""
_TWO_BYTES = re.compile("[A-Za-z][\u0370-\u07ff]|[\u0370-\u07ff][A-Za-z]")
"""Letters that only two bytes in a row make: VISCII's "ươ" is one to UTF-8, in the middle of a word."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding that reads most words, and another that reads about as many differently, where there is one."""

    encoding: Encoding
    rival: Encoding | None = None


def repair_latin1(text: str) -> str:
    r"""Return text that was read as Latin-1 as what it is: UTF-8 where valid, else Windows-1252.

    Accented Latin-1 text is next to never valid UTF-8 by chance.

    Examples
    --------
    >>> repair_latin1("Ná»\x99i"), repair_latin1("café")
    ('Nội', 'café')
    """
    if text.isascii():
        return text
    try:
        found = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text.translate(_CONTROLS)
    return text.translate(_CONTROLS) if _TWO_BYTES.search(found) else found


def bytes_of(text: str) -> bytes | None:
    """Return the bytes of text that was read as Latin-1 or Windows-1252; None where it holds other letters."""
    try:
        return text.translate(_BACK).encode("latin-1")
    except UnicodeEncodeError:
        return None


# --- an encoding that is said ---


def python_codec(encoding: str) -> str | None:
    """Return Python's name of an encoding, None of a Vietnamese one that Python lacks.

    Raises
    ------
    MpiError
        When there is no such encoding.

    Examples
    --------
    >>> python_codec("Latin1"), python_codec("TCVN3")
    ('iso8859-1', None)
    """
    name = _plain(encoding)
    if name in _OURS:
        return None
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # what turns bytes into bytes is no encoding of text
    except (LookupError, ValueError):
        known = ("utf-8", "utf-16", "windows-1252", "windows-1258", "tcvn3", "vni", "viscii")
        raise RequestError(f"encoding: {unknown('encoding', encoding, known)}, and those of Python") from None
    return found.name


def _plain(encoding: object) -> str:
    if not isinstance(encoding, str):
        raise RequestError(f"encoding: a name such as 'utf-8' or 'tcvn3' was expected, not {encoding!r}")
    return encoding.strip().casefold().replace("_", "-")


_OURS = {e.name: e for e in ENCODINGS} | {
    other: next(e for e in ENCODINGS if e.name == name)
    for other, name in {
        "abc": "tcvn3", "tcvn": "tcvn3", "tcvn-3": "tcvn3", "vni-windows": "vni", "vni-win": "vni",
        "cp1258": "windows-1258", "1258": "windows-1258",
    }.items()
}  # fmt: skip


def repair_of(encoding: str) -> Repair:
    """Return what makes Unicode of text that was read as Latin-1 or Windows-1252, and is in an encoding.

    Text with letters that Latin-1 and Windows-1252 lack was read rightly, and stays.

    Examples
    --------
    >>> repair_of("vni")("Haø Noäi"), repair_of("cp1251")("Ìîñêâà")
    ('Hà Nội', 'Москва')
    """
    codec = python_codec(encoding)
    if codec is None:
        return _OURS[_plain(encoding)].decode

    def decoded(text: str) -> str:
        """Return a text decoded again by the right encoding."""
        raw = None if text.isascii() else bytes_of(text)
        if raw is None:
            return text
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            if codec == "utf-8":
                return text  # it was read as such
            raise DamagedError(f"its text {text!r} is not in the encoding {encoding!r}; choose another") from None

    return decoded


# --- an encoding that is found out ---


def accented_words(text: str) -> set[str]:
    """Return the words of a text with a letter beyond ASCII: what `guessed` decides by.

    Examples
    --------
    >>> sorted(accented_words("Thõa Thiªn - Hue"))
    ['Thiªn', 'Thõa']
    """
    return {word for word in _WORD.findall(text) if not word.isascii() and _PARTS.sub("", word)}


def holds_vietnamese(text: str) -> bool:
    """Say whether a text holds a letter that is Vietnamese in Unicode, so that it is in no older encoding.

    Examples
    --------
    >>> holds_vietnamese("Hà Nội"), holds_vietnamese("Hµ Néi")
    (True, False)
    """
    return _VIETNAMESE.search(text) is not None


def guessed(texts: Iterable[str]) -> Guess | None:
    """Return the encoding of the texts of one file, taken together; None where they are no Vietnamese of old.

    They are in an encoding where at least one word holds what Western text never does ("Hµ", "Noäi") and reads as a
    Vietnamese syllable in it, and most of the accented words read as Vietnamese syllables too. Of several encodings
    the one that reads most words is taken; of these the one that reads most words common in surveys. Where any text
    is real Unicode Vietnamese, the answer is None: a wrong yes would spoil good letters.

    Examples
    --------
    >>> guessed(["Hµ Néi", "B¾c K¹n"]).encoding.name, guessed(["Haø Noäi", "Baéc Kaïn"]).encoding.name
    ('tcvn3', 'vni')
    >>> guessed(["Côte d'Ivoire", "São Tomé", "Hà Nội"])
    """
    words: set[str] = set()
    for text in texts:
        if text.isascii():
            continue
        if holds_vietnamese(text):
            return None
        words |= accented_words(text)
    found = [(score, e) for e in ENCODINGS if (score := _score(e, words))]
    if not found:
        return None
    (read, common), first = max(found, key=lambda f: f[0])
    near = [e for (r, c), e in found if e is not first and r == read and c >= common - 1]
    rival = next((e for e in near if any(e.decode(w) != first.decode(w) for w in words)), None)
    return Guess(first, rival)


def _score(encoding: Encoding, words: Collection[str]) -> tuple[int, int] | None:
    """Return how many words are syllables in an encoding, and how many of these are common; None for too few."""
    parts = {word: _parts(encoding, word) for word in words}
    read = {word for word, of in parts.items() if of and all(map(encoding.reads, of))}
    if len(read) < _ENOUGH * len(words) or not any(map(encoding.telling.search, read)):
        return None
    return len(read), sum(encoding.decode(part).lower() in _COMMON for word in read for part in parts[word])


def _parts(encoding: Encoding, word: str) -> list[str]:
    """Return a word without the quotation marks around it and inside; to VISCII these are letters."""
    apart = [word] if encoding.name == "viscii" else _PARTS.split(word)
    return [part for part in apart if part and not part.isascii()]


def strange(words: Iterable[str]) -> list[str]:
    """Return the words that look as if they had been read in the wrong encoding.

    Examples
    --------
    >>> strange(["Hµ", "café", "it’s", "m³", "Windows®", "T¿p"])
    ['Hµ', 'T¿p']
    """
    return [
        w
        for w in words
        if _ODD.search(w) or (not _USUAL.fullmatch(w) and any(e.telling.search(w) and e.reads(w) for e in ENCODINGS))
    ]
