"""Candidates for the slots of a page: per source, ordered targets with the evidence for them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from pipeline.mining.baskets import Floats, Int32s, Int64s
from pipeline.serving.shelf import NONE

MANUAL = "manual"


@dataclass(frozen=True)
class Sources:
    """The pages of a placement: one per item, per category or per customer segment.

    Attributes:
        kind: `item`, `category` or `segment`.
        ids: Item ids, category paths (of every level that has items below) or segments.
        items: Number of each source's item; NONE where it is none.
    """

    kind: str
    ids: list[str]
    items: Int32s

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self.ids)

    @cached_property
    def id_array(self) -> pa.Array:
        """The ids as Arrow data."""
        return pa.array(self.ids, pa.string())


@dataclass(frozen=True)
class Pool:
    """Rows of candidates; a run of neighbouring rows is the list of one source, or of several.

    Attributes:
        targets: Number of the item that may be shown.
        counts: What the evidence rests on (orders, customers, viewers: as the reason says), NONE
            where there is no evidence.
        lifts: Lift, NaN where it does not apply.
        q_values: q-value, NaN where it does not apply.
        shares: Share between 0 and 1 that the reason names, NaN where it does not apply.
        scores: What the rows of one source are ordered by, falling; NaN where by hand.
        positions: Slot that a manual row asks for, from 1; 0 for any.
        notes: Further text for the reason, per row, as Arrow data; None where no row has one.
    """

    targets: Int32s
    counts: Int64s
    lifts: Floats
    q_values: Floats
    shares: Floats
    scores: Floats
    positions: Int32s
    notes: pa.Array | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.targets)


@dataclass(frozen=True)
class CandidateLists:
    """What one origin offers to every source, in order.

    Attributes:
        origin: `manual`, `rule:<name>`, `mined:<relation>` or `fallback:<kind>`: the published
            column `source`.
        starts: First row of each source's list in the pool.
        ends: Row behind its last.
        pool: The rows; several sources may share them.
        reason: Sentence in which {share}, {n}, {lift} and {note} stand for the row's evidence.
        most: At most so many rows are shown in one list; 0 for any number.
        segments: Customer segments whose pages alone show it; empty for everyone's.
    """

    origin: str
    starts: Int64s
    ends: Int64s
    pool: Pool
    reason: str
    most: int = 0
    segments: tuple[str, ...] = ()


def pool_of(
    targets: Int32s,
    *,
    counts: Int64s | None = None,
    lifts: Floats | None = None,
    q_values: Floats | None = None,
    shares: Floats | None = None,
    scores: Floats | None = None,
    positions: Int32s | None = None,
    notes: pa.Array | None = None,
) -> Pool:
    """Return a pool; what is not given is not known."""
    unknown = np.broadcast_to(np.nan, len(targets))  # takes no memory
    return Pool(
        targets.astype(np.int32, copy=False),
        np.full(len(targets), NONE, np.int64) if counts is None else counts,
        unknown if lifts is None else lifts,
        unknown if q_values is None else q_values,
        unknown if shares is None else shares,
        unknown if scores is None else scores,
        np.zeros(len(targets), np.int32) if positions is None else positions,
        notes,
    )


def ranges_of(list_of_rows: Int64s, list_count: int) -> tuple[Int64s, Int64s]:
    """Return where the list of each source starts and ends.

    Args:
        list_of_rows: Source of each row of a pool, ascending.
        list_count: Number of sources.
    """
    every = np.arange(list_count)
    starts = np.searchsorted(list_of_rows, every, "left").astype(np.int64)
    return starts, np.searchsorted(list_of_rows, every, "right").astype(np.int64)
