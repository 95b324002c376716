"""Validation of arguments of public functions against their signatures, before anything is computed."""

from __future__ import annotations

import ast
import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from decimal import Decimal
from numbers import Integral, Rational
from typing import Any, ForwardRef, ParamSpec, TypeVar

from mpi.core.errors import MpiError, Problems, RequestError, unknown
from mpi.core.memory import translated_memory_errors

__all__ = ["check_seed", "defaults", "kinds_checked", "kinds_explained", "type_name", "written_out"]

P = ParamSpec("P")
R = TypeVar("R")

_MENDS = {
    "Design": "make one with mpi.Design(weight=..., strata=..., psu=...)",
    "Survey": "make one with mpi.Survey(frame, weight=...)",
    "Measure": "load one with mpi.load_measure(name), or mpi.Measure.from_toml(path)",
    "Line": "load one with mpi.load_line(name)",
    "Estimates": "make them with mpi.estimate(survey, measure)",
    "Rules": "load_rules('vn-2022'), Rules.from_toml(path) or Rules(name, [rule, ...])",
    "Classification": "make one with line.classify(survey)",
    "Grid": "make one with mpi.tables.grid(estimates)",
    "Condition": "write one such as column('age') >= 60",
}
"""How objects of the library are made. What is not one is told with it."""

_KNOWN_AS = {"Standard": "Line", "EstimatesLike": "Estimates"}
"""What users know by another name than the annotation's."""

_PATHS = ("Path", "Path_", "PathLike", "os")
_SEVERAL = ("Sequence", "Iterable", "Collection", "list", "tuple")
_ANYTHING = (
    "Any", "object", "Where", "Column", "NDArray", "Callable", "Estimable", "RoundLabels", "Declared",
    "Covariates", "Household", "Codes", "LineLike",
)  # fmt: skip
_DATA = ("frame", "members_frame", "households_frame", "data", "values", "parts", "surveys", "rounds", "condition")
"""Parameters that take frames or arrays."""


_DEFAULTS: dict[tuple[str, str], Mapping[str, object]] = {}


def defaults(options: type, **values: object) -> None:
    """Say what holds where a key of a TypedDict of options is not given, for the signatures that `help` shows.

    Parameters
    ----------
    options : type
        A TypedDict whose keys are arguments: ``**options: Unpack[Options]``.
    **values
        Its keys with their defaults.
    """
    _DEFAULTS[options.__module__, options.__name__] = values


def _spread(function: Callable[..., object]) -> tuple[inspect.Parameter, type] | None:
    """Return the parameter ``**options: Unpack[Options]`` of a function, and its TypedDict."""
    for p in inspect.signature(function).parameters.values():
        if p.kind is inspect.Parameter.VAR_KEYWORD and str(p.annotation).startswith("Unpack["):
            name = str(p.annotation).removeprefix("Unpack[").removesuffix("]")
            found = getattr(inspect.unwrap(function), "__globals__", {}).get(name)
            return (p, found) if found is not None else None
    return None


