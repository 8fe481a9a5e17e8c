"""Items of a category that is an accessory of the source's: by a file of links."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.io.hand_files import HandRow, read_hand_file
from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.item_groups import LEVELS
from pipeline.serving.evidence import Evidence, no_pairs, pairs_of, ranges_by
from pipeline.serving.groups import Members, members_of
from pipeline.serving.lists import CandidateLists, Sources, ranges_of
from pipeline.serving.mined_lists import bought_with
from pipeline.serving.popularity import preferred_items
from pipeline.serving.remarked import remark
from pipeline.serving.remarks import near_hint
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Labels, Shelf
from pipeline.serving.substitute_pairs import are_among, keys_of

FILE: Final = "accessories"
_COLUMNS: Final = ("source_category", "target_category")
_BEST_SELLER: Final = pairs_of(
    np.array([NONE], np.int32), np.array([NONE], np.int32), scores=np.zeros(1)
)
"""The evidence for one: none."""
_REASON: Final = "an accessory of this; what is bought with it most stands first"


@dataclass(frozen=True)
class Link:
    """One line of the file.

    Attributes:
        is_source: Whether each leaf category lies at or under the source category; False behind
            the last one, for items without a category.
        is_target: The same of the target category.
        column: Attribute that both items must have alike; None where nothing is asked.
        value: Number of the value that the target must have instead; NONE for the source's.
    """

    is_source: Bools
    is_target: Bools
    column: Labels | None
    value: int

    def fits(self, shelf: Shelf, sources: Int32s, targets: Int32s) -> Bools:
        """Return which targets go with their source, which is under the source category."""
        is_linked = self.is_target[shelf.categories.codes[targets]]
        if self.column is None:
            return np.asarray(is_linked)
        values = self.column.codes[sources] if self.value == NONE else self.value
        return np.asarray(is_linked & (self.column.codes[targets] == values) & (values != NONE))


def accessory(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what goes with each item by the file: what is bought with it first, then best sellers.

    The score is that of `also_bought`, 0 for best sellers.

    Args:
        setting: Has the file; holds `also_bought` where there is one.
        sources: Items.
    """
    shelf = setting.shelf
    links = read_links(setting)
    bought = linked_rows(setting, links)
    classes, lists = _best_sellers(setting, links)
    owners, targets, rows = _own_lists(bought, classes, lists, setting.options.max_candidates)
    own_starts, own_ends = ranges_of(owners, len(shelf))
    starts, ends = ranges_by(classes, lists.starts + len(owners), lists.ends + len(owners))
    has_own = own_ends > own_starts
    starts, ends = np.where(has_own, own_starts, starts), np.where(has_own, own_ends, ends)
    rows = np.append(rows, np.full(len(lists.rows), len(bought)))
    evidence = bought.followed_by(_BEST_SELLER).taken(rows)
    pool = replace(evidence, targets=np.append(targets, lists.rows).astype(np.int32)).pool
    return CandidateLists(
        "mined:accessory", *ranges_by(sources.items, starts, ends), pool, _REASON
    )  # fmt: skip


def read_links(setting: Setting) -> list[Link]:
    """Return the lines of the file that do something; remark on the others."""
    return list(_links(setting))


def _links(setting: Setting) -> Iterator[Link]:
    for row in read_hand_file(setting.files[FILE], _COLUMNS, ["attribute", "value"]):
        problem = _problem(setting.shelf, row)
        if problem:
            remark(setting, FILE, row.line, kind=problem[0], message=problem[1])
            continue
        column = column_of(setting.shelf, row["attribute"])
        value = column.number(row["value"]) if column and row["value"] else NONE
        source, target = (leaves_at(setting.shelf.categories, row[name]) for name in _COLUMNS)
        yield Link(source, target, column, value)


def _problem(shelf: Shelf, row: HandRow) -> tuple[str, str] | None:
    """Return the kind of what is wrong with a line, and a message."""
    for name in _COLUMNS:
        if not leaves_at(shelf.categories, row[name]).any():
            hint = near_hint(row[name], shelf.categories.texts)
            message = f"no item is under {row[name]!r}{hint}; the line does nothing"
            return "unknown_category", message
    column = column_of(shelf, row["attribute"])
    if row["attribute"] and column is None:
        hint = near_hint(row["attribute"], ["brand", *shelf.attributes])
        message = f"no item has {row['attribute']!r}{hint}; the line does nothing"
        return "unknown_attribute", message
    if row["value"] and column is None:
        return "missing_attribute", "a value needs an attribute; the line is left out"
    if row["value"] and column and column.number(row["value"]) == NONE:
        hint = near_hint(row["value"], column.texts)
        message = f"no item has {row['attribute']} = {row['value']!r}{hint}; the line does nothing"
        return "unknown_value", message
    return None


