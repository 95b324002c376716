"""TCVN3, the Vietnamese encoding of the ABC fonts (TCVN 5712:1993, VN3), met as mis-decoded Latin-1.

Statistical files of the 1990s and 2000s hold Vietnamese in TCVN3, one byte per letter, without saying so.
Read as Latin-1 or Windows-1252 (the two agree on every byte TCVN3 uses), "Hà Nội" becomes "Hµ Néi".

The ABC fonts draw toned capitals with separate capital fonts, from the codes of the small letters. Fonts
are not in the text, so what was shown in capitals comes out in small letters.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LETTERS", "decode"]

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


def decode(text: str) -> str:
    """Return TCVN3 text, mis-decoded as Latin-1 or Windows-1252, as Unicode.

    Characters outside TCVN3 stay as they are. Call it only on text that is TCVN3: see `encodings.guessed`.

    Examples
    --------
    >>> decode("Thõa Thiªn - HuÕ")
    'Thừa Thiên - Huế'
    """
    return text.translate(_TABLE)
