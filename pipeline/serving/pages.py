"""The pages of a placement: one per item, category or customer segment."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from pipeline.config.serving_options import EVERYONE, Page
from pipeline.mining.item_groups import LEVELS
from pipeline.serving.lists import Sources
from pipeline.serving.shelf import NONE, Shelf


def kind_of(page: Page) -> str:
    """Return what a page is about: `item`, `category` or `segment`."""
    return {"home": "segment", "category": "category"}.get(page, "item")


def sources_of(page: Page, shelf: Shelf, segments: Sequence[str]) -> Sources:
    """Return the pages of a placement.

    Args:
        page: Kind of page.
        shelf: The items; those that the catalogue does not name have no page.
        segments: Customer segments, without EVERYONE.
    """
    if page == "home":
        return _sources("segment", [EVERYONE, *segments])
    if page == "category":
        return _sources("category", category_paths(shelf))
    return item_sources(shelf, np.flatnonzero(shelf.is_listed))


def item_sources(shelf: Shelf, numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Sources:
    """Return the pages of some items, by their numbers."""
    ids = [shelf.item_ids[number] for number in numbers.tolist()]
    return Sources("item", ids, numbers.astype(np.int32))


def category_paths(shelf: Shelf) -> list[str]:
    """Return the paths of every level that have a listed item below, ascending."""
    listed = np.unique(shelf.categories.codes[shelf.is_listed])
    leaves = [shelf.categories.texts[code] for code in listed.tolist() if code != NONE]
    levels = (
        accumulate(leaf.split(LEVELS), lambda one, two: one + LEVELS + two) for leaf in leaves
    )
    return sorted({path for paths in levels for path in paths})


def _sources(kind: str, ids: list[str]) -> Sources:
    return Sources(kind, ids, np.full(len(ids), NONE, np.int32))