def column_of(shelf: Shelf, name: str) -> Labels | None:
    """Return an attribute of the catalogue, or the brand, by its name."""
    return shelf.brands if name == "brand" else shelf.attributes.get(name)


def leaves_at(categories: Labels, path: str) -> Bools:
    """Return whether each leaf category is a path or lies below it; False behind the last."""
    below = path + LEVELS
    found = (text == path or text.startswith(below) for text in categories.texts)
    return np.array([*found, False], np.bool_)


def linked_rows(setting: Setting, links: list[Link]) -> Evidence:
    """Return the rows of `also_bought` that a line links."""
    if "also_bought" not in setting.given:
        return no_pairs()
    pairs = bought_with(setting)
    codes = setting.shelf.categories.codes
    pairs = pairs.taken(codes[pairs.sources] != codes[pairs.targets])
    leaf_count = len(setting.shelf.categories.texts)
    by_leaf = members_of(codes[pairs.sources], leaf_count, len(pairs))
    is_linked = np.zeros(len(pairs), np.bool_)
    for link in links:
        rows = by_leaf.rows_of(np.flatnonzero(link.is_source))
        is_linked[rows] |= link.fits(setting.shelf, pairs.sources[rows], pairs.targets[rows])
    return pairs.taken(is_linked)


def _best_sellers(setting: Setting, links: list[Link]) -> tuple[Int32s, Members]:
    """Return the class of each item, and the numbers of the best-selling targets of each class.

    Items of one leaf category that are alike in every attribute that a line names have one class.
    """
    shelf, most = setting.shelf, setting.options.max_candidates
    preferred = preferred_items(setting)
    leaves = shelf.categories.codes
    leaves_in_order = leaves[preferred]
    compared = {id(one.column): one.column for one in links if one.column and one.value == NONE}
    columns = [leaves, *(column.codes for column in compared.values())]
    keys, classes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    places = {name: place for place, name in enumerate(compared, start=1)}
    lists = [_targets_by_value(shelf, link, preferred) for link in links]
    leaf_count = len(shelf.categories.texts)
    by_leaf = [[at for at, one in enumerate(links) if one.is_source[leaf]]
               for leaf in range(leaf_count)]  # fmt: skip
    found: list[Int64s] = []
    for key in keys:
        offers = [np.zeros(0, np.int64)]
        for at in by_leaf[key[0]] if key[0] != NONE else ():
            link, members = links[at], lists[at]
            value = 0 if link.column is None else link.value
            if link.column is not None and link.value == NONE:
                value = key[places[id(link.column)]]
            if value != NONE:
                offers.append(_offer(link, members, (int(value), int(key[0])), leaves_in_order))
        best = np.unique(np.concatenate([offer[:most] for offer in offers]))[:most]
        found.append(preferred[best].astype(np.int64))
    groups = np.repeat(np.arange(len(found)), [len(one) for one in found])
    rows = np.concatenate([np.zeros(0, np.int64), *found])
    return classes.ravel().astype(np.int32), Members(rows, groups, *ranges_of(groups, len(found)))


def _targets_by_value(shelf: Shelf, link: Link, preferred: Int32s) -> Members:
    """Return the places of a line's targets among the preferred items, by value of its column."""
    is_target = link.is_target[shelf.categories.codes[preferred]]
    if link.column is None:
        return members_of(np.where(is_target, 0, NONE), 1, len(preferred))
    codes = np.where(is_target, link.column.codes[preferred], NONE)
    return members_of(codes, len(link.column.texts), len(preferred))


def _offer(link: Link, members: Members, key: tuple[int, int], leaves: Int32s) -> Int64s:
    """Return the places of a line's targets for a value, none of them in the leaf category."""
    value, leaf = key
    offer = members.rows[members.starts[value] : members.ends[value]]
    return offer[leaves[offer] != leaf] if link.is_target[leaf] else offer


def _own_lists(
    bought: Evidence, classes: Int32s, lists: Members, most: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Return the lists of sources with evidence: that first, then best sellers of their class.

    Returns:
        Source, target and row of `bought` of each row, by source; of best sellers the row behind
        the last.
    """
    owners = np.unique(bought.sources)
    first, last = lists.starts[classes[owners]], lists.ends[classes[owners]]
    sizes = last - first
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    sellers = np.repeat(owners, sizes).astype(np.int64) << 32
    sellers |= lists.rows[np.repeat(first, sizes) + within]
    is_new = ~are_among(sellers, keys_of(bought))
    keys = np.concatenate([keys_of(bought), sellers[is_new]])
    rows = np.minimum(np.arange(len(keys)), len(bought))
    sources, places = keys >> 32, np.append(np.arange(len(bought)), len(bought) + within[is_new])
    order = np.argsort(sources << 32 | places)
    starts, _ = ranges_of(sources[order], len(classes))
    order = order[np.arange(len(order)) - starts[sources[order]] < most]
    return sources[order], keys[order] & (2**32 - 1), rows[order]
