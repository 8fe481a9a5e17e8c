"""Itemsets as rows with item ids: a table where they are few, pieces of one where they are many."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine, Pieces, Value
from pipeline.mining.baskets import Bools, Int32s, Int64s, to_offsets
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.steps import build, sql_of

SOURCE = "mined_itemsets"
HELD_ROWS = 1_000_000
PIECE_ROWS = 131_072 * 4


def build_itemsets(
    engine: Engine,
    itemsets: Itemsets,
    item_ids: pa.Array,
    is_published: Bools,
    *,
    values: Mapping[str, Value],
) -> int:
    """Build `frequent_itemsets` and return its row count.

    As rows of a database millions of lists take many times the memory of the arrays, so these are
    spelled out while they are written.

    Args:
        engine: Where the table is built.
        itemsets: Itemsets in order.
        item_ids: Item ids by item code.
        is_published: Which of the itemsets are rows.
        values: What the select statement names.
    """
    count = int(np.count_nonzero(is_published))

    def pieces() -> Iterator[pa.Table]:
        for rows in _ordered_pieces(itemsets, is_published):
            yield _table(itemsets, rows, item_ids)

    if count > HELD_ROWS:
        sql = sql_of("frequent_itemsets")
        return engine.defer("frequent_itemsets", sql, values, Pieces(SOURCE, pieces, count))
    engine.load(SOURCE, _table(itemsets, np.flatnonzero(is_published), item_ids))
    build(engine, "frequent_itemsets", values)
    engine.drop(SOURCE)
    return count


def lists_of(itemsets: Itemsets, rows: Int32s | Int64s, item_ids: pa.Array) -> pa.Array:
    """Return the item ids of some itemsets as lists."""
    starts = itemsets.offsets[rows]
    sizes = itemsets.offsets[np.asarray(rows, dtype=np.int64) + 1] - starts
    offsets = to_offsets(sizes)
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)
    ids = item_ids.take(pa.array(itemsets.items[places]))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), ids)


def _table(itemsets: Itemsets, rows: Int32s | Int64s, item_ids: pa.Array) -> pa.Table:
    lists = lists_of(itemsets, rows, item_ids)
    columns = {
        "itemset": lists,
        "item_count": lists.value_lengths().cast(pa.int64()),
        "joint_count": itemsets.counts[rows],
    }
    return pa.table(columns)


def _ordered_pieces(itemsets: Itemsets, is_published: Bools) -> Iterator[Int32s]:
    """Yield the rows by size, falling count and items, a piece at a time.

    Itemsets of one size stand in order of their items: a stable sort by count keeps that.
    """
    firsts = itemsets.firsts
    for first, last in pairwise(firsts.tolist()):
        rows = np.flatnonzero(is_published[first:last]).astype(np.int32) + np.int32(first)
        order = np.argsort(-itemsets.counts[rows], kind="stable")
        for start in range(0, len(rows), PIECE_ROWS):
            yield rows[order[start : start + PIECE_ROWS]]
