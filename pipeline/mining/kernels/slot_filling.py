"""Fill the slots of pages from lists of candidates, page by page.

In plain words: a page has groups of slots, and each group lists of candidates, the best list first.
First the manual rows of all groups take the positions that they ask for, then the first free ones.
Then, group by group and list by list, a candidate takes the next free slot unless something stands
against it: it is hidden from the whole shop, it does not fit the source, the page shows it
already, or the page (or all pages) shows enough of its kind. At the end gaps close.

Asked for verdicts, it looks at every candidate, and tells what became of it.

Memory: the slots of all pages. Time: the candidates looked at, times the slots of a page.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined

Int8s = npt.NDArray[np.int8]
EMPTY = -1
(
    SHOWN,
    NOT_LISTED,
    OUT_OF_STOCK,
    BLACKLISTED,
    ITSELF,
    SAME_FAMILY,
    SUBSTITUTE,
    SAME_CATEGORY,
    OTHER_CATEGORY,
    ON_THE_PAGE,
    CATEGORY_CAP,
    BRAND_CAP,
    TARGET_CAP,
    SLOTS_FULL,
    RULE_FULL,
) = range(15)
FAMILY, FAR, ALTERNATIVE = range(3)
PER_CATEGORY, PER_BRAND, PER_TARGET = range(3)


class Lists(NamedTuple):
    """Candidates: rows of a pool, and where the rows of each list and source begin and end.

    `is_for` tells by list and audience whom a list is for, `most` how many of a list one page may
    show (0 for any number), `is_manual` whether people wrote it.
    """

    targets: Int32s
    positions: Int32s
    starts: Int64s
    ends: Int64s
    is_for: Bools
    most: Int64s
    is_manual: Bools


class Groups(NamedTuple):
    """Groups of slots: first list, first slot and traits of each, with one more at the end."""

    lists: Int64s
    slots: Int64s
    traits: Bools


class Items(NamedTuple):
    """Items: why each is hidden (0 where it is not), its labels, and what replaces it."""

    hidden: Int8s
    products: Int32s
    categories: Int32s
    brands: Int32s
    substitute_offsets: Int64s
    substitutes: Int32s


@inlined
def _misfit(items: Items, traits: Bools, source: int, target: int) -> int:
    """Return what stands against a target beside a source item, or SHOWN."""
    if source < 0:
        return SHOWN
    category = items.categories[source]
    is_same_leaf = category >= 0 and items.categories[target] == category
    if traits[FAMILY]:
        if items.products[source] >= 0 and items.products[target] == items.products[source]:
            return SAME_FAMILY
        for at in range(items.substitute_offsets[source], items.substitute_offsets[source + 1]):
            if items.substitutes[at] == target:
                return SUBSTITUTE
    if traits[FAR] and is_same_leaf:
        return SAME_CATEGORY
    if traits[ALTERNATIVE] and not is_same_leaf:
        return OTHER_CATEGORY
    return SHOWN


@inlined
def _alike(shown: Int32s, labels: Int32s, target: int) -> int:
    """Return how many items of a page have the label of a target, if it has one."""
    found = 0
    for one in shown:
        if one != EMPTY and labels[target] >= 0 and labels[one] == labels[target]:
            found += 1
    return found


@inlined
def _crowded(shown: Int32s, items: Items, target: int, caps: Int64s, uses: Int64s) -> int:
    """Return which cap stands against one more target on a page, or SHOWN."""
    if caps[PER_TARGET] > 0 and uses[target] >= caps[PER_TARGET]:
        return TARGET_CAP
    if caps[PER_CATEGORY] > 0 and _alike(shown, items.categories, target) >= caps[PER_CATEGORY]:
        return CATEGORY_CAP
    if caps[PER_BRAND] > 0 and _alike(shown, items.brands, target) >= caps[PER_BRAND]:
        return BRAND_CAP
    return SHOWN


@inlined
def _free(shown: Int32s, begin: int, end: int) -> int:
    """Return the first empty slot between two, or the second."""
    while begin < end and shown[begin] != EMPTY:
        begin += 1
    return begin


class Page(NamedTuple):
    """One page: the row in each slot, its target and its list; its source, the item of that, its
    audience and its number; the verdicts, where those of a list begin.

    An item that it shows is marked with its number, which no other page has. Without verdicts
    nobody asks for them.
    """

    rows: Int64s
    targets: Int32s
    marks: Int64s
    origins: Int64s
    source: int
    item: int
    audience: int
    number: int
    verdicts: Int64s
    verdict_starts: Int64s


@inlined
def _always_against(page: Page, items: Items, target: int) -> int:
    """Return what stands against any row, a manual one included, or SHOWN."""
    if items.hidden[target] != SHOWN:
        return int(items.hidden[target])
    if target == page.item:
        return ITSELF
    if page.marks[target] == page.number:
        return ON_THE_PAGE
    return SHOWN


@inlined
def _show(page: Page, slot: int, row: int, target: int, at_list: int) -> None:
    """Put a row into a slot."""
    page.rows[slot], page.targets[slot], page.origins[slot] = row, target, at_list
    page.marks[target] = page.number


@inlined
def _tell(page: Page, lists: Lists, at_list: int, row: int, verdict: int) -> None:
    """Note what became of a candidate."""
    if len(page.verdicts):
        start = lists.starts[at_list, page.source]
        page.verdicts[page.verdict_starts[at_list] + row - start] = verdict


@inlined
def _place_by_hand(
    page: Page, lists: Lists, groups: Groups, items: Items, uses: Int64s, turn: int
) -> None:
    """Place the manual rows that ask for a position at turn 0, the others at turn 1.

    A row that asks for a position behind the last takes any; of two that ask for one, the second.
    """
    for group in range(len(groups.slots) - 1):
        begin, end = groups.slots[group], groups.slots[group + 1]
        for at_list in range(groups.lists[group], groups.lists[group + 1]):
            if not lists.is_manual[at_list] or not lists.is_for[at_list, page.audience]:
                continue
            for row in range(lists.starts[at_list, page.source], lists.ends[at_list, page.source]):
                position = lists.positions[row]
                if (0 < position <= end - begin) != (turn == 0):
                    continue
                target = lists.targets[row]
                verdict = _always_against(page, items, target)
                slot = begin + position - 1
                if turn == 1 or page.rows[slot] != EMPTY:
                    slot = _free(page.targets, begin, end)
                if verdict == SHOWN and slot == end:
                    verdict = SLOTS_FULL
                if verdict == SHOWN:
                    _show(page, slot, row, target, at_list)
                    uses[target] += 1
                _tell(page, lists, at_list, row, verdict)


@inlined
def _fill_list(
    page: Page, lists: Lists, groups: Groups, items: Items, caps: Int64s, uses: Int64s,
    group: int, at_list: int,
) -> None:  # fmt: skip
    """Let the candidates of one list take the free slots of its group, in their order."""
    end = groups.slots[group + 1]
    free, shown = _free(page.targets, groups.slots[group], end), 0
    for row in range(lists.starts[at_list, page.source], lists.ends[at_list, page.source]):
        is_rule_full = lists.most[at_list] > 0 and shown == lists.most[at_list]
        if (free == end or is_rule_full) and not len(page.verdicts):
            return
        target = lists.targets[row]
        verdict = _always_against(page, items, target)
        if verdict == SHOWN:
            verdict = _misfit(items, groups.traits[group], page.item, target)
        if verdict == SHOWN:
            verdict = _crowded(page.targets, items, target, caps, uses)
        if verdict == SHOWN and free == end:
            verdict = SLOTS_FULL
        elif verdict == SHOWN and is_rule_full:
            verdict = RULE_FULL
        if verdict == SHOWN:
            _show(page, free, row, target, at_list)
            uses[target] += 1
            shown += 1
            free = _free(page.targets, free, end)
        _tell(page, lists, at_list, row, verdict)


@inlined
def _close_gaps(page: Page, groups: Groups) -> None:
    """Move the rows of each group up to its first slots."""
    for group in range(len(groups.slots) - 1):
        free = groups.slots[group]
        for slot in range(groups.slots[group], groups.slots[group + 1]):
            row, origin = page.rows[slot], page.origins[slot]
            if row != EMPTY:
                page.rows[slot] = EMPTY
                page.rows[free], page.origins[free] = row, origin
                free += 1


@entry(
    "void(int32[::1], int32[::1], int64[:,::1], int64[:,::1], boolean[:,::1], int64[::1], "
    "boolean[::1], int64[::1], int64[::1], boolean[:,::1], int8[::1], int32[::1], int32[::1], "
    "int32[::1], int64[::1], int32[::1], int64[:,::1], int64[::1], int64[::1], int64[:,::1], "
    "int64[:,::1], int64[::1], int64[::1], int32[::1], int64[::1])",
)
def fill_slots(
    targets: Int32s, positions: Int32s, starts: Int64s, ends: Int64s, is_for: Bools, most: Int64s,
    is_manual: Bools, group_lists: Int64s, group_slots: Int64s, traits: Bools, hidden: Int8s,
    products: Int32s, categories: Int32s, brands: Int32s, substitute_offsets: Int64s,
    substitutes: Int32s, pages: Int64s, caps: Int64s, uses: Int64s, rows: Int64s, origins: Int64s,
    verdicts: Int64s, verdict_starts: Int64s, shown: Int32s, marks: Int64s,
) -> None:  # fmt: skip
    """Fill pages one after the other; the first choose first where `caps` limits all pages.

    Args:
        targets: Item of each candidate.
        positions: Slot of its group that it asks for, from 1; 0 for any.
        starts: First candidate of each list and source.
        ends: Candidate behind the last.
        is_for: Whether a list is for an audience.
        most: Candidates of a list that a page may show; 0 for any number.
        is_manual: Whether people wrote the list.
        group_lists: First list of each group, and one more.
        group_slots: First slot of each group, and one more.
        traits: FAMILY, FAR and ALTERNATIVE of each group.
        hidden: What stands against each item everywhere, or SHOWN.
        products: Family of each item, below 0 where it has none; so below.
        categories: Leaf category.
        brands: Brand.
        substitute_offsets: First substitute of each item, and one more.
        substitutes: Items that replace it.
        pages: Source, its item (below 0 where it is none) and audience of each page.
        caps: Items of a category on a page, of a brand, pages with one item; 0 for any number.
        uses: Pages that show each item; grows.
        rows: Takes the candidate in each slot of each page, EMPTY behind the last.
        origins: Takes the list that it is from.
        verdicts: Takes what became of each candidate of the one page; empty where nobody asks.
        verdict_starts: First verdict of each list.
        shown: Room for what the slots of one page show.
        marks: Room for a number of each item, EMPTY at first.
    """
    lists = Lists(targets, positions, starts, ends, is_for, most, is_manual)
    groups = Groups(group_lists, group_slots, traits)
    items = Items(hidden, products, categories, brands, substitute_offsets, substitutes)
    for number in range(len(pages)):
        source, item, audience = pages[number, 0], pages[number, 1], pages[number, 2]
        page = Page(
            rows[number], shown, marks, origins[number], source, item, audience, number,
            verdicts, verdict_starts,
        )  # fmt: skip
        for slot in range(len(shown)):
            page.rows[slot] = shown[slot] = EMPTY
        for turn in range(2):
            _place_by_hand(page, lists, groups, items, uses, turn)
        for group in range(len(group_slots) - 1):
            for at_list in range(group_lists[group], group_lists[group + 1]):
                if not is_manual[at_list] and is_for[at_list, audience]:
                    _fill_list(page, lists, groups, items, caps, uses, group, at_list)
        _close_gaps(page, groups)
