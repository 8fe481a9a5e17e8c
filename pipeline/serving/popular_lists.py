"""Relation types about sales alone: what sells best, faster than it did, or hardly at all."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.proportions import wilson
from pipeline.mining.thresholds import above, at_least
from pipeline.serving.groups import best_members, members_of, page_ranges, rows_under
from pipeline.serving.lists import CandidateLists, Pool, Sources, pool_of
from pipeline.serving.popularity import QUANTITY_UNIT, Popularity, read_popularity
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Labels, Shelf

# Above one half lies the lower bound of a share at 95 % (Wilson) where the square of the
# difference of both counts is above 1.96 squared times their sum.
_Z_SQUARED = 3.8416
_NOT_FLAGGED = frozenset({"", "no", "0", "false"})


@dataclass(frozen=True)
class Ranking:
    """Items that may be shown, the best first, and the evidence for each.

    Attributes:
        items: Numbers of the items, each once.
        counts: What the evidence rests on.
        scores: What they are ordered by, falling.
        notes: Further text for the reason; None where there is none.
    """

    items: Int32s
    counts: Int64s
    scores: Floats
    notes: pa.Array | None = None


def best_in_category(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what sells best: in the leaf category of an item, under a category, to a segment."""
    days = setting.options.popularity_days
    if sources.kind == "segment":
        return _best_of_segments(setting, sources, days)
    reason = f"a best seller of its category: {{n}} orders in {days} days"
    ranking = best_sellers(read_popularity(setting))
    return ranked_lists(
        setting, sources, ranking, setting.shelf.categories,
        origin="mined:best_in_category", reason=reason,
    )  # fmt: skip


def best_sellers(sold: Popularity) -> Ranking:
    """Return the items sold in the popularity window, the best seller first."""
    sold = sold.taken(sold.order_counts > 0)
    return Ranking(sold.items, sold.order_counts, sold.order_counts.astype(np.float64))


