"""Text from data as one line that can be printed anywhere: nothing in it moves the cursor, colours or turns around."""

from __future__ import annotations

import unicodedata

__all__ = ["visible", "visible_lines"]

_BREAKS = "\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
"""Letters of some scripts hold together by these."""


def visible(text: str, width: int | None = None) -> str:
    r"""Return text as one line: breaks as blanks, control and direction characters by their numbers, long text cut.

    Parameters
    ----------
    text : str
        A label, a title, or what else stands in data.
    width : int, optional
        The most characters; what is cut off is shown as ``…``.

    Examples
    --------
    >>> print(visible("North\n\x1b[31mEast"), visible("a long label", 7))
    North \x1b[31mEast a long…
    """
    if width is not None and len(text) > 4 * width:
        text = text[: 4 * width]  # the rest could not be shown
    found = "".join(map(_shown, text)) if not text.isprintable() else text
    return found if width is None or len(found) <= width else f"{found[: width - 1].rstrip()}…"


def visible_lines(text: str) -> str:
    r"""Return text of several lines with each line made visible.

    Examples
    --------
    >>> print(visible_lines("one\x07\ntwo"))
    one\x07
    two
    """
    return "\n".join(map(visible, text.split("\n")))


def _shown(letter: str) -> str:
    if letter in _BREAKS:
        return " "
    if unicodedata.category(letter) not in _HIDDEN or letter in _JOINERS:
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\u{ord(letter):04x}"  # a byte
