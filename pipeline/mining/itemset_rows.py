"""Itemsets as rows with item ids: a table where they are few, pieces of one where they are many."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine, Pieces, Value
from pipeline.mining.baskets import Bools, Int32s, Int64s, to_offsets
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.kernel_miner import Nodes, levels_of
from pipeline.mining.steps import build, sql_of

SOURCE = "mined_itemsets"
HELD_ROWS = 1_000_000
PIECE_ROWS = 131_072
_NO_ROWS = pa.schema(
    [("itemset", pa.list_(pa.string())), ("item_count", pa.int64()), ("joint_count", pa.int64())]
).empty_table()


def build_itemsets(
    engine: Engine,
    itemsets: Itemsets,
    item_ids: pa.Array,
    is_published: Bools,
    *,
    values: Mapping[str, Value],
) -> int:
    """Build `frequent_itemsets` and return its row count.

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

    return _build(engine, Pieces(SOURCE, pieces, count), values)


def build_nodes(
    engine: Engine,
    parts: Sequence[Nodes],
    new_codes: Int32s,
    item_ids: pa.Array,
    *,
    values: Mapping[str, Value],
) -> int:
    """Build `frequent_itemsets` of the nodes of tries, each spelled out when it is written.

    Args:
        engine: Where the table is built.
        parts: The tries.
        new_codes: Code of each of their items; codes ascend with the ids.
        item_ids: Item ids by code.
        values: What the select statement names.
    """

    def pieces() -> Iterator[pa.Table]:
        for size, level in enumerate(levels_of(parts, new_codes), start=1):
            order = level.order[np.argsort(-level.counts[level.order], kind="stable")]
            rows = level.items.reshape(-1, size)
            for start in range(0, len(order), PIECE_ROWS):
                piece = order[start : start + PIECE_ROWS]
                ids = item_ids.take(pa.array(rows[piece].ravel()))
                ends = np.arange(0, size * len(piece) + 1, size, dtype=np.int32)
                yield _counted(pa.ListArray.from_arrays(pa.array(ends), ids), level.counts[piece])

    count = sum(len(sizes) for sizes, _, _ in parts)
    return _build(engine, Pieces(SOURCE, pieces, count), values)


def _build(engine: Engine, pieces: Pieces, values: Mapping[str, Value]) -> int:
    """Build the table, or promise it where it is long.

    As rows of a database millions of lists take many times the memory of the arrays.
    """
    if pieces.count > HELD_ROWS:
        return engine.defer("frequent_itemsets", sql_of("frequent_itemsets"), values, pieces)
    engine.load(SOURCE, pa.concat_tables([_NO_ROWS, *pieces.rows()]))
    build(engine, "frequent_itemsets", values)
    engine.drop(SOURCE)
    return pieces.count


def lists_of(itemsets: Itemsets, rows: Int32s | Int64s, item_ids: pa.Array) -> pa.Array:
    """Return the item ids of some itemsets as lists."""
    starts = itemsets.offsets[rows]
    sizes = itemsets.offsets[np.asarray(rows, dtype=np.int64) + 1] - starts
    offsets = to_offsets(sizes)
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)
    ids = item_ids.take(pa.array(itemsets.items[places]))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), ids)


def _table(itemsets: Itemsets, rows: Int32s | Int64s, item_ids: pa.Array) -> pa.Table:
    return _counted(lists_of(itemsets, rows, item_ids), itemsets.counts[rows])


def _counted(lists: pa.Array, counts: Int64s) -> pa.Table:
    item_counts = lists.value_lengths().cast(pa.int64())
    return pa.table({"itemset": lists, "item_count": item_counts, "joint_count": counts})


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
