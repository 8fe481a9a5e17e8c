"""Which sets of items may be sold as one, and of what kind each is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Bools, Int32s, Int64s, to_offsets
from pipeline.serving.accessory import FILE as ACCESSORIES
from pipeline.serving.accessory import linked_rows, read_links
from pipeline.serving.evidence import Evidence, no_pairs
from pipeline.serving.scene import FILE as SCENES
from pipeline.serving.scene import read_scenes
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Shelf

KINDS: Final = ("accessory", "scene", "consumable", "upgrade", "together")
"""The rows of the decision table: the first that fits says the kind."""
_SETS: Final = "select distinct set_id, items from frequently_bought_together order by set_id asc"
_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True)
class Sets:
    """Sets of items in compressed rows: set `s` is `items[offsets[s]:offsets[s + 1]]`.

    Attributes:
        items: Numbers of the items on the shelf, ascending by id inside a set.
        offsets: Start of each set, and the end of the last.
        is_mined: Whether the set is one of `frequently_bought_together`; else it is a pair of
            `also_bought` that the file of accessories links.
    """

    items: Int32s
    offsets: Int64s
    is_mined: Bools

    def __len__(self) -> int:
        """Return the number of sets."""
        return len(self.is_mined)

    @property
    def sizes(self) -> Int64s:
        """Number of items of each set."""
        return np.asarray(np.diff(self.offsets))

    @property
    def rows(self) -> Int64s:
        """Set of each of the items."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def ids(self, shelf: Shelf) -> list[list[str]]:
        """Return the item ids of each set, ascending."""
        texts = [shelf.item_ids[number] for number in self.items.tolist()]
        bounds = self.offsets.tolist()
        return [texts[start:end] for start, end in pairwise(bounds)]

    def all_of(self, holds: Bools) -> Bools:
        """Return whether something holds for every item of each set."""
        misses = np.bincount(self.rows, ~holds, len(self))
        return np.asarray(misses == 0)

    def mains(self, shelf: Shelf, is_hub: Bools) -> Int32s:
        """Return the main item of each set: a hub where there is one, then the dearest.

        Of several equal ones it is the best-selling.

        Args:
            shelf: Knows prices; an item without one is the cheapest.
            is_hub: Whether each of the items has all others of its set as accessories.
        """
        prices = np.nan_to_num(shelf.prices, nan=-1.0)[self.items]
        order = np.lexsort((self.items, -prices, ~is_hub, self.rows))
        return np.asarray(self.items[order][self.offsets[:-1]])


def read_sets(setting: Setting) -> Sets:
    """Return the sets that are bought together, and pairs of an item and its accessory."""
    found = _mined(setting)
    pairs = _accessory_pairs(setting)
    both = np.stack([pairs.sources, pairs.targets], axis=1)
    known = {tuple(sorted(one)) for one in _groups(found)}
    distinct = {tuple(sorted(one)) for one in both.tolist()} - known
    ids = setting.shelf.item_ids
    further = sorted(sorted(one, key=ids.__getitem__) for one in distinct)
    groups = [*_groups(found), *further]
    is_mined = np.arange(len(groups)) < len(found)
    return _sets(groups, is_mined)


def bundle_id(ids: Sequence[str]) -> str:
    """Return the stable id of a bundle: the same items have it in every run."""
    text = _SEPARATOR.join(["bundles", *ids])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]


def hubs_of(setting: Setting, sets: Sets) -> Bools:
    """Return whether each item of the sets has all others of its set as accessories by the file."""
    is_hub = np.zeros(len(sets.items), np.bool_)
    if ACCESSORIES not in setting.files:
        return is_hub
    sizes = sets.sizes[sets.rows]
    left = np.repeat(np.arange(len(sets.items)), sizes)
    firsts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    right = np.repeat(sets.offsets[sets.rows], sizes) + np.arange(len(left)) - firsts
    sources, targets, is_linked = sets.items[left], sets.items[right], left == right
    for link in read_links(setting):
        is_source = link.is_source[setting.shelf.categories.codes[sources]]
        is_linked |= is_source & link.fits(setting.shelf, sources, targets)
    return np.asarray(np.bincount(left, ~is_linked, len(is_hub)) == 0)


def kinds_of(setting: Setting, sets: Sets, mains: Int32s, is_hub: Bools) -> Int32s:
    """Return the place in `KINDS` of each set's kind.

    Args:
        setting: Has the files; holds `repurchase_cycle` where there is one.
        sets: The sets.
        mains: Main item of each set.
        is_hub: See `hubs_of`.
    """
    shelf, is_main = setting.shelf, sets.items == mains[sets.rows]
    fits = [
        sets.all_of(~is_main | is_hub),
        _shares_a_scene(setting, sets),
        sets.all_of(is_main | _is_consumable(setting, sets, mains)),
        _is_upgrade(shelf, sets, mains),
        np.ones(len(sets), np.bool_),
    ]
    return np.asarray(np.argmax(np.stack(fits), axis=0), np.int32)


def _mined(setting: Setting) -> Sets:
    if "frequently_bought_together" not in setting.given:
        return _sets([], np.zeros(0, np.bool_))
    batches = list(setting.engine.batches(_SETS))
    lists = pa.chunked_array([batch["items"] for batch in batches], pa.list_(pa.string()))
    numbers = setting.shelf.numbers_of(pc.list_flatten(lists))
    sizes = pc.list_value_length(lists).to_numpy()
    return Sets(numbers, to_offsets(sizes), np.ones(len(sizes), np.bool_))


def _groups(sets: Sets) -> list[list[int]]:
    bounds, items = sets.offsets.tolist(), sets.items.tolist()
    return [items[start:end] for start, end in pairwise(bounds)]


def _sets(groups: Sequence[Sequence[int]], is_mined: Bools) -> Sets:
    items = np.array([item for group in groups for item in group], np.int32)
    return Sets(items, to_offsets(np.array([len(group) for group in groups], np.int64)), is_mined)


def _accessory_pairs(setting: Setting) -> Evidence:
    if ACCESSORIES not in setting.files:
        return no_pairs()
    return linked_rows(setting, read_links(setting))


def _shares_a_scene(setting: Setting, sets: Sets) -> Bools:
    found = np.zeros(len(sets), np.bool_)
    if SCENES in setting.files:
        for members in read_scenes(setting)[1]:
            found |= sets.all_of(members[sets.items])
    return found


def _is_consumable(setting: Setting, sets: Sets, mains: Int32s) -> Bools:
    """Return whether each of the items is bought again and again, and no alternative to the main.

    Of the main item's leaf category it may be one.
    """
    found, leaves = np.zeros(len(setting.shelf), np.bool_), setting.shelf.categories.codes
    if "repurchase_cycle" in setting.given:
        numbers = setting.shelf.numbers_of(setting.engine.fetch("repurchase_cycle")["item_id"])
        found[numbers[numbers != NONE]] = True
    return np.asarray(found[sets.items] & (leaves[sets.items] != leaves[mains][sets.rows]))


def _is_upgrade(shelf: Shelf, sets: Sets, mains: Int32s) -> Bools:
    """Return whether all items are of one leaf category, and the main one is the dearest alone."""
    leaves, rows = shelf.categories.codes, sets.rows
    main_leaves, prices = leaves[mains][rows], shelf.prices
    is_alike = (leaves[sets.items] == main_leaves) & (main_leaves != NONE)
    is_cheaper = (sets.items == mains[rows]) | (prices[sets.items] < prices[mains][rows])
    return sets.all_of(is_alike & is_cheaper)
