"""Vietnamese in the encodings before Unicode, met as text that was read as Latin-1 or Windows-1252.

TCVN3 (the ABC fonts) and VISCII have one byte for a letter. VNI writes a vowel and then a byte for its marks.
Windows-1258 writes a letter, perhaps with its circumflex, breve or horn, and then its tone.
Sources: RFC 1456 (VISCII); Microsoft's code page 1258; the chart of the VNI fonts; `tcvn3` for TCVN3.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi.readers import tcvn3

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENCODINGS", "Encoding", "is_syllable", "windows_1252"]


def windows_1252(byte: int) -> str:
    """Return the character of a byte in Windows-1252; of one that has none there, its control character."""
    return bytes([byte]).decode("cp1252", errors="ignore") or chr(byte)


_CONTROLS = {ord(windows_1252(b)): chr(b) for b in range(0x80, 0xA0)}
"""What Windows-1252 has where Latin-1 has control characters, back to these: VISCII has capitals there."""

# --- VISCII ---

_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_HIGH = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII = {chr(b): letter for b, letter in _VISCII_LOW.items()} | {
    chr(0x80 + i): letter for i, letter in enumerate(_VISCII_HIGH)
}
_VISCII_TABLE = str.maketrans(_VISCII)


def _from_viscii(text: str) -> str:
    return text.translate(_CONTROLS).translate(_VISCII_TABLE)


# --- Windows-1258 ---

_1258 = {windows_1252(b): bytes([b]).decode("cp1258", errors="ignore") for b in range(0x80, 0x100)}
_1258_TABLE = str.maketrans({k: v for k, v in _1258.items() if v})


def _from_1258(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_1258_TABLE))


# --- VNI ---

_TONES = "\u0301\u0300\u0309\u0303\u0323"
_MARKS = {  # what a byte after a vowel adds to it: tones alone, a circumflex with its tones, a breve with its tones
    **dict(zip("ùøûõï", _TONES, strict=True)),
    **dict(zip("âáàåãä", ("\u0302", *(f"\u0302{t}" for t in _TONES)), strict=True)),
    **dict(zip("êéèúüë", ("\u0306", *(f"\u0306{t}" for t in _TONES)), strict=True)),
}
_BEARERS = {"a": "ùøûõïâáàåãäêéèúüë", "e": "ùøûõïâáàåãä", "o": "ùøûõïâáàåãä", "u": "ùøûõï", "y": "ùøûõ"}
_ALONE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _vni_letters() -> dict[str, str]:
    """Return what is written for each letter, small and capital; a vowel may be small and its mark capital."""
    pairs = {b + m: unicodedata.normalize("NFC", b + _MARKS[m]) for b, marks in _BEARERS.items() for m in marks}
    pairs |= {b + m: unicodedata.normalize("NFC", _ALONE[b] + _MARKS[m]) for b in "ôö" for m in "ùøûõï"}
    small = pairs | _ALONE
    return small | {k.upper(): v.upper() for k, v in small.items()}


_VNI = _vni_letters()
_VNI_PATTERN = re.compile("|".join(sorted(_VNI, key=len, reverse=True)))


def _from_vni(text: str) -> str:
    return _VNI_PATTERN.sub(lambda m: _VNI[m[0]], text)


# --- what tells them ---


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding of Vietnamese.

    Attributes
    ----------
    name : str
        What it is called.
    decode : callable
        From text that was read as Latin-1 or Windows-1252 to Unicode.
    telling : re.Pattern
        What a word in it may hold, and a Western word does not.
    foreign : re.Pattern
        What no word in it holds.
    """

    name: str
    decode: Callable[[str], str]
    telling: re.Pattern[str]
    foreign: re.Pattern[str]

    def reads(self, word: str) -> bool:
        """Say whether a word is a Vietnamese syllable in this encoding."""
        return self.foreign.search(word) is None and is_syllable(self.decode(word))


def _never(letters: str) -> re.Pattern[str]:
    """Return what finds a letter beyond ASCII that is none of these."""
    return re.compile(rf"[^\x00-\x7f{re.escape(letters)}]")


