"""What all pages of a placement would show, in figures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.mining.baskets import Int32s
from pipeline.serving.recommendations import Filling, fill_placements
from pipeline.serving.setting import Setting


@dataclass(frozen=True)
class Coverage:
    """What the pages of a placement show, in figures.

    Attributes:
        placement: The placement.
        page_count: Its pages.
        full_count: Pages with an item in every slot.
        partial_count: Pages with some empty slots.
        empty_count: Pages with nothing to show.
        row_count: Rows of all pages.
        origins: Rows by where they are from.
        most_shown: Items on most pages, with their numbers of pages.
    """

    placement: str
    page_count: int
    full_count: int
    partial_count: int
    empty_count: int
    row_count: int
    origins: dict[str, int]
    most_shown: list[tuple[str, str, int]]


def preview(setting: Setting, top: int) -> list[Coverage]:
    """Return what every placement would show.

    Args:
        setting: The shop as it stands.
        top: How many of the items that are shown most are listed.
    """
    return list(_coverages(setting, fill_placements(setting), top))


def _coverages(setting: Setting, filling: Filling, top: int) -> Iterator[Coverage]:
    wanted = {
        one.name: sum(slots.count for slots in one.slots) for one in setting.options.placements
    }
    for table in filling.pages:
        full = int((table.sizes == wanted[table.name]).sum())
        empty = int((table.sizes == 0).sum())
        counts = np.bincount(table.lists, minlength=len(table.origins)).tolist()
        origins: Counter[str] = Counter()
        for origin, count in zip(table.origins, counts, strict=True):
            origins[origin] += count
        yield Coverage(
            placement=table.name,
            page_count=len(table.pages),
            full_count=full,
            partial_count=len(table.pages) - full - empty,
            empty_count=empty,
            row_count=table.row_count,
            origins=dict(sorted((+origins).items(), key=lambda one: (-one[1], one[0]))),
            most_shown=_most_shown(setting, table.evidence.targets, top),
        )


def _most_shown(setting: Setting, targets: Int32s, top: int) -> list[tuple[str, str, int]]:
    counts = np.bincount(targets, minlength=len(setting.shelf))
    best = np.lexsort((np.arange(len(counts)), -counts))[:top]
    ids, names = setting.shelf.item_ids, setting.shelf.names
    return [(ids[at], names[at], int(counts[at])) for at in best.tolist() if counts[at]]