def written_out(function: Callable[..., object]) -> inspect.Signature:
    """Return the signature with the keys of its TypedDict one by one, which `help`, notebooks and Sphinx show."""
    signature, spread = inspect.signature(function), _spread(function)
    if spread is None:
        return signature
    p, options = spread
    known = _DEFAULTS.get((options.__module__, options.__name__), {})
    own = [q for q in signature.parameters.values() if q.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [
        p.replace(name=n, kind=inspect.Parameter.KEYWORD_ONLY, annotation=a, default=known[n])
        for n, a in _annotations(options).items()
        if n in known and n not in signature.parameters
    ]
    return signature.replace(parameters=[*own, *more] if more else [*own, p])


def _annotations(options: type) -> dict[str, str]:
    held: Mapping[str, ForwardRef] = getattr(options, "__annotations__", {})
    return {n: a.__forward_arg__ for n, a in held.items()}


def kinds_checked(function: Callable[P, R]) -> Callable[P, R]:
    """Tell of arguments of the wrong kind in one sentence each, before the function meets them.

    What is checked follows from the annotations: objects of the library, texts, numbers, lists and mappings. Which
    word is right, and what else is wrong, the function says itself.

    Examples
    --------
    >>> @kinds_checked
    ... def first(names: Sequence[str]) -> str:
    ...     return names[0]
    >>> first(names=3)
    Traceback (most recent call last):
    mpi.errors.RequestError: first cannot be done: names: a list is needed, not int
    """
    problems, refuse_unknown = _checker(function), _refusal(function)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        """Return the function's result, once its arguments were checked."""
        refuse_unknown(kwargs)
        problems(args, kwargs).raise_if_any()
        with translated_memory_errors(_work(function.__name__, args, kwargs), _SMALLER):
            return function(*args, **kwargs)

    checked.__signature__ = written_out(function)  # type: ignore[attr-defined]  # as functools does
    return checked


def kinds_explained(function: Callable[P, R]) -> Callable[P, R]:
    """Tell of arguments of the wrong kind where a function that says most of its arguments itself fails on them.

    Examples
    --------
    >>> @kinds_explained
    ... def first(names: Sequence[str]) -> str:
    ...     return names[0]
    >>> first(names=3)
    Traceback (most recent call last):
    mpi.errors.RequestError: first cannot be done: names: a list is needed, not int
    """
    problems, refuse_unknown = _checker(function, words=True), _refusal(function)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        """Return the function's result, or raise an error that names the arguments of a wrong kind."""
        refuse_unknown(kwargs)
        try:
            with translated_memory_errors(_work(function.__name__, args, kwargs), _SMALLER):
                return function(*args, **kwargs)
        except MpiError:
            raise
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            found = problems(args, kwargs)
            if found.found:
                raise found.error() from error
            raise

    wrapper.__signature__ = written_out(function)  # type: ignore[attr-defined]  # as functools does
    return wrapper


def _refusal(function: Callable[..., object]) -> Callable[[Mapping[str, object]], None]:
    """Return what refuses options that a function's TypedDict does not hold, whatever else it is given."""

    @functools.cache
    def known() -> tuple[str, ...] | None:
        """Return all names that arguments may have; None where any may be given."""
        spread = _spread(function)
        if spread is None:
            return None
        own = [n for n in inspect.signature(function).parameters if n not in (spread[0].name, "self")]
        return (*own, *_annotations(spread[1]))

    def refuse(given: Mapping[str, object]) -> None:
        """Refuse unknown options, with the nearest that is known."""
        if (names := known()) is None:
            return
        problems = Problems(f"{function.__name__} cannot be done", RequestError)
        problems.found += [unknown("option", name, names) for name in given if name not in names]
        problems.raise_if_any()

    return refuse


_SMALLER = (
    "ask for fewer columns in by=, fewer statistics or cutoffs at a time, condense microdata with mpi.profile, or give "
    "the process more memory"
)


def _work(name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
    """Name what a function does, and of how many rows, where it is given a survey in memory."""
    given = (a for a in (*args, *kwargs.values()) if getattr(a, "in_memory", False) is True)
    rows = next((f" of {len(a):,} rows" for a in given if isinstance(a, Sized)), "")
    return f"{name}{rows}"


def _checker(
    function: Callable[..., object], *, words: bool = False
) -> Callable[[tuple[object, ...], Mapping[str, object]], Problems]:
    """Return what finds the arguments of a call whose kinds are not those of the function's annotations.

    With `words`, whatever has a name of its own in the annotations is taken for words to choose from.
    """
    signature = inspect.signature(function)
    spread = next((p for p in signature.parameters.values() if p.kind is inspect.Parameter.VAR_KEYWORD), None)

    @functools.cache
    def kinds() -> dict[str, ast.expr]:
        one = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        named = {n: p.annotation for n, p in signature.parameters.items() if p.kind in one} | options()
        return {n: ast.parse(a, mode="eval").body for n, a in named.items() if isinstance(a, str)}

    @functools.cache
    def options() -> dict[str, str]:
        """Return the annotations of a TypedDict whose keys are arguments: ``**options: Unpack[Layout]``."""
        found = _spread(function)
        return _annotations(found[1]) if found else {}

    def argument_problems(args: tuple[object, ...], kwargs: Mapping[str, object]) -> Problems:
        """Return the problems of a call's arguments."""
        problems = Problems(f"{function.__name__} cannot be done", RequestError)
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:  # the call itself says what is missing, or too much
            return problems
        more = given.pop(spread.name, {}) if spread and options() else {}
        for name, value in {**given, **more}.items():
            if name in kinds() and (wanted := _wrong(kinds()[name], value, name, words=words)):
                problems.add(f"{name}: {wanted}")
        return problems

    return argument_problems


def type_name(value: object) -> str:
    """Return the name of a value's type, for a message."""
    return (
        "None" if value is None else f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    )


def _wrong(annotation: ast.expr, value: object, name: str, *, words: bool) -> str | None:
    """Say what was needed, where a value is nothing that an annotation names."""
    options = list(_options(annotation))
    named = [_word(o) for o in options]
    if any(_fits(o, w, value, name, words=words) for o, w in zip(options, named, strict=True)):
        return None
    known = next((w for w in named if w in _MENDS), None)
    if known:
        several = "Estimates are" if known == "Estimates" else "rules are" if known == "Rules" else f"a {known} is"
        mend = f"mpi.load_line({value!r})" if known == "Line" and isinstance(value, str) else ""
        return f"{several} needed, not {type_name(value)}; {f'load it with {mend}' if mend else _MENDS[known]}"
    needed = dict.fromkeys(_called(w) for w in named if w != "None")
    return f"{' or '.join(needed)} is needed, not {type_name(value)}"


def _options(annotation: ast.expr) -> Iterable[ast.expr]:
    if isinstance(annotation, ast.BinOp):
        yield from _options(annotation.left)
        yield from _options(annotation.right)
    else:
        yield annotation


def _word(option: ast.expr) -> str:
    """Return the name of what is annotated, without what stands in brackets."""
    if isinstance(option, ast.Subscript):
        return _word(option.value)
    if isinstance(option, ast.Attribute):
        return option.attr if option.attr != "Expr" else "Any"
    if isinstance(option, ast.Name):
        return _KNOWN_AS.get(option.id, option.id)
    return "None" if isinstance(option, ast.Constant) else "Any"


def _fits(option: ast.expr, word: str, value: object, name: str, *, words: bool) -> bool:
    """Tell whether a value is what one option of an annotation names."""
    if word in _MENDS:
        return any(kind.__name__ == word for kind in type(value).__mro__)
    if word in _ANYTHING:
        return word != "Any" or name in _DATA or not _is_data(value)
    if word in _SEVERAL:
        return _is_several(option, value)
    known = _KINDS.get("path" if word in _PATHS else word)
    if known:
        return known(value)
    if words:
        return isinstance(value, str)
    return not _is_data(value) or name in _DATA  # a word, or what the function itself holds to something


def _is_data(value: object) -> bool:
    scalar = getattr(value, "ndim", None) == 0  # a number of NumPy's
    return not scalar and any(hasattr(value, name) for name in ("__array__", "__dataframe__", "columns"))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return not isinstance(value, (bool, str)) and hasattr(value, "__float__") and not _is_data(value)


def _is_flag(value: object) -> bool:
    return type(value).__name__ in {"bool", "bool_"} or (isinstance(value, int) and value in (0, 1))


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "None": lambda value: value is None,
    "str": _is_text,
    "bool": _is_flag,
    "int": lambda value: _is_number(value) and hasattr(value, "__index__"),
    "float": _is_number,
    "Number": lambda value: isinstance(value, (str, Decimal, Rational)) or _is_number(value),
    "date": lambda value: hasattr(value, "year") and not _is_data(value),
    "path": lambda value: isinstance(value, (str, os.PathLike)),
    "Mapping": lambda value: isinstance(value, Mapping),
    "dict": lambda value: isinstance(value, Mapping),
    "By": lambda value: isinstance(value, (str, tuple, list)),
}


def _is_several(option: ast.expr, value: object) -> bool:
    """Tell whether something is a list, or what can be read as one; its entries too, where they are to be texts."""
    if isinstance(value, (bytes, Mapping, type)) or not isinstance(value, Iterable):
        return False
    if hasattr(value, "columns") or hasattr(value, "design"):
        return False
    inner = option.slice if isinstance(option, ast.Subscript) else None
    if isinstance(inner, ast.Name) and inner.id == "str" and isinstance(value, (list, tuple)):
        return all(isinstance(v, str) for v in value)
    return True


def _called(word: str) -> str:
    names = {"bool": "True or False", "int": "a whole number", "float": "a number", "Mapping": "a mapping"}
    if word in _SEVERAL or word == "By":
        return "a list" if word != "By" else "a column, or several,"
    return names.get(word, "a path" if word in _PATHS else "a text")


def check_seed(problems: Problems, seed: Any) -> None:
    """Note a seed that random numbers cannot start from."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        problems.add(f"seed is {seed!r}; a whole number from 0 on was expected")
