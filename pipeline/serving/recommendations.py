"""The ready lists of every placement: `recommendations`, `recommendation_lists`, `cart_pairs`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.config.serving_options import EVERYONE, Caps, Placement
from pipeline.errors import DataError
from pipeline.serving.cart import cart_rows, single_groups
from pipeline.serving.offers import Offers, stock_of
from pipeline.serving.pages import sources_of
from pipeline.serving.remarks import Remark
from pipeline.serving.setting import Setting
from pipeline.serving.shown import Shown, list_rows, recommendation_rows, shown

TABLES = ("recommendations", "recommendation_lists", "cart_pairs")
_MOST_SHOWN_REMARKS = 20


@dataclass(frozen=True)
class RecommendationSummary:
    """What the ready lists hold.

    Attributes:
        page_count: Pages of all placements but carts.
        full_page_count: Pages with an item in every slot.
        empty_page_count: Pages with none.
        row_count: Rows of `recommendations`.
        manual_row_count: Of these, rows by hand.
        rule_row_count: Rows by a rule.
        mined_row_count: Mined rows.
        fallback_row_count: Rows by a fallback.
        cart_pair_count: Rows of `cart_pairs`.
        remark_count: Lines of hand-made files with something wrong.
    """

    page_count: int
    full_page_count: int
    empty_page_count: int
    row_count: int
    manual_row_count: int
    rule_row_count: int
    mined_row_count: int
    fallback_row_count: int
    cart_pair_count: int
    remark_count: int


@dataclass(frozen=True)
class Filling:
    """Every placement, filled, by name.

    Attributes:
        pages: Placements with a list per page.
        carts: Relation types of carts, with their slots on the page.
    """

    pages: list[Shown]
    carts: list[tuple[Shown, int]]


def build_recommendations(setting: Setting) -> RecommendationSummary:
    """Promise the tables of the ready lists; their rows are put into words when they are written.

    Args:
        setting: Holds `item_stats`, and the mined tables that the relation types need.

    Returns:
        The counts that the run summary shows.

    Raises:
        DataError: `serving.strict` is set, and a line of a hand-made file has something wrong.
    """
    filling = fill_placements(setting)
    remarks = sorted(set(setting.remarks))
    faults = [one for one in remarks if one.is_fault]
    if faults and setting.options.strict:
        raise DataError(*told(faults))
    item_ids = setting.shelf.id_array
    pages, engine = filling.pages, setting.engine
    row_count = sum(one.row_count for one in pages)
    listed = sum(int(np.count_nonzero(one.sizes)) for one in pages)
    engine.promise(
        "recommendations",
        lambda: (rows for one in pages for rows in recommendation_rows(one, item_ids)),
        row_count,
    )
    engine.promise(
        "recommendation_lists",
        lambda: (rows for one in pages for rows in list_rows(one, item_ids)),
        listed,
    )
    engine.promise(
        "cart_pairs",
        lambda: (rows for one, slots in filling.carts for rows in cart_rows(one, slots, item_ids)),
        sum(one.row_count for one, _ in filling.carts),
    )
    return _summary(filling, setting.options.placements, len(remarks))


def fill_placements(setting: Setting) -> Filling:
    """Return what every placement shows."""
    offers, filling = Offers(setting, stock_of(setting)), Filling([], [])
    placements = sorted(setting.options.placements, key=lambda one: one.name)
    for number, placement in enumerate(placements, start=1):
        if placement.page == "cart":
            filling.carts.extend(_cart(offers, placement))
        else:
            filling.pages.append(_pages(offers, placement))
        later = {slots.relation for one in placements[number:] for slots in one.slots}
        offers.forget_all_but(later)
    return filling


def _pages(offers: Offers, placement: Placement) -> Shown:
    setting = offers.setting
    audiences = [EVERYONE, *setting.segments]
    sources = sources_of(placement.page, setting.shelf, setting.segments)
    merger = offers.merger(placement.slots, sources, audiences, setting.options.caps)
    return shown(placement.name, sources, audiences, merger)


def _cart(offers: Offers, placement: Placement) -> Iterator[tuple[Shown, int]]:
    """Yield each relation type of a cart, with its slots on the page; caps do not count."""
    setting = offers.setting
    sources = sources_of(placement.page, setting.shelf, setting.segments)
    for slots, slot_count in single_groups(placement, setting.options.max_cart_targets):
        merger = offers.merger([slots], sources, [EVERYONE], Caps())
        yield shown(placement.name, sources, [EVERYONE], merger), slot_count


def told(remarks: Sequence[Remark]) -> list[str]:
    """Return the first remarks as lines, and how many there are of each kind."""
    kinds: dict[str, int] = {}
    for one in remarks:
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [str(one) for one in remarks[:_MOST_SHOWN_REMARKS]]
    return [*lines, f"hand-made files: {counts}"] if remarks else []


def _summary(
    filling: Filling, placements: Sequence[Placement], remark_count: int
) -> RecommendationSummary:
    wanted = {one.name: sum(slots.count for slots in one.slots) for one in placements}
    origins = {"manual": 0, "rule": 0, "mined": 0, "fallback": 0}
    for table in filling.pages:
        counts = np.bincount(table.lists, minlength=len(table.origins)).tolist()
        for origin, count in zip(table.origins, counts, strict=True):
            origins[origin.split(":")[0]] += count
    return RecommendationSummary(
        page_count=sum(len(one.pages) for one in filling.pages),
        full_page_count=sum(int((one.sizes == wanted[one.name]).sum()) for one in filling.pages),
        empty_page_count=sum(int((one.sizes == 0).sum()) for one in filling.pages),
        row_count=sum(one.row_count for one in filling.pages),
        **{f"{origin}_row_count": count for origin, count in origins.items()},
        cart_pair_count=sum(one.row_count for one, _ in filling.carts),
        remark_count=remark_count,
    )