# A sign after a letter (·, × and ÷ may be operators, so only at the word's end; so may a soft hyphen), or a capital
# vowel with an accent right after a small letter.
_SIGNS = r"[A-Za-z§®][¢-¦¨©«¬®µ¶¸¹»-¾]|[A-Za-z§®][·÷×\xad]+(?![A-Za-z])|[a-z][À-ÖØ-Þ]"
# The same for VISCII, where a letter follows; Ả, Ă, ẳ, ẵ and others stand for what French and Spanish have.
_SIGNS_WITHIN = r"[A-Za-z][¡-¦¨-¬®-¶¸-¿](?=[a-z]|$)|[a-z][À-ÖØ-Þ]"
_TONED = r"[âêôãõýÂÊÔÃÕÝ][ÌÒÞìò]|[aeoAEO][ÌÒÞ]|(?<![A-Za-zÀ-ÿ])[Ðð]"
_MARKED = r"[aeoAEO][ùøõâåäãÙØÕÂÅÄÃ]|[uyUY][øõØÕ]|[ôöÔÖ][ùøûõïÙØÛÕÏ]|(?<![A-Za-zÀ-ÿ])ñ"
# Marks after no vowel that bears them, and what is no letter or mark at all.
_ASTRAY = (
    "(?<![aA])[êéèúüëÊÉÈÚÜË]|(?<![aeoAEO])[âáàåãäÂÁÀÅÃÄ]|(?<![aeouyôöAEOUYÔÖ])[ùøûõïÙØÛÕÏ]|(?<=[yY])[ïÏ]"
    "|[^\x00-\x7fêéèúüëâáàåãäùøûõïôöñíìæóòîÊÉÈÚÜËÂÁÀÅÃÄÙØÛÕÏÔÖÑÍÌÆÓÒÎ]"
)

ENCODINGS = (
    Encoding("tcvn3", tcvn3.decode, re.compile(_SIGNS), _never("".join(tcvn3.LETTERS))),
    Encoding("vni", _from_vni, re.compile(_MARKED), re.compile(_ASTRAY)),
    Encoding(
        "windows-1258", _from_1258, re.compile(_TONED), re.compile("[^\x00-\x7fÀ-ÿ]|[ÄÅÆËÎÏÑÖ×ØÛÜßäåæëîïñö÷øûüÿ]")
    ),
    Encoding("viscii", _from_viscii, re.compile(_SIGNS_WITHIN), re.compile("(?!)")),
)
"""The encodings that are told from each other, in the order in which they are met in files."""

# --- syllables ---

# A Vietnamese syllable without its tone: onset, glide, and a nucleus with the codas it allows.
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx])?"
    r"(?:"
    r"[ou]?a(?:ch|nh|ng|[cmnptiouyk])?|[ou]?ă(?:ng|[cmnptk])|u?â(?:ng|[cmnptuy])"
    r"|[ou]?e(?:ng|[cmnpto])?|u?ê(?:ch|nh|[cmnptu])?|[iy](?:ch|nh|[cmnptau])?|[iy]ê(?:ng|[cmnptu])"
    r"|oo(?:ng|c)|o(?:ng|[cmnptik])?|ô(?:ng|[cmnptik])?|ơ(?:[mnpti])?|uơ|ươ(?:ng|[cmnptiu])|uô(?:ng|[cmnpti])"
    r"|u(?:ng|[cmnptia])?|uy(?:ch|nh|[ntpau])?|uyê[nt]|ư(?:ng|[ctniua])?"
    r")"
)
_TONELESS = dict.fromkeys(map(ord, _TONES))
_STOPPED = re.compile(r"(?:[cpt]|ch)$")
_LONG_TONES = re.compile("[\u0300\u0303\u0309]")


def is_syllable(word: str) -> bool:
    """Say whether a word is one Vietnamese syllable; one that ends in c, ch, p or t has no grave, hook or tilde.

    Examples
    --------
    >>> is_syllable("Nội"), is_syllable("Bắc"), is_syllable("Bằc"), is_syllable("Québec")
    (True, True, False, False)
    """
    apart = unicodedata.normalize("NFD", word.lower())
    tones = sum(c in _TONES for c in apart)
    toneless = unicodedata.normalize("NFC", apart.translate(_TONELESS))
    if tones > 1 or _SYLLABLE.fullmatch(toneless) is None:
        return False
    return not (_STOPPED.search(toneless) and _LONG_TONES.search(apart))
