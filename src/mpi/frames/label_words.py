"""Words of value labels: no answer, yes or no, deprived or not."""

from __future__ import annotations

import re
import unicodedata
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["contradiction", "missing_like", "missing_texts", "says_missing", "says_yes"]

_NO_ANSWER = re.compile(
    r"(system |user )?missing( value| values| data| code)?|"
    r"(dont|do not|doesnt|does not|didnt|did not) (know|remember|recall)|(can not|cannot|cant) (remember|recall|say)|"
    r"(not |un)known|unsure|not sure|"
    r"(no|non) ?(response|resp|answer|reply|data|information|info)|(not |un)answered|did not (answer|respond)|"
    r"not (ascertained|stated|reported|recorded|available|determined|specified|declared|given)|"
    r"un(determined|specified)|"
    r"(refused|refusal|refuses|refuse|declined|declines)( to (answer|respond|say))?|"
    r"inconsistent|invalid|(invalid|inconsistent) (code|response|value|answer|data)|implausible|flagged( cases)?|"
    r"(.* )?out of (plausible )?(range|limits)|"
    r"not in universe|(not |in)applicable|not asked|skipped|"
    r"manquante?|valeur manquante|ne sa(it|is) pas|ne se prononce pas|(sans|pas de|non) ?reponse|refus|"
    r"no (sabe|responde|contesta|respuesta|especificado|declarado|aplica)|sin (respuesta|informacion|dato|datos)|"
    r"perdido|ignorado|nao (sabe|respondeu|declarado|se aplica)|sem (resposta|informacao|declaracao)|"
    r"khong (biet|tra loi|ro|nho|co thong tin|xac dinh|co cau tra loi|phan hoi|ap dung)|"
    r"tu choi( tra loi)?|thieu thong tin|chua xac dinh|khong biet ro"
)
"""Whole labels, or parts of one between strokes and brackets, written small and without accents."""

_SHORT = re.compile(r"dk|dnk|nr|na|n a|rf|ref|niu|inap|nk|ns|nc|nsp|nsnr|nsnc|kb|ktl|kxd|miss")
"""Abbreviations, which are believed beside a code that is usual for missing answers."""

_USUAL = re.compile(r"-\d+|[789]+|9+[0-9]|99+\d{2}")
_SEPARATORS = re.compile(r"[/,;:()\[\]+|&=]| - | – | — |\bor\b|\band\b|\bhoac\b|\bou\b|\by\b")
_NUMBER = re.compile(r"(?<!\w)-?\d+(\.\d+)?(?!\w)")
_NOT_DEPRIVED = re.compile(
    r"\b(not|non|no|un|khong|khong bi)[ -]?(deprived|poor|thieu hut|ngheo)\b|\bnondeprived\b|\bnonpoor\b"
)
_DEPRIVED = re.compile(r"\b(deprived|deprivation|poor|thieu hut|ngheo)\b")
_YES, _NO = {"yes", "oui", "si", "sim", "co", "y"}, {"no", "non", "nao", "khong", "n"}


def says_missing(label: str, code: Any = None) -> bool:
    """Tell whether a value label says that there is no answer.

    Parameters
    ----------
    label : str
        The label.
    code : number, optional
        What it stands for; beside 8, 9, 98, 9996, -1 and the like, abbreviations are believed.

    Examples
    --------
    >>> [says_missing(x) for x in ("Missing/DK", "98 Don’t know", "Không biết", "Unknown place", "Other", "Refused")]
    [True, True, True, False, False, True]
    >>> says_missing("NR", 9), says_missing("NR", 3)
    (True, False)
    """
    plain = _NUMBER.sub(" ", _plain(label))
    parts = [" ".join(p.split()) for p in _SEPARATORS.split(plain)]
    parts = [p for p in parts if p]
    usual = isinstance(code, Real) and _USUAL.fullmatch(f"{float(code):g}") is not None
    return bool(parts) and all(
        _NO_ANSWER.fullmatch(p) or (_SHORT.fullmatch(p) and (usual or len(parts) > 1)) for p in parts
    )


def missing_like(labels: Mapping[Any, str]) -> dict[Any, str]:
    """Return the numeric codes of a column whose labels say that there is no answer.

    Examples
    --------
    >>> missing_like({0: "None", 5: "Five", 98: "DK", 99: "Missing", ".a": "Refused"})
    {98: 'DK', 99: 'Missing'}
    """
    return {v: x for v, x in labels.items() if isinstance(v, Real) and says_missing(x, v)}


def missing_texts(levels: Iterable[Any], labels: Mapping[Any, str]) -> dict[str, str]:
    """Return the texts of a column that say that there is no answer, or whose labels do, with what is said.

    Of a text by itself, only DK is believed as an abbreviation: NC may be a province.

    Examples
    --------
    >>> missing_texts(["a", "Don't know", "NC", "98", None], {"98": "Missing"})
    {"Don't know": "Don't know", '98': 'Missing'}
    """
    said = {v: labels.get(v, v) for v in levels if isinstance(v, str)}
    return {v: x for v, x in said.items() if says_missing(x) or _plain(x).strip() == "dk"}


def says_yes(label: str) -> bool | None:
    """Tell whether a value label says yes (or deprived), or no (or not deprived); None where it says neither.

    Examples
    --------
    >>> says_yes("Yes, deprived"), says_yes("Not deprived"), says_yes("Không"), says_yes("No toilet")
    (True, False, False, None)
    """
    plain = " ".join(_SEPARATORS.sub(" ", _NUMBER.sub(" ", _plain(label))).split())
    if _NOT_DEPRIVED.search(plain):
        return False
    if _DEPRIVED.search(plain):
        return True
    return True if plain in _YES else False if plain in _NO else None


def contradiction(labels: Mapping[Any, str]) -> str:
    """Say which labels of a column of 0 and 1 contradict 1 = yes and 0 = no; nothing where none does.

    Examples
    --------
    >>> contradiction({0: "Yes, deprived", 1: "No, not deprived"})
    "0 is 'Yes, deprived' and 1 is 'No, not deprived'"
    >>> contradiction({0: "No", 1: "Yes"})
    ''
    """
    wrong = [v for v in (0, 1) if v in labels and says_yes(labels[v]) is (v == 0)]
    return " and ".join(f"{v} is {labels[v]!r}" for v in wrong)


def _plain(label: str) -> str:
    """Write a label small, without accents and apostrophes."""
    text = unicodedata.normalize("NFD", str(label).casefold().replace("đ", "d"))
    plain = "".join(c for c in text if not unicodedata.combining(c) and c not in "'’`´.")
    return re.sub(r"\bn/a\b", "na", plain)
