"""What a rule shows beside each item: the first items, in its order, that meet its conditions."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.config.conditions import AllOf, Comparison, Condition, Not, conjuncts
from pipeline.config.rule_file import Order
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.serving.columns import FAMILY, SMALL_FAMILY, Columns
from pipeline.serving.conditions import holds
from pipeline.serving.rule_program import SAME, Program, compared_values, looks_at_source
from pipeline.serving.rule_walk import Walk, alike, groups_of, keys_of, walked
from pipeline.serving.traits import Traits

OF_ITS_CATEGORY: Final = Comparison("category", SAME, value=True)
OF_ITS_FAMILY: Final = Comparison(FAMILY, SAME, value=True)


@dataclass(frozen=True)
class ItemLists:
    """Targets of every item: those from its start to its end; items alike share them."""

    targets: Int32s
    starts: Int64s
    ends: Int64s


@dataclass(frozen=True)
class Wanted:
    """What of a rule decides its lists.

    Attributes:
        parts: Conditions on the shown items, which all have to hold.
        order: What they are ordered by.
        most: How many each list has at most; so many that enough are left without the item of the
            page itself, and its small family where that is refused.
    """

    parts: tuple[Condition, ...]
    order: tuple[Order, ...]
    most: int

    @property
    def alone(self) -> Condition:
        """The conditions that do not look at the item of the page."""
        return AllOf(tuple(part for part in self.parts if not looks_at_source(part)))

    @property
    def beside(self) -> list[Condition]:
        """The conditions that do."""
        return [part for part in self.parts if looks_at_source(part)]

    @property
    def compared(self) -> list[Comparison]:
        """Those of them that are one comparison."""
        return [part for part in self.beside if isinstance(part, Comparison)]


def wanted_beside(show: Condition, order: tuple[Order, ...], traits: Traits, most: int) -> Wanted:
    """Return what a rule wants beside items, with what its relation type asks for.

    What the relation type refuses is left out here already, so that it takes nothing's place.

    Args:
        show: Conditions of the rule.
        order: Order of the rule.
        traits: Of the relation type.
        most: How many candidates are wanted.
    """
    parts = list(conjuncts(show))
    parts += [OF_ITS_CATEGORY] * traits.is_alternative
    parts += [Not(OF_ITS_CATEGORY)] * traits.other_category
    parts += [Not(OF_ITS_FAMILY)] * traits.is_cross_sell
    return Wanted(tuple(parts), order, most + (SMALL_FAMILY if traits.is_cross_sell else 1))


def ordered_targets(
    wanted: Wanted, columns: Columns, is_eligible: Bools, groups: Int64s | None = None
) -> Int32s:
    """Return the items that a rule may show, in its order.

    Args:
        wanted: What the rule wants.
        columns: The items' values.
        is_eligible: Whether an item may be shown at all.
        groups: By item; those of one group stand together, in the order of groups; those of a
            negative one are left out.
    """
    is_target = is_eligible & holds(wanted.alone, columns, len(is_eligible))
    keys: list[Floats] = []
    if groups is not None:
        is_target &= groups >= 0
        keys.append(groups.astype(np.float64))
    keys += [keys_of(order, columns) for order in wanted.order]
    targets = np.flatnonzero(is_target)
    # The sort keeps what is alike as it is: what is in more orders first, then by id.
    places = np.lexsort([key[targets] for key in keys[::-1]]) if keys else slice(None)
    return np.asarray(targets[places], np.int32)


def item_lists(wanted: Wanted, columns: Columns, is_eligible: Bools, is_source: Bools) -> ItemLists:
    """Return what a rule shows beside each item.

    Items that the conditions cannot tell apart share one list, so that it may hold one of them:
    that one is not shown on its own page.

    Args:
        wanted: What the rule wants.
        columns: The items' values.
        is_eligible: Whether an item may be shown at all.
        is_source: Whether the rule is for the page of an item.
    """
    same = [part for part in wanted.compared if part.operator == SAME]
    idle = [Not(OF_ITS_FAMILY)] * (not columns[FAMILY].is_known.any())
    program = Program(columns, len(is_source))
    for part in wanted.beside:
        if part not in same and part not in idle:
            program.require(part)
    groups = groups_of([columns[part.column].ranks for part in same], len(is_source))
    is_source = is_source & (groups >= 0) & _is_comparable(wanted, columns)
    sources = np.flatnonzero(is_source)
    classes = alike([groups.astype(np.float64), *program.columns], sources)
    _, firsts, class_of = np.unique(classes, return_index=True, return_inverse=True)
    ordered = ordered_targets(wanted, columns, is_eligible, groups)
    walk = Walk(sources[firsts], ordered, groups, wanted.compared)
    targets, ends = walked(walk, program, wanted.most)
    lists = ItemLists(targets, *np.zeros((2, len(is_source)), np.int64))
    lists.starts[sources] = np.append(0, ends)[class_of]
    lists.ends[sources] = ends[class_of]
    return lists


def _is_comparable(wanted: Wanted, columns: Columns) -> Bools:
    """Return whether an item has all values without which nothing is shown beside it."""
    found = np.ones(len(columns.shelf), np.bool_)
    for part in wanted.compared:
        found &= ~np.isnan(compared_values(part, columns))
    return found
