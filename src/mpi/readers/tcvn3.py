"""TCVN3, the Vietnamese encoding of the ABC fonts (TCVN 5712:1993, VN3), met as mis-decoded Latin-1.

Statistical files of the 1990s and 2000s hold Vietnamese in TCVN3, one byte per letter, without saying so.
Read as Latin-1 or Windows-1252 (the two agree on every byte TCVN3 uses), "Hà Nội" becomes "Hµ Néi".

The ABC fonts draw toned capitals with separate capital fonts, from the codes of the small letters. Fonts
are not in the text, so what was shown in capitals comes out in small letters.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["LETTERS", "accented_words", "decode", "holds_vietnamese", "looks_like_tcvn3"]

# The code chart: (first byte, letters in consecutive bytes). Tones stand in the order
# grave, hook, tilde, acute, dot.
_RUNS = (
    (0xA1, "ĂÂÊÔƠƯĐ"),
    (0xA8, "ăâêôơưđ"),
    (0xB5, "àảãáạ"),
    (0xBB, "ằẳẵắ"),
    (0xC6, "ặ"),
    (0xC7, "ầẩẫấậ"),
    (0xCC, "è"),
    (0xCE, "ẻẽéẹ"),
    (0xD2, "ềểễếệ"),
    (0xD7, "ìỉ"),
    (0xDC, "ĩíịò"),
    (0xE1, "ỏõóọ"),
    (0xE5, "ồổỗốộ"),
    (0xEA, "ờởỡớợ"),
    (0xEF, "ù"),
    (0xF1, "ủũúụ"),
    (0xF5, "ừửữứự"),
    (0xFA, "ỳỷỹýỵ"),
)

LETTERS: Mapping[str, str] = MappingProxyType(
    {chr(first + i): letter for first, run in _RUNS for i, letter in enumerate(run)}
)
"""Latin-1 character to the Vietnamese letter that TCVN3 means by its byte: 67 small letters, 7 capitals."""

_TABLE = str.maketrans(dict(LETTERS))
_WORD = re.compile(r"(?:[0-9A-Za-z]|[^\x00-\x7f\s“”‘’–—…])+")

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
_TONES = {0x300: None, 0x301: None, 0x303: None, 0x309: None, 0x323: None}

# What Western text never holds inside a word: a sign after a letter (·, × and ÷ may be operators, so only at
# the word's end; so may a soft hyphen), or a capital vowel with an accent right after a small letter.
_TELLING = re.compile(r"[A-Za-z§®][¢-¦¨©«¬®µ¶¸¹»-¾]|[A-Za-z§®][·÷×\xad]+(?![A-Za-z])|[a-z][À-ÖØ-Þ]")
_VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_ENOUGH = 0.6
"""Share of the distinct accented words that must be Vietnamese syllables; not all ethnic names are."""


def decode(text: str) -> str:
    """Return TCVN3 text, mis-decoded as Latin-1 or Windows-1252, as Unicode.

    Characters outside TCVN3 stay as they are. Call it only on text that is TCVN3: see `looks_like_tcvn3`.

    Examples
    --------
    >>> decode("Thõa Thiªn - HuÕ")
    'Thừa Thiên - Huế'
    """
    return text.translate(_TABLE)


def looks_like_tcvn3(texts: Iterable[str]) -> bool:
    """Say whether the texts of one file, taken together, are mis-decoded TCVN3.

    They are where at least one word holds what Western text never does ("Hµ", "HuÕ") and reads as a
    Vietnamese syllable, and most of the accented words read as Vietnamese syllables too. Where any text is
    real Unicode Vietnamese, the answer is no: a wrong yes would spoil good letters.

    Examples
    --------
    >>> looks_like_tcvn3(["Hµ Néi", "B¾c K¹n"])
    True
    >>> looks_like_tcvn3(["Côte d'Ivoire", "São Tomé", "Hà Nội"])
    False
    """
    words: set[str] = set()
    for text in texts:
        if text.isascii():
            continue
        if holds_vietnamese(text):
            return False
        words.update(word for word in _WORD.findall(text) if not word.isascii())
    read = {word for word in words if _is_syllable(decode(word))}
    return len(read) >= _ENOUGH * len(words) and any(map(_TELLING.search, read))


def accented_words(text: str) -> set[str]:
    """Return the words of a text with a letter beyond ASCII: what `looks_like_tcvn3` decides by.

    Examples
    --------
    >>> sorted(accented_words("Thõa Thiªn - Hue"))
    ['Thiªn', 'Thõa']
    """
    return {word for word in _WORD.findall(text) if not word.isascii()}


def holds_vietnamese(text: str) -> bool:
    """Say whether a text holds a letter that is Vietnamese in Unicode, so that it is no TCVN3.

    Examples
    --------
    >>> holds_vietnamese("Hà Nội"), holds_vietnamese("Hµ Néi")
    (True, False)
    """
    return _VIETNAMESE.search(text) is not None


def _is_syllable(word: str) -> bool:
    toneless = unicodedata.normalize("NFD", word.lower()).translate(_TONES)
    return _SYLLABLE.fullmatch(unicodedata.normalize("NFC", toneless)) is not None
