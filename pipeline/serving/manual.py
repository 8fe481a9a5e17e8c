"""Manual picks: what people want to be shown beside an item, in a category, on the home page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from pipeline.mining.baskets import Int64s
from pipeline.serving.lists import MANUAL, CandidateLists, Sources, pool_of
from pipeline.serving.manual_rows import ANY_POSITION, Manual, Pick


def manual_lists(manual: Manual, sources: Sources, relation: str) -> CandidateLists | None:
    """Return the manual rows of one relation type for each page; None where there are none.

    The rows of an item come before those of its categories, narrower categories before wider
    ones, then the order of the file counts. Of an item that is picked twice the first row
    counts; of a position that is asked for twice the first row has it, the other takes any slot.

    Args:
        manual: The rows that count today.
        sources: The pages: those of items and categories have the rows of the categories that
            they lie in too; those of segments have the rows without item and category.
        relation: The relation type.
    """
    lists: list[list[Pick]] = [[]]
    of_source = _numbers_of_lists(manual, sources, relation, lists)
    rows = [pick for picks in lists for pick in picks]
    if not rows or not len(sources):
        return None
    ends = np.cumsum([len(picks) for picks in lists], dtype=np.int64)
    pool = pool_of(
        np.array([pick.target for pick in rows], np.int32),
        positions=np.array([pick.position for pick in rows], np.int32),
        notes=pa.array([f": {pick.note}" if pick.note else "" for pick in rows], pa.string()),
    )
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    return CandidateLists(MANUAL, starts[of_source], ends[of_source], pool, "picked by hand{note}")


def _numbers_of_lists(
    manual: Manual, sources: Sources, relation: str, lists: list[list[Pick]]
) -> Int64s:
    """Return the number of each page's list, and append the lists."""
    if sources.kind == "segment":
        home = _append(lists, manual.of(relation, "home", ""))
        return np.full(len(sources), home, np.int64)
    if sources.kind == "category":
        found = [_append(lists, manual.of_category(relation, path)) for path in sources.ids]
        return np.array(found, np.int64)
    shelf = manual.shelf
    paths = shelf.categories.texts
    of_leaves = [_append(lists, manual.of_category(relation, path)) for path in paths]
    of_items = np.array([*of_leaves, 0], np.int64)[shelf.categories.codes]
    for place, own in manual.picks.items():
        if place[:2] == (relation, "item"):
            number = shelf.numbers[place[2]]
            leaf = shelf.categories.codes[number]
            wider = manual.of_category(relation, paths[leaf]) if leaf >= 0 else []
            of_items[number] = _append(lists, [*own, *wider])
    return np.asarray(of_items[sources.items])


def _append(lists: list[list[Pick]], picks: Sequence[Pick]) -> int:
    """Append a list, unless it is empty like the first one; return its number."""
    if not picks:
        return 0
    lists.append(list(_merged(picks)))
    return len(lists) - 1


def _merged(picks: Iterable[Pick]) -> Iterator[Pick]:
    targets: set[int] = set()
    positions: set[int] = set()
    for pick in picks:
        if pick.target in targets:
            continue
        is_taken = pick.position in positions
        targets.add(pick.target)
        positions |= {pick.position} - {ANY_POSITION}
        yield replace(pick, position=ANY_POSITION) if is_taken else pick
