"""What is computed once."""

from __future__ import annotations

import copy
import pickle

import pytest

from mpi.core.cache import SMALL, Cache


def test_is_computed_once():
    cache, made = Cache(), []
    for _ in range(3):
        assert cache.get("key", lambda: made.append(1) or "found") == "found"
    assert made == [1]


def test_a_failure_is_not_kept():
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: 1 / 0)
    assert cache.get("key", lambda: 1) == 1


def test_what_rests_on_many_rows_is_not_kept():
    cache, made = Cache(), []
    for _ in range(2):
        cache.get("key", lambda: made.append(1), SMALL + 1)
    assert made == [1, 1]


def test_the_oldest_go_where_there_are_many():
    cache = Cache()
    for i in range(1000):
        cache.get(i, lambda i=i: i)
    assert len(cache._found) < 100
    assert cache.get(999, lambda: None) == 999
    assert cache.get(0, lambda: "again") == "again"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])  # noqa: S301  # our own
def test_a_copy_starts_with_nothing(again):
    cache = Cache()
    cache.get("key", lambda: 1)
    assert again(cache).get("key", lambda: 2) == 2
