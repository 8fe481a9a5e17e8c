"""Lists of candidates become what a page shows: who comes first, and what stands against whom."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.serving_options import EVERYONE, Caps
from pipeline.mining.kernels import slot_filling as verdicts
from pipeline.serving.filling import EMPTY, Group, Merger, Stock
from pipeline.serving.lists import CandidateLists, Sources, pool_of
from pipeline.serving.shelf import Labels, Shelf
from pipeline.serving.traits import Traits
from tests.reference_pages import Block, Item, Offer, Rules, show_page

SEGMENTS = (EVERYONE, "champions", "loyal")
PLAIN = [Item() for _ in range(8)]


def shelf_of(items: Sequence[Item]) -> Shelf:
    """Return the arrays of items whose ids are their numbers."""
    count = len(items)
    return Shelf(
        item_ids=[str(number) for number in range(count)],
        names=[""] * count,
        products=labels([item.product for item in items]),
        categories=labels([item.category for item in items]),
        brands=labels([item.brand for item in items]),
        prices=np.ones(count),
        stocks=np.ones(count, np.int64),
        order_counts=np.zeros(count, np.int64),
        is_listed=np.ones(count, np.bool_),
    )


def labels(texts: Sequence[str | None]) -> Labels:
    """Return texts as numbers."""
    distinct = sorted({text for text in texts if text is not None})
    codes = [-1 if text is None else distinct.index(text) for text in texts]
    return Labels(np.array(codes, np.int32), distinct)


def stock_of(rules: Rules) -> Stock:
    """Return what stands against items, as arrays."""
    reasons = {"": 0, "out": verdicts.OUT_OF_STOCK, "black": verdicts.BLACKLISTED}
    pairs = sorted(rules.substitutes)
    offsets = np.searchsorted([one for one, _ in pairs], np.arange(len(rules.items) + 1))
    return Stock(
        np.array([reasons[item.hidden] for item in rules.items], np.int64),
        offsets.astype(np.int64),
        np.array([other for _, other in pairs], np.int32),
    )


def lists_of(offers: Sequence[Offer]) -> CandidateLists:
    """Return one list for every source from what it offers to each of them."""
    targets = [target for offer in offers for target in offer.targets]
    positions = [
        position
        for offer in offers
        for position in offer.positions or [0] * len(offer.targets)
    ]  # fmt: skip
    bounds = np.cumsum([0, *(len(offer.targets) for offer in offers)])
    pool = pool_of(np.array(targets, np.int32), positions=np.array(positions, np.int32))
    first = offers[0]
    return CandidateLists(
        first.origin, bounds[:-1], bounds[1:], pool, "", first.most, first.segments
    )


def merger_of(pages: Sequence[Sequence[Block]], rules: Rules, sources: Sources) -> Merger:
    """Return the merger of pages; the blocks of all have the same form."""
    groups = [
        Group(
            f"relation {at}",
            block.slots,
            Traits(block.cross, block.far, block.alternative),
            [lists_of([page[at].offers[n] for page in pages]) for n in range(len(block.offers))],
        )
        for at, block in enumerate(pages[0])
    ]
    caps = Caps(
        per_category=rules.per_category, per_brand=rules.per_brand, per_target=rules.per_target
    )
    shelf, stock = shelf_of(rules.items), stock_of(rules)
    return Merger(groups, sources, SEGMENTS, shelf=shelf, stock=stock, caps=caps)


def item_pages(*numbers: int) -> Sources:
    """Return the pages of items."""
    return Sources("item", [str(one) for one in numbers], np.array(numbers, np.int32))


def page_of(blocks: list[Block], rules: Rules, source: int = 0) -> list[list[int]]:
    """Return what each block of the page of an item shows."""
    return found([blocks], rules, item_pages(source))[0, 0]


def found(
    pages: Sequence[Sequence[Block]], rules: Rules, sources: Sources
) -> dict[tuple[int, int], list[list[int]]]:
    """Return what each block shows, by source and audience."""
    merger = merger_of(pages, rules, sources)
    filled = merger.fill()
    result = {}
    for page, rows, origins in zip(filled.pages, filled.rows, filled.origins, strict=True):
        shown = [
            [
                int(merger.lists[origins[slot]].pool.targets[rows[slot]])
                for slot in range(begin, end)
                if rows[slot] != EMPTY
            ]
            for begin, end in zip(merger.slots[:-1], merger.slots[1:], strict=True)
        ]
        result[int(page[0]), int(page[2])] = shown
    return result


def block(slots: int, *offers: Offer, **traits: bool) -> Block:
    """Return slots with what is offered for them."""
    return Block(slots, offers, **traits)


def manual(*rows: tuple[int, int]) -> Offer:
    """Return manual rows: target and position."""
    return Offer("manual", tuple(row[0] for row in rows), tuple(row[1] for row in rows))


def mined(*targets: int, **more: Any) -> Offer:
    """Return mined rows."""
    return Offer("mined:also_bought", targets, **more)


def test_manual_rows_stand_first_or_at_their_position() -> None:
    offers = block(5, manual((5, 0), (6, 3), (7, 0)), mined(1, 2, 3))
    assert [[5, 7, 6, 1, 2]] == page_of([offers], Rules(PLAIN))


def test_gaps_before_a_position_close() -> None:
    assert [[1, 6]] == page_of([block(5, manual((6, 4)), mined(1))], Rules(PLAIN))


def test_a_position_behind_the_last_slot_is_any() -> None:
    assert [[5, 1]] == page_of([block(2, manual((5, 9)), mined(1, 2))], Rules(PLAIN))


def test_two_rows_for_one_slot_both_stand() -> None:
    assert [[5, 6, 7]] == page_of([block(3, manual((5, 1), (6, 1), (7, 0)))], Rules(PLAIN))


def test_a_manual_row_of_a_later_block_takes_its_target_from_an_earlier_list() -> None:
    blocks = [block(2, mined(5, 1, 2)), block(2, manual((5, 0)), mined(1, 3))]
    assert [[1, 2], [5, 3]] == page_of(blocks, Rules(PLAIN))


def test_lists_follow_each_other_without_repeating_a_target() -> None:
    offers = block(4, Offer("rule:a", (1, 2)), mined(2, 3), Offer("fallback:x", (3, 1, 4, 5)))
    assert [[1, 2, 3, 4]] == page_of([offers], Rules(PLAIN))


def test_a_rule_shows_no_more_than_it_may() -> None:
    offers = block(4, Offer("rule:a", (1, 2, 3), most=2), mined(4))
    assert [[1, 2, 4]] == page_of([offers], Rules(PLAIN))


def test_the_source_and_what_is_hidden_are_never_shown_not_even_by_hand() -> None:
    items = [Item(), Item(hidden="out"), Item(hidden="black"), Item(), Item()]
    offers = block(5, manual((0, 1), (1, 0), (3, 0)), mined(0, 2, 4))
    assert [[3, 4]] == page_of([offers], Rules(items))


FAMILY = [
    Item("p", "shoes"), Item("p", "bags"), Item("q", "shoes"), Item("r", "bags"), Item(), Item(),
]  # fmt: skip


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"cross": True}, [2, 3]),
        ({"far": True}, [1, 3, 4]),
        ({"cross": True, "far": True}, [3]),
        ({"alternative": True}, [2]),
    ],
)
def test_a_relation_type_shows_only_what_it_may(
    traits: dict[str, bool], expected: list[int]
) -> None:
    rules = Rules(FAMILY, substitutes={(0, 4), (4, 0)})
    assert [expected] == page_of([block(5, mined(1, 2, 3, 4), **traits)], rules)


def test_a_manual_row_may_show_what_its_relation_type_does_not() -> None:
    rules = Rules(FAMILY)
    assert [[1, 3]] == page_of([block(2, manual((1, 0)), mined(2, 3), cross=True, far=True)], rules)


@pytest.mark.parametrize(
    ("caps", "expected"),
    [((1, None), [0, 3, 4, 5]), ((None, 1), [0, 1, 4, 5])],
)
def test_caps_count_what_the_whole_page_shows(
    caps: tuple[int | None, int | None], expected: list[int]
) -> None:
    items = [
        Item(category="a", brand="x"), Item(category="a", brand="y"), Item(category="a", brand="y"),
        Item(category="b", brand="x"), Item(), Item(), Item(),
    ]  # fmt: skip
    blocks = [block(1, mined(0, 1)), block(5, mined(1, 2, 3, 4, 5))]
    shown = page_of(blocks, Rules(items, set(), *caps), source=6)
    assert expected == [target for part in shown for target in part]


def test_pages_that_sell_best_choose_first_where_a_target_is_shown_so_often_only() -> None:
    pages = [[block(1, mined(5, 6))], [block(1, mined(5, 6))], [block(1, mined(5, 6))]]
    shown = found(pages, Rules(PLAIN, per_target=1), item_pages(0, 1, 2))
    assert {(0, 0): [[5]], (1, 0): [[6]], (2, 0): [[]]} == shown


def test_a_segment_has_a_page_of_its_own_only_where_a_list_is_for_it_alone() -> None:
    rule = Offer("rule:a", (7,), segments=("loyal",))
    without = Offer("rule:a", (), segments=("loyal",))
    shown = found(
        [[block(2, rule, mined(1))], [block(2, without, mined(1))]], Rules(PLAIN), item_pages(0, 2)
    )
    assert {(0, 0): [[1]], (0, 2): [[7, 1]], (1, 0): [[1]]} == shown


def test_the_home_page_of_a_segment_is_for_that_segment() -> None:
    home = Sources("segment", [EVERYONE, "loyal"], np.array([-1, -1], np.int32))
    rule = Offer("rule:a", (7,), segments=("loyal",))
    shown = found([[block(2, rule, mined(1))]] * 2, Rules(PLAIN), home)
    assert {(0, 0): [[1]], (1, 2): [[7, 1]]} == shown


def test_every_candidate_gets_its_verdict() -> None:
    items = [*FAMILY, Item(hidden="out"), Item(category="z"), Item(category="z"), Item()]
    blocks = [
        block(3, manual((5, 2), (6, 0)), mined(1, 0, 3, 5, 7, 8), cross=True),
        block(1, Offer("rule:a", (9, 2), most=1), mined(9, 3), far=True),
    ]
    rules = Rules(items, per_category=1)
    merger = merger_of([blocks], rules, item_pages(0))
    filled, told = merger.verdicts(0, 0)
    assert merger.fill().rows.tolist() == filled.rows.tolist()
    v = verdicts
    expected = [
        [v.SHOWN, v.OUT_OF_STOCK],
        [v.SAME_FAMILY, v.ITSELF, v.SHOWN, v.ON_THE_PAGE, v.SHOWN, v.CATEGORY_CAP],
        [v.SHOWN, v.SAME_CATEGORY],
        [v.ON_THE_PAGE, v.ON_THE_PAGE],
    ]
    assert expected == [one.tolist() for one in told]


ITEMS = st.builds(
    Item,
    st.sampled_from([None, "p", "q"]),
    st.sampled_from([None, "a", "b"]),
    st.sampled_from([None, "x", "y"]),
    st.sampled_from(["", "", "", "out", "black"]),
)
TARGETS = st.lists(st.integers(0, 7), max_size=6).map(tuple)


@st.composite
def pages(draw: st.DrawFn) -> list[list[Block]]:
    """Draw pages of one form, with other candidates on each."""
    forms = draw(
        st.lists(st.tuples(st.integers(1, 4), *[st.booleans()] * 3), min_size=1, max_size=3)
    )
    lists = [
        draw(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([(), ("loyal",)])), max_size=3))
        for _ in forms
    ]
    return [
        [
            Block(
                form[0],
                (draw(manual_offers(form[0])), *(
                    Offer(f"rule:{n}", draw(TARGETS), (), most, segments)
                    for n, (most, segments) in enumerate(made)
                )),
                *form[1:],
            )
            for form, made in zip(forms, lists, strict=True)
        ]
        for _ in range(draw(st.integers(1, 3)))
    ]  # fmt: skip


@st.composite
def manual_offers(draw: st.DrawFn, slots: int) -> Offer:
    """Draw manual rows, no two of which ask for one slot."""
    targets = draw(TARGETS)
    asked = draw(st.permutations([*range(1, slots + 1), *[0] * 6]))
    return Offer("manual", targets, tuple(asked[: len(targets)]))


@given(
    pages=pages(),
    items=st.lists(ITEMS, min_size=8, max_size=8),
    substitutes=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7))),
    caps=st.tuples(*[st.none() | st.integers(1, 3)] * 3),
)
def test_random_pages_agree_with_one_candidate_at_a_time(
    pages: list[list[Block]],
    items: list[Item],
    substitutes: set[tuple[int, int]],
    caps: tuple[int | None, int | None, int | None],
) -> None:
    sources = item_pages(*range(len(pages)))
    shown = found(pages, Rules(items, substitutes, *caps), sources)
    rules = Rules(items, substitutes, *caps)
    for (source, audience), page in shown.items():
        assert show_page(source, pages[source], rules, SEGMENTS[audience]) == page
        flat = [target for part in page for target in part]
        assert all(len(part) <= one.slots for part, one in zip(page, pages[source], strict=True))
        assert len(set(flat)) == len(flat)
        assert source not in flat
        assert not any(items[target].hidden for target in flat)
