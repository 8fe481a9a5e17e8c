"""Lists that many pages share: the best items of a category, of a brand, of the shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s, order_of
from pipeline.mining.item_groups import LEVELS
from pipeline.serving.evidence import ranges_by
from pipeline.serving.lists import Sources, ranges_of
from pipeline.serving.shelf import NONE, Labels, Shelf


@dataclass(frozen=True)
class Members:
    """Which rows of a ranking belong to which group.

    Attributes:
        rows: Rows of the ranking, ascending within each group.
        groups: Group of each of them, ascending.
        starts: Where each group starts in `rows`.
        ends: Where it ends.
    """

    rows: Int64s
    groups: Int64s
    starts: Int64s
    ends: Int64s

    def rows_of(self, groups: Int64s) -> Int64s:
        """Return the rows of some groups."""
        spans = zip(self.starts[groups].tolist(), self.ends[groups].tolist(), strict=True)
        return np.concatenate([self.rows[:0], *(self.rows[start:end] for start, end in spans)])


def members_of(groups: Int32s | Int64s, group_count: int, most: int) -> Members:
    """Return the best rows of each group.

    Args:
        groups: Group of each row of a ranking, the best row first; NONE where it has none.
        group_count: Number of groups.
        most: Rows kept of each group.
    """
    return best_members(np.arange(len(groups)), groups, group_count, most)


def best_members(rows: Int64s, groups: Int32s | Int64s, group_count: int, most: int) -> Members:
    """Return the best rows of each group, where a row may stand in several.

    Args:
        rows: Rows of a ranking, ascending within each group.
        groups: Group of each of them; NONE where it has none.
        group_count: Number of groups.
        most: Rows kept of each group.
    """
    held = np.flatnonzero(groups != NONE)
    held = held[order_of(groups[held].astype(np.int32))]
    ordered = groups[held].astype(np.int64)
    starts, _ = ranges_of(ordered, group_count)
    is_kept = np.arange(len(held)) - starts[ordered] < most
    kept = ordered[is_kept]
    return Members(rows[held[is_kept]], kept, *ranges_of(kept, group_count))


def page_ranges(members: Members, sources: Sources, of_items: Int32s) -> tuple[Int64s, Int64s]:
    """Return the range of each page: that of its item's group, of its category, or of the shop.

    Args:
        members: Groups of items for items; one for each category; one alone for segments.
        sources: The pages.
        of_items: Group of each item.
    """
    if sources.kind == "category":
        return members.starts, members.ends
    groups = np.append(of_items, np.int32(NONE))[sources.items]
    if sources.kind == "segment":
        groups = np.zeros(len(sources), np.int32)
    return ranges_by(groups, members.starts, members.ends)


def rows_under(shelf: Shelf, items: Int32s, paths: Sequence[str]) -> tuple[Int64s, Int64s]:
    """Return the rows of items, and the path that each lies at or under: a row for each such pair.

    Args:
        shelf: Knows the categories.
        items: Numbers of items; rows of the same path stay in their order.
        paths: Category paths of any level.
    """
    leaves, of_paths = leaves_under(shelf.categories, paths)
    starts, ends = ranges_of(leaves, len(shelf.categories.texts))
    first, last = ranges_by(shelf.categories.codes[items], starts, ends)
    sizes = last - first
    rows = np.repeat(np.arange(len(items)), sizes)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rows, of_paths[first[rows] + within]


def leaves_under(categories: Labels, paths: Sequence[str]) -> tuple[Int64s, Int64s]:
    """Return the leaf categories and the paths that they lie at or under, by leaf category."""
    numbers = {path: number for number, path in enumerate(paths)}
    found = [
        (leaf, numbers[path])
        for leaf, text in enumerate(categories.texts)
        for path in levels_of(text)
        if path in numbers
    ]
    pairs = np.array(found, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def levels_of(path: str) -> list[str]:
    """Return a category path and those above it, the widest first.

    Example:
        >>> levels_of("Home > Kitchen > Pans")
        ['Home', 'Home > Kitchen', 'Home > Kitchen > Pans']
    """
    return list(accumulate(path.split(LEVELS), lambda upper, name: upper + LEVELS + name))