def trending(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what sells faster than it did, in the widest category of an item or all over the shop.

    The x orders of an item in a window and the y in the one before it share out x + y orders. The
    lower bound p of the share x / (x + y) at 95 % (Wilson 1927) makes p / (1 - p) a lower bound of
    the growth x / y; items where it is above 1 are ranked by it. So 12 orders after 2 (1.5) stand
    behind 120 after 40 (2.1), though they grew more.

    Source: J. Przyborowski, H. Wilenski (1940), Homogeneity of results in testing samples from
    Poisson series, Biometrika 31: given their sum, one of two Poisson counts is binomial.
    """
    options = setting.options.relations.trending
    sold = read_popularity(setting)
    sold = sold.taken(has_grown(sold) & (sold.recent_counts >= options.min_order_count))
    lows = wilson(sold.recent_counts, sold.recent_counts + sold.previous_counts)[0]
    scores = lows / (1 - lows)
    order = np.lexsort((sold.items, -sold.recent_counts, -scores))
    notes = pa.array(sold.previous_counts[order]).cast(pa.string())
    ranking = Ranking(sold.items[order], sold.recent_counts[order], scores[order], notes)
    days = options.days
    reason = f"{{n}} orders in the last {days} days, {{note}} in the {days} days before"
    return ranked_lists(
        setting, sources, ranking, setting.shelf.top_categories,
        origin="mined:trending", reason=reason,
    )  # fmt: skip


def has_grown(sold: Popularity) -> Bools:
    """Return whether the lower bound of the growth of orders is above 1; exact."""
    recent, previous = sold.recent_counts, sold.previous_counts
    difference = np.maximum(recent - previous, 0)
    is_clear = above((difference, difference), (recent + previous,), _Z_SQUARED)
    return np.asarray(is_clear & (previous != NONE) & (difference > 0))


def clearance(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what the shop wants to be rid of, in the widest category of an item or all over it.

    That is what a flag of the catalogue marks, and what has stock for long enough: stock / units
    sold a day. Where none was sold in the window, as if one had been; of what was never sold, the
    flag alone decides: it may be new.
    """
    shelf, options = setting.shelf, setting.options.relations.clearance
    stock_days, quantities = _cover(shelf, read_popularity(setting))
    is_slow = (shelf.stocks > 0) & (shelf.order_counts > 0)
    is_slow &= at_least((stock_days,), (quantities,), options.min_cover_days)
    is_flagged = flagged(shelf, options.flag)
    items = np.flatnonzero(is_slow | is_flagged).astype(np.int32)
    scores = (stock_days / quantities)[items]
    order = np.lexsort((items, -scores))
    items, scores = items[order], scores[order]
    notes = _clearance_notes(np.floor(scores).astype(np.int64), is_slow[items], is_flagged[items])
    ranking = Ranking(items, shelf.stocks[items], scores, notes)
    return ranked_lists(
        setting, sources, ranking, shelf.top_categories,
        origin="mined:clearance", reason="on clearance: {note}",
    )  # fmt: skip


def flagged(shelf: Shelf, flag: str | None) -> Bools:
    """Return whether an attribute of each item has any value but no, 0 or false."""
    column = shelf.attributes.get(flag) if flag else None
    if column is None:
        return np.zeros(len(shelf), np.bool_)
    is_marked = [text.strip().lower() not in _NOT_FLAGGED for text in column.texts]
    return np.array([*is_marked, False], np.bool_)[column.codes]


def ranked_lists(
    setting: Setting,
    sources: Sources,
    ranking: Ranking,
    labels: Labels,
    *,
    origin: str,
    reason: str,
) -> CandidateLists:
    """Return the best of a ranking for every page; pages of one group share them.

    Args:
        setting: Limits the rows of a group.
        sources: For items a group is a label; categories are groups, with all that lies under
            them; to segments the whole shop is one group.
        ranking: The items, the best first.
        labels: Label of each item.
        origin: Published as the source of a row.
        reason: Sentence about a row.
    """
    most = setting.options.max_candidates
    if sources.kind == "item":
        members = members_of(labels.codes[ranking.items], len(labels.texts), most)
    elif sources.kind == "category":
        rows, groups = rows_under(setting.shelf, ranking.items, sources.ids)
        members = best_members(rows, groups, len(sources), most)
    else:
        whole = np.zeros(len(ranking.items), np.int64)
        members = members_of(whole, 1, most)
    starts, ends = page_ranges(members, sources, labels.codes)
    return CandidateLists(origin, starts, ends, _pool(ranking, members.rows), reason)


def _best_of_segments(setting: Setting, sources: Sources, days: int) -> CandidateLists:
    sold = read_popularity(setting, sources.ids)
    sold = sold.taken(sold.order_counts > 0)
    members = members_of(sold.audiences, len(sources), setting.options.max_candidates)
    ranking = Ranking(sold.items, sold.order_counts, sold.order_counts.astype(np.float64))
    reason = f"what customers of the page's segment buy most: {{n}} orders in {days} days"
    pool = _pool(ranking, members.rows)
    return CandidateLists(
        "mined:best_in_category", members.starts, members.ends, pool, reason
    )  # fmt: skip


def _pool(ranking: Ranking, rows: Int64s) -> Pool:
    notes = None if ranking.notes is None else ranking.notes.take(pa.array(rows))
    return pool_of(
        ranking.items[rows],
        counts=ranking.counts[rows],
        scores=ranking.scores[rows],
        notes=notes,
    )


def _cover(shelf: Shelf, sold: Popularity) -> tuple[Int64s, Int64s]:
    """Return stock times days, and the units sold in these days, both in ten-thousandths."""
    quantities = np.zeros(len(shelf), np.int64)
    quantities[sold.items] = sold.quantities
    quantities[quantities <= 0] = QUANTITY_UNIT
    days = int(sold.day_counts.max(initial=0))
    return np.maximum(shelf.stocks, 0) * days * QUANTITY_UNIT, quantities


def _clearance_notes(days: Int64s, is_slow: Bools, is_flagged: Bools) -> pa.Array:
    """Return why each item is on clearance."""
    marked = "marked in the catalogue"
    lasts = pc.binary_join_element_wise(
        "at the pace of its sales the stock lasts ", pa.array(days).cast(pa.string()), " days", ""
    )
    both = pc.binary_join_element_wise(marked, lasts, "; ")
    slow = pc.if_else(pa.array(is_flagged), both, lasts)
    return pc.if_else(pa.array(is_slow), slow, marked)
