"""Rows of mined tables, by the numbers of their items: what the automatic rows of lists rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa

from pipeline.engine import Value
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.serving.lists import CandidateLists, Pool, Sources, pool_of, ranges_of
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE

_TEXTS = ("source_item_id", "target_item_id")
_NUMBERS = ("n", "lift", "q_value", "share", "score")


@dataclass(frozen=True)
class Evidence:
    """Pairs of items in the order in which they are shown: by source, then the best first.

    Attributes:
        sources: Number of the source item, ascending.
        targets: Number of the target item.
        counts: What the evidence rests on; NONE where it is not known.
        lifts: Lift, NaN where it does not apply.
        q_values: q-value, NaN where it does not apply.
        shares: Share between 0 and 1, NaN where it does not apply.
        scores: What decides the order within a source, falling.
    """

    sources: Int32s
    targets: Int32s
    counts: Int64s
    lifts: Floats
    q_values: Floats
    shares: Floats
    scores: Floats

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.sources)

    def taken(self, rows: Int64s | Bools) -> "Evidence":
        """Return some of the pairs, by place or by mark; they must stay in order."""
        return Evidence(*(getattr(self, field.name)[rows] for field in fields(self)))

    def ranked(self, *keys: Floats | Int64s) -> "Evidence":
        """Return the pairs by source, then by the keys, each falling, then by number of target.

        Numbers follow sales, then ids: so no two targets of a source tie.
        """
        falling = [-key for key in reversed(keys)]
        return self.taken(np.lexsort((self.targets, *falling, self.sources)))

    def with_scores(self, scores: Floats) -> "Evidence":
        """Return the pairs with other scores; their order stays."""
        return replace(self, scores=scores)

    def followed_by(self, others: "Evidence") -> "Evidence":
        """Return these pairs and behind them some others; not in order."""
        sides = ((getattr(self, one.name), getattr(others, one.name)) for one in fields(self))
        return Evidence(*(np.concatenate(side) for side in sides))

    @property
    def pool(self) -> Pool:
        """The pairs as rows of candidates."""
        return pool_of(
            self.targets, counts=self.counts, lifts=self.lifts, q_values=self.q_values,
            shares=self.shares, scores=self.scores,
        )  # fmt: skip


def pairs_of(
    sources: Int32s,
    targets: Int32s,
    *,
    counts: Int64s | None = None,
    shares: Floats | None = None,
    scores: Floats | None = None,
) -> Evidence:
    """Return pairs; what is not given is not known."""
    unknown = np.full(len(sources), np.nan)
    return Evidence(
        sources.astype(np.int32, copy=False),
        targets.astype(np.int32, copy=False),
        np.full(len(sources), NONE, np.int64) if counts is None else counts,
        unknown,
        unknown,
        unknown if shares is None else shares,
        unknown if scores is None else scores,
    )


def no_pairs() -> Evidence:
    """Return no pairs."""
    nothing = np.zeros(0, np.int32)
    return pairs_of(nothing, nothing)


def read_evidence(
    setting: Setting, sql: str, values: Mapping[str, Value] | None = None
) -> Evidence:
    """Return the rows of a select as pairs, by source and rank.

    Args:
        setting: Its engine holds the tables that the select reads.
        sql: Selects source_item_id, target_item_id, rank, n, lift, q_value, share and score.
        values: Bound values that the select names.
    """
    sources, targets, columns = read_pairs(setting, sql, ("rank", *_NUMBERS), values)
    ranks, n, lifts, q_values, shares, scores = columns
    counts = np.where(np.isnan(n), NONE, n).astype(np.int64)
    found = Evidence(sources, targets, counts, lifts, q_values, shares, scores)
    # One key sorts ten times as fast as two; ranks are unique within a source.
    return found.taken(np.argsort(sources.astype(np.int64) << 32 | ranks.astype(np.int64)))


def read_pairs(
    setting: Setting, sql: str, names: Sequence[str], values: Mapping[str, Value] | None = None
) -> tuple[Int32s, Int32s, list[Floats]]:
    """Return the numbers of both items of each row of a select, and columns of numbers.

    Rows of which an item is not on the shelf are left out.

    Args:
        setting: Its engine holds the tables that the select reads.
        sql: Selects source_item_id, target_item_id and the columns.
        names: The columns; NaN stands for NULL.
        values: Bound values that the select names.
    """
    batches = list(setting.engine.batches(sql, values))
    ids = (pa.chunked_array([batch[name] for batch in batches], pa.string()) for name in _TEXTS)
    sources, targets = (setting.shelf.numbers_of(column) for column in ids)
    columns = [_numbers(batches, name) for name in names]
    is_known = (sources != NONE) & (targets != NONE)
    if is_known.all():
        return sources, targets, columns
    return sources[is_known], targets[is_known], [column[is_known] for column in columns]


def item_lists(
    sources: Sources, item_count: int, evidence: Evidence, *, origin: str, reason: str
) -> CandidateLists:
    """Return pairs as the lists of sources that are items."""
    starts, ends = ranges_of(evidence.sources.astype(np.int64), item_count)
    return CandidateLists(
        origin, *ranges_by(sources.items, starts, ends), evidence.pool, reason
    )  # fmt: skip


def ranges_by(groups: Int32s, starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    """Return the range of each source's group; that of a source without one is empty.

    Args:
        groups: Group of each source, NONE where it has none.
        starts: Where the rows of each group start.
        ends: Where they end.
    """
    nowhere = np.zeros(1, np.int64)  # what NONE, the last place, points to
    return np.append(starts, nowhere)[groups], np.append(ends, nowhere)[groups]


def _numbers(batches: list[pa.RecordBatch], name: str) -> Floats:
    """Return a column of numbers, NaN for NULL."""
    pieces = [batch[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for batch in batches]
    return np.concatenate([np.zeros(0), *pieces])
