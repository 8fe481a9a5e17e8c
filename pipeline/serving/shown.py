"""What the pages of a placement show, as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Floats, Int32s, Int64s, to_offsets
from pipeline.serving.filling import EMPTY, Filled, Merger
from pipeline.serving.lists import Pool, Sources, pool_of
from pipeline.serving.reasons import sentences
from pipeline.serving.shelf import NONE

PAGES_A_PIECE = 10_000
"""Pages that are put into words at once, which bounds memory."""


@dataclass(frozen=True)
class Shown:
    """Rows of the pages of a placement, in the order of the published table.

    Attributes:
        name: The placement.
        sources: What its pages are about.
        audiences: Names of the audiences.
        pages: Source, item and audience of each page.
        page_starts: First row of each page, and one more.
        group_ranks: Place of each row among those of its relation type, from 1.
        lists: List that each row is from.
        evidence: What the list says of it.
        origins: Origin of each list.
        templates: Reason of each list.
        relations: Relation type of each list.
    """

    name: str
    sources: Sources
    audiences: list[str]
    pages: Int64s
    page_starts: Int64s
    group_ranks: Int32s
    lists: Int32s
    evidence: Pool
    origins: list[str]
    templates: list[str]
    relations: list[str]

    @property
    def row_count(self) -> int:
        """Number of rows of all pages."""
        return len(self.lists)

    @property
    def sizes(self) -> Int64s:
        """Rows of each page."""
        return np.diff(self.page_starts)


def shown(name: str, sources: Sources, audiences: Sequence[str], merger: Merger) -> Shown:
    """Merge the lists of a placement and return the rows of its pages.

    Args:
        name: The placement.
        sources: What its pages are about.
        audiences: EVERYONE, then the customer segments.
        merger: Merges the lists of these pages.
    """
    filled = _in_order(merger.fill(), sources, audiences)
    is_shown = filled.rows != EMPTY
    _, slots = np.nonzero(is_shown)
    group_starts = merger.slots[np.searchsorted(merger.slots, slots, "right") - 1]
    lists = filled.origins[is_shown].astype(np.int32)
    return Shown(
        *(name, sources, list(audiences), filled.pages),
        page_starts=to_offsets(is_shown.sum(axis=1)),
        group_ranks=(slots - group_starts + 1).astype(np.int32),
        lists=lists,
        evidence=_gathered([one.pool for one in merger.lists], lists, filled.rows[is_shown]),
        origins=[one.origin for one in merger.lists],
        templates=[one.reason for one in merger.lists],
        relations=[merger.groups[at].relation for at in merger.list_groups],
    )


def recommendation_rows(table: Shown, item_ids: pa.Array) -> Iterator[pa.Table]:
    """Yield the rows of `recommendations`, in order.

    Args:
        table: Rows of one placement.
        item_ids: Id of each item.
    """
    for begin, end in pieces_of(table):
        rows = slice(int(table.page_starts[begin]), int(table.page_starts[end]))
        of_rows = np.repeat(np.arange(begin, end), table.sizes[begin:end])
        ranks = np.arange(rows.start, rows.stop) - table.page_starts[of_rows] + 1
        yield pa.table({
            **_page_columns(table, of_rows),
            "rank": ranks,
            "relation": _texts(table.relations, table.lists[rows]),
            "relation_rank": table.group_ranks[rows],
            "target_item_id": item_ids.take(pa.array(table.evidence.targets[rows])),
            **evidence_columns(table, rows),
        })  # fmt: skip


def list_rows(table: Shown, item_ids: pa.Array) -> Iterator[pa.Table]:
    """Yield the rows of `recommendation_lists`, in order: pages that show something.

    Args:
        table: Rows of one placement.
        item_ids: Id of each item.
    """
    for begin, end in pieces_of(table):
        rows = slice(int(table.page_starts[begin]), int(table.page_starts[end]))
        pages = begin + np.flatnonzero(table.sizes[begin:end])
        ends = np.cumsum([0, *table.sizes[pages]])
        offsets = pa.array(ends, pa.int32())
        targets = item_ids.take(pa.array(table.evidence.targets[rows]))
        relations = _texts(table.relations, table.lists[rows])
        yield pa.table({
            **_page_columns(table, pages),
            "target_item_ids": pa.ListArray.from_arrays(offsets, targets),
            "relations": pa.ListArray.from_arrays(offsets, relations),
        })  # fmt: skip


def evidence_columns(table: Shown, rows: slice) -> dict[str, pa.Array]:
    """Return where some rows are from, and why they are there."""
    evidence, counts = table.evidence, table.evidence.counts[rows]
    return {
        "source": _texts(table.origins, table.lists[rows]),
        "evidence_count": pa.array(counts, mask=counts == NONE),
        "share": _measure(evidence.shares[rows]),
        "lift": _measure(evidence.lifts[rows]),
        "q_value": _measure(evidence.q_values[rows]),
        "reason": _reasons(table, rows),
    }


def _in_order(filled: Filled, sources: Sources, audiences: Sequence[str]) -> Filled:
    """Return pages by the id of their source, then by audience."""
    keys = pa.table({
        "id": sources.id_array.take(pa.array(filled.pages[:, 0])),
        "audience": _texts(audiences, filled.pages[:, 2]),
    })  # fmt: skip
    order = pc.sort_indices(keys, [("id", "ascending"), ("audience", "ascending")]).to_numpy()
    return Filled(filled.pages[order], filled.rows[order], filled.origins[order])


def _gathered(pools: Sequence[Pool], lists: Int32s, rows: Int64s) -> Pool:
    """Return rows of several pools as one, without what only decides where they stand.

    Args:
        pools: Pool of each list.
        lists: List of each row.
        rows: Row of its pool.
    """
    notes = [pa.array([], pa.string()) if one.notes is None else one.notes for one in pools]
    first_notes = to_offsets(np.array([len(one) for one in notes], np.int64))
    targets, of_notes = np.zeros(len(rows), np.int32), np.full(len(rows), NONE, np.int32)
    counts = np.zeros(len(rows), np.int64)
    lifts, q_values, shares = np.zeros((3, len(rows)))
    for number, pool in enumerate(pools):
        places = np.flatnonzero(lists == number)
        own = rows[places]
        targets[places] = pool.targets[own]
        counts[places], lifts[places] = pool.counts[own], pool.lifts[own]
        q_values[places], shares[places] = pool.q_values[own], pool.shares[own]
        if pool.notes is not None:
            of_notes[places] = first_notes[number] + own
    texts = pa.concat_arrays(notes) if notes else pa.array([], pa.string())
    codes = pa.array(of_notes, mask=of_notes == NONE)
    return pool_of(
        targets, counts=counts, lifts=lifts, q_values=q_values, shares=shares,
        notes=pa.DictionaryArray.from_arrays(codes, texts),
    )  # fmt: skip


def pieces_of(table: Shown) -> Iterator[tuple[int, int]]:
    """Yield the first page of each piece and the one behind its last."""
    count = len(table.pages)
    for begin in range(0, count, PAGES_A_PIECE):
        yield begin, min(begin + PAGES_A_PIECE, count)


def _page_columns(table: Shown, pages: Int64s) -> dict[str, pa.Array]:
    source, audience = table.pages[pages, 0], table.pages[pages, 2]
    return {
        "placement": pa.repeat(table.name, len(pages)),
        "source_kind": pa.repeat(table.sources.kind, len(pages)),
        "source_id": table.sources.id_array.take(pa.array(source)),
        "customer_segment": _texts(table.audiences, audience),
    }


def _reasons(table: Shown, rows: slice) -> pa.Array:
    """Return the sentence of each row, list by list."""
    lists = table.lists[rows]
    order = np.argsort(lists, kind="stable")
    bounds = np.searchsorted(lists[order], np.arange(len(table.templates) + 1))
    texts = [pa.array([], pa.string())]
    for number, template in enumerate(table.templates):
        places = order[bounds[number] : bounds[number + 1]]
        if len(places):
            texts.append(sentences(template, table.evidence, rows.start + places))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(texts).take(pa.array(back))


def _texts(texts: Sequence[str], numbers: Int32s | Int64s) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(numbers))


def _measure(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
