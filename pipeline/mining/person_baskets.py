"""Baskets of persons as flat arrays, for the kernel that counts pairs.

What the SQL files `baskets`, `basket_sizes`, `basket_totals`, `basket_items` and `pair_baskets`
make of the lines of baskets, by one sort of packed keys: several times as fast.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine
from pipeline.mining.baskets import Bools, Int32s, Int64s, to_offsets
from pipeline.mining.columns import read_columns
from pipeline.mining.keys import (
    counted_items,
    drop_repeats,
    is_first,
    packed,
    read_keys,
    unpacked,
    width_of,
)
from pipeline.mining.steps import build

NOBODY = -(2**63)
"""Anonymous visitors have negative codes, so nobody is none of them."""


@dataclass(frozen=True)
class Limits:
    """Which baskets are too large, which items are too rare, and which one has no name."""

    max_basket_items: int
    min_item_count: int
    nameless_item: int | None = None


@dataclass(frozen=True)
class PersonBaskets:
    """Baskets in compressed rows, each of one person.

    Attributes:
        basket_offsets: Start of each basket, and the end of the last.
        item_codes: Items of all baskets, ascending inside a basket.
        persons: Person of each basket, the smallest BIGINT where unknown.
        first_at: When each item came into its basket; None where that does not matter.
        basket_count: Baskets that count, those without a frequent item included.
        giant_basket_count: Baskets left out because they hold too many items.
        known_basket_count: Baskets of known persons.
    """

    basket_offsets: Int64s
    item_codes: Int32s
    persons: Int64s
    first_at: Int64s | None
    basket_count: int
    giant_basket_count: int
    known_basket_count: int


def gather_person_baskets(
    engine: Engine, limits: Limits, *, is_timed: bool
) -> PersonBaskets | None:
    """Put `basket_lines` together and build `basket_items`; None where a basket has two persons.

    Only faulty orders name several customers; then a person must be known line by line, which
    the SQL does.

    Args:
        engine: Holds `basket_lines`.
        limits: Giant baskets are left out, rare and nameless items leave the rest.
        is_timed: Whether it matters when an item came into its basket.
    """
    persons = _persons(engine)
    if persons is None:
        return None
    items, starts, first_at = (_timed_lines if is_timed else _distinct_lines)(engine)
    sizes = np.diff(np.append(starts, len(items)))
    is_kept = sizes <= limits.max_basket_items
    of_use = np.repeat(is_kept, sizes)
    counts = counted_items(items[of_use], int(items.max(initial=0)) + 1)
    _load_item_counts(engine, counts)
    of_use &= (counts >= limits.min_item_count)[items]
    if limits.nameless_item is not None:
        of_use &= items != limits.nameless_item
    return PersonBaskets(
        basket_offsets=_offsets_of(of_use, starts),
        item_codes=items[of_use],
        persons=persons,
        first_at=first_at[of_use] if is_timed else None,
        basket_count=int(is_kept.sum()),
        giant_basket_count=int((~is_kept).sum()),
        known_basket_count=int((persons != NOBODY).sum()),
    )


def _persons(engine: Engine) -> Int64s | None:
    """Return the person of each basket, by rising code of the basket."""
    build(engine, "basket_persons", {})
    sql = "select first_person, last_person from basket_persons order by basket_code asc nulls last"
    persons, last = read_columns(engine, sql, {"first_person": "int64", "last_person": "int64"})
    engine.drop("basket_persons")
    return persons if np.array_equal(persons, last) else None


def _distinct_lines(engine: Engine) -> tuple[Int32s, Int64s, Int64s]:
    """Return the items of each basket, and where each basket begins, by rising code; no times."""
    width = width_of(engine, "basket_lines")
    sql = "select basket_code as owner_code, item_code from basket_lines"
    keys = read_keys(engine, sql, most=engine.count("basket_lines"), width=width)
    keys.sort()
    return *unpacked(drop_repeats(keys), width), np.empty(0, np.int64)


def _timed_lines(engine: Engine) -> tuple[Int32s, Int64s, Int64s]:
    """Return the same, and when each item first came into its basket."""
    kinds = {"basket_code": "int64", "item_code": "int32", "happened_at": "int64"}
    sql = f"select {', '.join(kinds)} from basket_lines"  # noqa: S608 - names of ours
    baskets, items, times = read_columns(engine, sql, kinds)
    width = int(items.max(initial=0)) + 1
    keys = packed(baskets, items, width)
    del baskets, items
    order = np.argsort(keys)
    keys = keys[order]
    starts = np.flatnonzero(is_first(keys))
    first_at = np.minimum.reduceat(times[order], starts) if len(starts) else times
    return *unpacked(keys[starts], width), first_at


def _offsets_of(is_kept: Bools, starts: Int64s) -> Int64s:
    """Return the offsets of baskets that begin at `starts`, when only marked items are left."""
    if not len(starts):
        return np.zeros(1, np.int64)
    return to_offsets(np.add.reduceat(is_kept, starts, dtype=np.int64))


def _load_item_counts(engine: Engine, counts: Int64s) -> None:
    found = np.flatnonzero(counts)
    table = {"item_code": found.astype(np.int32), "item_count": counts[found]}
    engine.load("basket_items", pa.table(table))
