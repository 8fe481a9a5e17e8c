"""From lists of candidates to what each page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.config.serving_options import Caps
from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.serving.lists import MANUAL, CandidateLists, Sources
from pipeline.serving.shelf import Shelf
from pipeline.serving.traits import Traits

EMPTY = -1
_NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Group:
    """Neighbouring slots of a page that one relation type fills.

    Attributes:
        relation: The relation type.
        slot_count: How many items are shown.
        traits: What may be shown beside the source.
        lists: Candidates, the best list first.
    """

    relation: str
    slot_count: int
    traits: Traits
    lists: list[CandidateLists]


@dataclass(frozen=True)
class Stock:
    """What stands against items, wherever they are to be shown.

    Attributes:
        hidden: Verdict of each item (see `kernels/slot_filling.py`), 0 where it may be shown.
        substitute_offsets: First substitute of each item, and one more.
        substitutes: Items that replace it.
    """

    hidden: Int64s
    substitute_offsets: Int64s
    substitutes: Int32s

    @property
    def is_eligible(self) -> Bools:
        """Whether nothing stands against an item everywhere."""
        return np.asarray(self.hidden == 0)


@dataclass(frozen=True)
class Filled:
    """What pages show.

    Attributes:
        pages: Source, item (NONE where it is none) and audience of each page.
        rows: Row of the pool of its list in each slot of each page, EMPTY behind the last of a
            group of slots.
        origins: List that it is from, counted over all groups.
    """

    pages: Int64s
    rows: Int64s
    origins: Int64s


class Merger:
    """Merges the lists of candidates of a placement into what its pages show.

    Args:
        groups: Groups of slots, from the first slot on.
        sources: The pages' sources.
        audiences: EVERYONE, then the customer segments.
        shelf: The items.
        stock: What may be shown.
        caps: How often one page, or all of them, may show the like.
    """

    def __init__(
        self, groups: Sequence[Group], sources: Sources, audiences: Sequence[str], *,
        shelf: Shelf, stock: Stock, caps: Caps,
    ) -> None:  # fmt: skip
        self.groups = list(groups)
        self.lists = [one for group in groups for one in group.lists]
        self.list_groups = [at for at, group in enumerate(groups) for _ in group.lists]
        self._caps = np.array(
            [one or 0 for one in (caps.per_category, caps.per_brand, caps.per_target)], np.int64
        )
        self._pool_starts, pools = _pools(self.lists)
        self.source_count = width = len(sources)
        self._starts = _stacked([one.starts for one in self.lists], self._pool_starts, width)
        self._ends = _stacked([one.ends for one in self.lists], self._pool_starts, width)
        self._is_for = _is_for(self.lists, audiences)
        self.slots = np.cumsum([0, *(group.slot_count for group in groups)], dtype=np.int64)
        self.pages = self._pages(sources, audiences)
        self._offers: list[Any] = [
            np.concatenate([np.zeros(0, np.int32), *(pool.targets for pool in pools)]),
            np.concatenate([np.zeros(0, np.int32), *(pool.positions for pool in pools)]),
            *(self._starts, self._ends, self._is_for),
            np.array([one.most for one in self.lists], np.int64),
            np.array([one.origin == MANUAL for one in self.lists], np.bool_),
            np.cumsum([0, *(len(group.lists) for group in groups)], dtype=np.int64),
            *(self.slots, _flags(groups)),
        ]
        self._items: list[Any] = [
            *(stock.hidden.astype(np.int8), shelf.products.codes),
            *(shelf.categories.codes, shelf.brands.codes),
            *(stock.substitute_offsets, stock.substitutes),
        ]

    def fill(self) -> Filled:
        """Return what every page shows; earlier pages choose first where a cap spans all."""
        return self._filled(0, len(self.pages), np.zeros(len(self._items[0]), np.int64))

    def audience_of(self, source: int, audience: int) -> int:
        """Return the audience whose page of a source somebody sees: their own, or everyone's."""
        of_source = self.pages[self.pages[:, 0] == source, 2].tolist()
        return audience if audience in of_source else int(of_source[0])

    def verdicts(self, source: int, audience: int) -> tuple[Filled, list[Int64s]]:
        """Return what one page shows, and what became of each candidate of each list.

        Args:
            source: Number of the page's source.
            audience: Number of its audience.
        """
        is_page = (self.pages[:, 0] == source) & (self.pages[:, 2] == audience)
        page = int(np.flatnonzero(is_page)[0])
        uses = np.zeros(len(self._items[0]), np.int64)
        if self._caps[2]:  # earlier pages have used up some items
            self._filled(0, page, uses)
        bounds = np.cumsum([0, *(self._ends - self._starts)[:, source]], dtype=np.int64)
        verdicts = np.full(bounds[-1], EMPTY, np.int64)
        filled = self._filled(page, page + 1, uses, verdicts=verdicts, verdict_starts=bounds)
        return filled, np.split(verdicts, bounds[1:-1])

    def _filled(
        self, begin: int, end: int, uses: Int64s, *, verdicts: Int64s = _NOTHING,
        verdict_starts: Int64s = _NOTHING,
    ) -> Filled:  # fmt: skip
        from pipeline.mining.kernels.slot_filling import fill_slots

        pages = self.pages[begin:end]
        rows = np.full((len(pages), int(self.slots[-1])), EMPTY, np.int64)
        origins = rows.copy()
        page_arrays = [pages, self._caps, uses, rows, origins, verdicts, verdict_starts]
        room = [np.empty(int(self.slots[-1]), np.int32), np.full(len(uses), EMPTY, np.int64)]
        fill_slots(*[*self._offers, *self._items, *page_arrays, *room])
        is_shown = rows != EMPTY
        rows[is_shown] -= self._pool_starts[origins[is_shown]]
        return Filled(pages, rows, origins)

    def _pages(self, sources: Sources, audiences: Sequence[str]) -> Int64s:
        """Return a page for every source, and one for a segment where a list is for it alone.

        The home page of a segment is for that segment.
        """
        every = np.arange(len(sources))
        if sources.kind == "segment":
            own = np.array([audiences.index(one) for one in sources.ids], np.int64)
            return np.stack([every, sources.items, own], axis=1).astype(np.int64)
        is_special = [not all(row) for row in self._is_for]
        has_rows = (self._ends > self._starts)[is_special]
        wanted = self._is_for[is_special].T.astype(np.int64) @ has_rows.astype(np.int64) > 0
        wanted[0] = True
        source, audience = np.nonzero(wanted.T)
        return np.stack([source, sources.items[source], audience], axis=1).astype(np.int64)


def _pools(lists: Sequence[CandidateLists]) -> tuple[Int64s, list[Any]]:
    """Return where the pool of each list begins among all pools, and these, each once."""
    pools = list({id(one.pool): one.pool for one in lists}.values())
    begins = dict(zip(map(id, pools), np.cumsum([0, *map(len, pools)]).tolist(), strict=False))
    return np.array([begins[id(one.pool)] for one in lists], np.int64), pools


def _stacked(rows: Sequence[Int64s], pool_starts: Int64s, width: int) -> Int64s:
    """Return ranges as rows of all pools, one line a list."""
    if not rows:
        return np.zeros((0, width), np.int64)
    return np.stack(rows).astype(np.int64) + pool_starts[:, None]


def _is_for(lists: Sequence[CandidateLists], audiences: Sequence[str]) -> Bools:
    """Return whether each list is for each audience."""
    rows = [[not one.segments or name in one.segments for name in audiences] for one in lists]
    return np.array(rows, np.bool_).reshape(-1, len(audiences))


def _flags(groups: Sequence[Group]) -> Bools:
    rows = [
        (one.traits.is_cross_sell, one.traits.other_category, one.traits.is_alternative)
        for one in groups
    ]
    return np.array(rows, np.bool_).reshape(-1, 3)
