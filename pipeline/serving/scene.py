"""Items that belong to a scene of the source: by a file of scenes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.io.hand_files import read_hand_file
from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.serving.accessory import leaves_at
from pipeline.serving.evidence import ranges_by
from pipeline.serving.lists import CandidateLists, Sources, pool_of, ranges_of
from pipeline.serving.popularity import preferred_items
from pipeline.serving.remarked import remark
from pipeline.serving.remarks import near_hint
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE

FILE: Final = "scenes"


def scene(setting: Setting, sources: Sources) -> CandidateLists:
    """Return the items that share a scene with each item, of another leaf category.

    What sells best stands first, whatever its scene; the reason names the scene, the first in the
    file where both are in several. The score falls from 1 by place in the list of all items.

    Args:
        setting: Has the file.
        sources: Items.
    """
    shelf, names, held = setting.shelf, *read_scenes(setting)
    preferred = preferred_items(setting)
    classes, keys = _classes(shelf.categories.codes, held)
    by_preference = [np.flatnonzero(one[preferred]) for one in held]
    lists = [
        _class_list(int(key[0]), key[1:], by_preference, shelf.categories.codes[preferred])
        for key in keys
    ]
    most = setting.options.max_candidates
    places = [one[:most] for one, _ in lists]
    scenes = [one[:most] for _, one in lists]
    groups = np.repeat(np.arange(len(lists)), [len(one) for one in places])
    place = np.concatenate([np.zeros(0, np.int64), *places])
    notes = pa.array([names[number] for one in scenes for number in one.tolist()], pa.string())
    pool = pool_of(preferred[place], scores=1 / (1 + place), notes=notes)
    starts, ends = ranges_by(classes, *ranges_of(groups, len(lists)))
    return CandidateLists(
        "mined:scene", *ranges_by(sources.items, starts, ends), pool, "for the scene {note}"
    )  # fmt: skip


def read_scenes(setting: Setting) -> tuple[list[str], list[Bools]]:
    """Return the scenes in the order of the file, and which items each holds."""
    shelf = setting.shelf
    held: dict[str, Bools] = {}
    for row in read_hand_file(setting.files[FILE], ["scene"], ["item_id", "category"]):
        item, category = row["item_id"], row["category"]
        if bool(item) == bool(category):
            message = "name an item_id or a category, one of them; the line is left out"
            remark(setting, FILE, row.line, kind="unclear_member", message=message)
            continue
        members = held.setdefault(row["scene"], np.zeros(len(shelf), np.bool_))
        if category:
            is_under = leaves_at(shelf.categories, category)[shelf.categories.codes]
            members |= is_under
            if not is_under.any():
                hint = near_hint(category, shelf.categories.texts)
                message = f"no item is under {category!r}{hint}; the line does nothing"
                remark(setting, FILE, row.line, kind="unknown_category", message=message)
        elif item in shelf.numbers:
            members[shelf.numbers[item]] = True
        else:
            message = f"item {item!r} is not known; the line does nothing"
            remark(setting, FILE, row.line, kind="unknown_item", message=message)
    return list(held), list(held.values())


def _classes(leaves: Int32s, held: Sequence[Bools]) -> tuple[Int32s, Int64s]:
    """Return the class of each item, NONE in no scene, and the classes.

    Items of one leaf category that are in the same scenes have one class.

    Returns:
        The class of each item; a row per class: its leaf category, then 1 for each of its scenes.
    """
    in_any = np.flatnonzero(np.any([np.zeros(len(leaves), np.bool_), *held], axis=0))
    columns = [leaves[in_any], *(one[in_any] for one in held)]
    rows = np.stack(columns, axis=1).astype(np.int32)
    keys, found = np.unique(rows, axis=0, return_inverse=True)
    classes = np.full(len(leaves), NONE, np.int32)
    classes[in_any] = found.ravel()
    return classes, keys.astype(np.int64)


def _class_list(
    leaf: int, is_in: Int64s, by_preference: Sequence[Int64s], leaves: Int32s
) -> tuple[Int64s, Int64s]:
    """Return the places of a class's targets, ascending, and the first scene of each.

    Args:
        leaf: Leaf category of the class; NONE, and no item is of it.
        is_in: 1 for each scene of the class.
        by_preference: Places of the items of each scene, ascending.
        leaves: Leaf category of the item at each place.
    """
    offers = [np.zeros(0, np.int64)]
    numbers = [np.zeros(0, np.int64)]
    for number in np.flatnonzero(is_in).tolist():
        offer = by_preference[number]
        offer = offer[(leaves[offer] != leaf) | (leaf == NONE)]
        offers.append(offer)
        numbers.append(np.full(len(offer), number))
    places, firsts = np.unique(np.concatenate(offers), return_index=True)
    return places, np.concatenate(numbers)[firsts]
