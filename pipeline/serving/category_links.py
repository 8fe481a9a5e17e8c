"""What goes with a category: fallback for items that no table links with others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.mining.baskets import Floats, Int32s, Int64s
from pipeline.serving.evidence import ranges_by, read_pairs
from pipeline.serving.groups import levels_of, members_of
from pipeline.serving.lists import CandidateLists, Sources, pool_of, ranges_of
from pipeline.serving.popular_lists import Ranking
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Labels, labels

MOST_CATEGORIES = 20
"""Categories that go with one, where they come from pairs of items."""
_OF_CATEGORIES = """
select source_item_id, target_item_id, rank, source_count, confidence
from also_bought_category
order by source_item_id asc nulls last, rank asc nulls last
"""
_BOUGHT_TOGETHER = "select source_item_id, target_item_id, joint_count from also_bought"
_REASON = "popular in {note}, a category that goes with this one"


@dataclass(frozen=True)
class CategoryLinks:
    """Categories that go with each other; the best of a category first.

    Attributes:
        paths: Category paths, ascending.
        sources: Number of the source category.
        targets: Number of the category that goes with it.
        counts: What the evidence rests on.
        shares: Share of that which holds the target category too.
    """

    paths: list[str]
    sources: Int64s
    targets: Int64s
    counts: Int64s
    shares: Floats


def category_association(setting: Setting, sources: Sources, ranking: Ranking) -> CandidateLists:
    """Return what sells best in the categories that go with each source's.

    The score of an item is the share of its category times its share of the orders of that
    category's items: how likely the next item is this one, had it to be of such a category.

    Args:
        setting: Holds `also_bought_category` or `also_bought`.
        sources: Items or categories.
        ranking: The items that sell, the best first, with their orders.
    """
    links = category_links(setting)
    most = setting.options.max_candidates
    paths = _nearest(setting.shelf.categories, links.paths)[ranking.items]
    orders = np.zeros(len(links.paths) + 1, np.int64)  # the last is for items without a category
    np.add.at(orders, paths, ranking.counts)
    best = members_of(paths, len(links.paths), most)
    sizes = (best.ends - best.starts)[links.targets]
    of_links = np.repeat(np.arange(len(links.sources)), sizes)
    within = np.arange(len(of_links)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    shown = best.rows[best.starts[links.targets][of_links] + within]
    sold = ranking.counts[shown] / np.maximum(orders[links.targets][of_links], 1)
    scores = links.shares[of_links] * sold
    groups = links.sources[of_links]
    order = np.lexsort((shown, of_links, -scores, groups))
    starts, _ = ranges_of(groups[order], len(links.paths))
    order = order[np.arange(len(order)) - starts[groups[order]] < most]
    kept = of_links[order]
    pool = pool_of(
        ranking.items[shown[order]], counts=links.counts[kept], shares=links.shares[kept],
        scores=scores[order],
        notes=pa.array(links.paths, pa.string()).take(pa.array(links.targets[kept])),
    )  # fmt: skip
    of_sources = _links_of(setting, sources, links)
    starts, ends = ranges_of(groups[order], len(links.paths))
    ranges = ranges_by(of_sources, starts, ends)
    return CandidateLists("fallback:category_association", *ranges, pool, _REASON)


def category_links(setting: Setting) -> CategoryLinks:
    """Return the categories that go with each other.

    From `also_bought_category` where it has rows; else leaf categories by the baskets of the pairs
    of `also_bought` between them, added up, the MOST_CATEGORIES best of each. In a shop whose
    categories are all bought together no two of them stand out, but pairs of items do.
    """
    has_categories = "also_bought_category" in setting.given
    if has_categories and ("also_bought" not in setting.given or _has_rows(setting)):
        return _published(setting)
    return _added_up(setting)


def _has_rows(setting: Setting) -> bool:
    return setting.engine.count("also_bought_category") > 0


def _published(setting: Setting) -> CategoryLinks:
    batches = list(setting.engine.batches(_OF_CATEGORIES))
    names = ("source_item_id", "target_item_id")
    ids = [pa.chunked_array([batch[name] for batch in batches], pa.string()) for name in names]
    known = labels(pa.chunked_array([*ids[0].chunks, *ids[1].chunks], pa.string()))
    counts, shares = (
        np.concatenate([np.zeros(0), *(batch[name].to_numpy() for batch in batches)])
        for name in ("source_count", "confidence")
    )
    sources, targets = np.split(known.codes.astype(np.int64), 2)
    return CategoryLinks(known.texts, sources, targets, counts.astype(np.int64), shares)


def _added_up(setting: Setting) -> CategoryLinks:
    """Return the leaf categories with pairs between them, and their share of all such baskets."""
    categories = setting.shelf.categories
    left, right, (baskets,) = read_pairs(setting, _BOUGHT_TOGETHER, ["joint_count"])
    source, target = categories.codes[left], categories.codes[right]
    is_link = (source != target) & (source != NONE) & (target != NONE)
    keys = source[is_link].astype(np.int64) << 32 | target[is_link]
    links, places = np.unique(keys, return_inverse=True)
    joint = np.zeros(len(links), np.int64)
    np.add.at(joint, places, baskets[is_link].astype(np.int64))
    sources, targets = links >> 32, links & (2**32 - 1)
    totals = np.zeros(len(categories.texts), np.int64)
    np.add.at(totals, sources, joint)
    order = np.lexsort((targets, -joint, sources))
    starts, _ = ranges_of(sources, len(categories.texts))
    order = order[np.arange(len(order)) - starts[sources] < MOST_CATEGORIES]
    sources, joint = sources[order], joint[order]
    counts = totals[sources]
    shares = np.asarray(joint / counts)
    return CategoryLinks(categories.texts, sources, targets[order], counts, shares)


def _nearest(categories: Labels, paths: Sequence[str]) -> Int32s:
    """Return for each item the number of its category's path, or of the nearest one above."""
    numbers = {path: number for number, path in enumerate(paths)}
    of_leaves = [nearest_path(text, numbers) for text in categories.texts]
    return np.array([*of_leaves, NONE], np.int32)[categories.codes]


def nearest_path(path: str, numbers: Mapping[str, int]) -> int:
    """Return the number of a category path, or of the nearest one above it that has one.

    Example:
        >>> nearest_path("Home > Kitchen > Pans", {"Home": 0, "Home > Kitchen": 1})
        1
    """
    found = [numbers[level] for level in levels_of(path) if level in numbers]
    return found[-1] if found else NONE


def _links_of(setting: Setting, sources: Sources, links: CategoryLinks) -> Int32s:
    """Return the number of each source's category, as `_nearest`."""
    if sources.kind == "category":
        numbers = {path: number for number, path in enumerate(links.paths)}
        return np.array([nearest_path(path, numbers) for path in sources.ids], np.int32)
    of_items = _nearest(setting.shelf.categories, links.paths)
    return np.append(of_items, np.int32(NONE))[sources.items]
