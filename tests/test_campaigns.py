"""Campaigns: hand-worked shops of each kind, and random ones against the oracle."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.campaign_options import Campaign, Campaigns, Channel, PriceStep
from pipeline.errors import ConfigError
from pipeline.names import CAMPAIGN_TARGETS
from pipeline.serving.campaigns import CampaignSummary
from tests.campaigns import build_campaigns, schema_of
from tests.reference_campaigns import Known, campaign_targets
from tests.reference_tables import Row
from tests.shops import Shop, drawn_sales, rows_of, shop_engine, shops
from tests.tables import DAY, drawn, instant

KIT = Campaign(name="kit", owners=["A"], offered=["B", "C"])
OPTIONS = Campaigns(customers="c.csv", planned=[KIT], half_life_days=20, salt="pepper")
FIGURES = ("customer_id", "item_id", "days_since", "recency_weight", "timing_weight", "offer_score")


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "campaign_targets", *columns)


def evidence(text: str) -> list[Row]:
    """Return drawn rows; what looks like a number is one."""
    return [{name: _value(cell) for name, cell in row.items()} for row in drawn(text)]


def links_of(table: str, text: str) -> list[Row]:
    """Return drawn rows of a mined table, their columns in its order."""
    return [dict(zip(schema_of(table).names, row.values(), strict=True)) for row in evidence(text)]


def _value(cell: str | None) -> Any:
    if cell is None or not cell[0].isdigit():
        return cell
    if cell.endswith("d"):
        return instant(cell)
    return float(cell) if "." in cell else int(cell)


# Of 100 buyers of A, 30 buy B 10 to 40 days later; all buy B in 50 of 1,000 cases. Drawn to that
# by 20 customers: (30 + 20 x 0.05) / (100 + 20) = 0.25833333. A and C: (10 + 20 x 0.1) / 70.
NEXT = links_of("bought_next", """
    source | target | joint | of  | in_all | all  | lower | upper | q
    A      | B      | 30    | 100 | 50     | 1000 | 10    | 40    | 0.01
    A      | D      | 90    | 100 | 50     | 1000 | 10    | 40    | 0.01
""")  # fmt: skip
ALSO = links_of("also_bought", """
    source | target | joint | of | in_all | all  | customers | q
    A      | B      | 40    | 50 | 100    | 1000 | 40        | 0.01
    A      | C      | 10    | 50 | 100    | 1000 | 10        | 0.05
""")  # fmt: skip
SHOP = Shop(
    sale_lines=drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 80d
        2     | bob      | A    | 96d
        3     | cid      | A    | 18d
        4     | cid      | D    | 80d
        5     | dan      | A    | 80d
        6     | dan      | Bb   | 81d
        7     | eve      | A    | 80d
        8     | fay      | A    | 80d
        9     | gus      | A    | 80d
        10    | hal      | D    | 80d
        11    | -        | A    | 80d
        12    | hal      | A    | 100d
        13    | hal      | B    | 100d
        14    | hal      | C    | 100d
    """),
    products={"B": "b", "Bb": "b"},
)
KNOWN = Known(
    as_of=100 * DAY,
    rows={"bought_next": NEXT, "also_bought": ALSO},
    consents=frozenset({"ann", "bob", "cid", "dan", "fay", "gus", "hal"}),
    contacts=[("fay", 95 * DAY, ""), ("gus", 86 * DAY, ""), ("gus", 100 * DAY, "")],
    prices={"C": 1500},
)


def test_owners_are_offered_what_follows_with_a_score_worked_by_hand() -> None:
    """A contact 14 days ago is over and one at as_of is not yet; C is for those with two orders.

    Half-life 20 days: 20 days ago weighs 0.5, 4 days 2^-0.2 = 0.87055, 19 days 2^-0.95 = 0.51763.
    4 days after A, where 10 to 40 are usual: 5/11 = 0.45454; 82 days after it: 41/83 = 0.49397.
    """
    summary = build_campaigns(SHOP, OPTIONS, KNOWN)
    left_out = {"no_consent": 2, "already_owned": 1, "cooling_off": 2, "out_of_stock": 0}
    counts = {f"{name}_offer_count": count for name, count in left_out.items()}
    assert summary == CampaignSummary(
        candidate_offer_count=14,
        **counts,
        over_price_offer_count=3,
        repeated_offer_count=0,
        over_cap_offer_count=0,
        row_count=6,
        unknown_name_count=0,
        message=None,
    )
    expected = [
        ("ann", "B", 20, 0.5, 1.0, 0.25833333 * 0.5),
        ("bob", "B", 4, 0.87055, 0.45454, 0.25833333 * 0.87055 * 0.45454),
        ("cid", "B", 82, 0.5, 0.49397, 0.25833333 * 0.5 * 0.49397),
        ("cid", "C", 82, 0.5, 1.0, 0.17142857 * 0.5),
        ("dan", "C", 20, 0.51763, 1.0, 0.17142857 * 0.51763),
        ("gus", "B", 20, 0.5, 1.0, 0.25833333 * 0.5),
    ]
    assert [(*row[:5], pytest.approx(row[5], rel=1e-14)) for row in expected] == rows(*FIGURES)
    assert CAMPAIGN_TARGETS.column_names == tuple(
        shop_engine().fetch("campaign_targets").column_names
    )


NEXT_REASON = "30 of 100 who did bought this on a later day, half of them after 10 to 40 days"


def test_an_offer_says_what_it_rests_on_and_what_it_is_worth() -> None:
    build_campaigns(SHOP, OPTIONS, KNOWN)
    columns = ("customer_id", "item_id", "evidence", "source_item_id", "joint_count")
    values = ("evidence_count", "order_count", "price", "expected_probability", "expected_value")
    found = {row[:2]: row[2:] for row in rows(*columns, *values, "channel", "segment", "reason")}
    bought = "bought name of A 82 days ago; "
    assert {
        ("cid", "B"): (
            *("bought_next", "A", 30, 100, 2, 5.0, 0.25833333, 0.25833333 * 5, "email", None),
            f"{bought}{NEXT_REASON}",
        ),
        ("cid", "C"): (
            *("also_bought", "A", 10, 50, 2, 1500.0, 0.17142857, 0.17142857 * 1500, "email", None),
            f"{bought}10 of 50 baskets with it hold this too",
        ),
    } == {key: row for key, row in found.items() if key[0] == "cid"}


def test_campaigns_that_would_weigh_too_much_are_refused_with_their_numbers() -> None:
    """Seven bought A in the window, and B and C go with it: 14 pairs."""
    build_campaigns(SHOP, OPTIONS.model_copy(update={"max_pairs": 14}), KNOWN)
    with pytest.raises(ConfigError, match=r"14 pairs \(kit 14\), .*max_pairs allows 13;"):
        build_campaigns(SHOP, OPTIONS.model_copy(update={"max_pairs": 13}), KNOWN)


def test_the_best_offers_of_a_customer_are_kept_and_the_control_arm_counts_among_them() -> None:
    summary = build_campaigns(SHOP, OPTIONS.model_copy(update={"max_offers": 1}), KNOWN)
    assert 1 == summary.over_cap_offer_count
    assert [("cid", "C", 1)] == [row for row in rows("customer_id", "item_id", "offer_rank")
                                 if row[0] == "cid"]  # fmt: skip


# The first 8 digits of what md5sum makes of kit, customer and salt, a byte 31 between them.
ARMS = """
    customer | digest
    ann      | c03a4f4f
    bob      | 36c0ae1b
    cid      | 3f0d989d
    dan      | a4f40b1e
    gus      | eaf88460
"""


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 0.999])
def test_the_arm_is_a_hash_of_campaign_customer_and_salt_alone(share: float) -> None:
    build_campaigns(SHOP, OPTIONS.model_copy(update={"control_share": share}), KNOWN)
    digests = {str(row["customer"]): int(str(row["digest"]), 16) for row in drawn(ARMS)}
    expected = {
        who: "control" if digest < share * 2**32 else "treated" for who, digest in digests.items()
    }
    assert expected == dict(rows("customer_id", "arm"))


def test_other_evidence_orders_and_offers_leave_everybody_in_their_arm() -> None:
    build_campaigns(SHOP, OPTIONS.model_copy(update={"control_share": 0.5}), KNOWN)
    before = dict(rows("customer_id", "arm"))
    later = replace(KNOWN, as_of=110 * DAY, rows={"also_bought": ALSO}, prices={}, contacts=[])
    build_campaigns(SHOP, OPTIONS.model_copy(update={"control_share": 0.5}), later)
    after = dict(rows("customer_id", "arm"))
    assert before == {who: arm for who, arm in after.items() if who in before}


def test_channels_go_by_segment() -> None:
    segments = [{"customer_id": "ann", "segment": "loyal"}, {"customer_id": "bob", "segment": "x"}]
    known = replace(KNOWN, rows={**KNOWN.rows, "rfm_segments": segments})
    channels = [Channel(segment="loyal", channel="phone")]
    build_campaigns(SHOP, OPTIONS.model_copy(update={"channels": channels}), known)
    found = {
        who: (channel, name) for who, channel, name in rows("customer_id", "channel", "segment")
    }
    expected = [("phone", "loyal"), ("email", "x"), ("email", None)]
    assert expected == [found[who] for who in ("ann", "bob", "gus")]


def test_a_contact_of_another_campaign_counts_by_option() -> None:
    contacts = [("ann", 95 * DAY, "kit"), ("bob", 95 * DAY, "other"), ("gus", 95 * DAY, "")]
    known = replace(KNOWN, contacts=contacts)
    build_campaigns(SHOP, OPTIONS, known)
    assert {"cid", "dan", "fay"} == {who for (who,) in rows("customer_id")}
    options = OPTIONS.model_copy(update={"cooling_off_of": "same_campaign"})
    build_campaigns(SHOP, options, known)
    assert {"bob", "cid", "dan", "fay"} == {who for (who,) in rows("customer_id")}


def test_items_out_of_stock_and_items_without_a_price_are_left_out() -> None:
    known = replace(KNOWN, stocks={"B": 0}, prices={"C": None})
    summary = build_campaigns(SHOP, OPTIONS, known)
    assert (4, 5, 0) == (
        summary.out_of_stock_offer_count, summary.over_price_offer_count, summary.row_count
    )  # fmt: skip
    options = OPTIONS.model_copy(update={"out_of_stock": True, "price_ladder": []})
    assert 9 == build_campaigns(SHOP, options, known).row_count


def test_evidence_of_too_few_people_speaks_for_nothing() -> None:
    assert 4 == build_campaigns(SHOP, OPTIONS, KNOWN, min_group_size=11).row_count
    assert 0 == build_campaigns(SHOP, OPTIONS, KNOWN, min_group_size=41).row_count


def test_names_that_no_item_has_are_told_and_categories_hold_those_below() -> None:
    shop = replace(SHOP, categories={"A": "Photo > Cameras", "B": "Photo", "C": "Photography"})
    kit = Campaign(
        name="kit", owner_categories=["Photo > Cameras", "Cars"], offered=["Z"],
        offered_categories=["Photo"],
    )  # fmt: skip
    summary = build_campaigns(shop, OPTIONS.model_copy(update={"planned": [kit]}), KNOWN)
    assert (2, "no item is, or is in, 'Cars' (kit), 'Z' (kit)") == (
        summary.unknown_name_count, summary.message
    )  # fmt: skip
    assert {"B"} == {item for (item,) in rows("item_id")}


OTHERS = [
    Campaign(name="look", kind="viewed_not_bought"),
    Campaign(name="again", kind="repurchase_due", offered=["A"]),
]
VIEWED = evidence("""
    customer_id | item_id | view_count | last_viewed_at
    ann         | C       | 4          | 99d
    hal         | D       | 3          | 60d
""")
BOUGHT = evidence("""
    source_item_id | target_kind | n_target | n_viewers
    C              | own         | 5        | 40
    A              | own         | 15       | 60
    A              | item        | 99       | 60
""")
CYCLES = evidence("""
    item_id | customer_count | buyer_count | gap_lower_days | gap_upper_days
    A       | 30             | 60          | 20             | 60
    D       | 10             | 40          | 20             | 60
""")


def test_those_who_keep_viewing_and_those_whose_gap_has_passed_are_listed() -> None:
    """20 of 100 viewers buy: C (5 + 20 x 0.2) / 60 = 0.15, D is unknown: 0.2.

    40 of 100 buyers buy again: A (30 + 20 x 0.4) / 80 = 0.475. Cid bought it 82 days ago, 60 and 30
    more are due: 61/83 = 0.73493. Bob's 4 days are too few.
    """
    others = {"viewed_not_bought": VIEWED, "view_then_bought": BOUGHT, "repurchase_cycle": CYCLES}
    known = replace(KNOWN, rows=others, contacts=[], prices={})
    build_campaigns(SHOP, OPTIONS.model_copy(update={"planned": OTHERS}), known)
    columns = ("campaign", "customer_id", "item_id", "expected_probability", "recency_weight")
    again = [("again", who, "A", 0.475) for who in ("ann", "cid", "dan", "fay", "gus")]
    timing = {"cid": 0.73493}
    assert [
        *((*row, 0.51763 if row[1] == "dan" else 0.5, timing.get(row[1], 1.0)) for row in again),
        ("look", "ann", "C", 0.15, 0.96593, 1.0),
        ("look", "hal", "D", 0.2, 0.25, 1.0),
    ] == rows(*columns, "timing_weight")
    reasons = dict(rows("item_id", "reason"))
    assert reasons["D"] == "viewed 3 times, last 40 days ago"
    assert reasons["A"].endswith("half of those who buy it again do so after 20 to 60 days")


def test_an_item_is_offered_by_one_campaign_only() -> None:
    twin = [KIT, KIT.model_copy(update={"name": "twin"})]
    summary = build_campaigns(SHOP, OPTIONS.model_copy(update={"planned": twin}), KNOWN)
    assert (6, 6) == (summary.repeated_offer_count, summary.row_count)
    assert {"kit"} == {campaign for (campaign,) in rows("campaign")}


def links(names: Sequence[str]) -> st.SearchStrategy[list[Row]]:
    """Draw rows of bought_next or also_bought with few values, so that ties are common."""
    counts = st.fixed_dictionaries({name: st.sampled_from([2, 4]) for name in names})
    gaps = st.sampled_from([(0, 0), (1, 3), (4, 5)])
    sides = st.sampled_from(list(permutations("ABCDE", 2)))
    return st.dictionaries(
        sides,
        st.tuples(counts, gaps, st.sampled_from([0.01, 0.05, 0.06])),
        max_size=8,
    ).map(
        lambda drawn: [
            {
                "source_item_id": source, "target_item_id": target, "q_value": q, **counts,
                "joint_count": 2, "gap_lower_days": low, "gap_upper_days": high,
                "customer_count": None,
            }
            for (source, target), (counts, (low, high), q) in drawn.items()
        ]
    )  # fmt: skip


def knowledge() -> st.SearchStrategy[Known]:
    people, items = ["ann", "bob", "cid", "dan"], st.sampled_from("ABCDE")
    who = st.sampled_from(people)
    viewed = st.dictionaries(st.tuples(who, items), st.integers(0, 9 * DAY - 1), max_size=4).map(
        lambda drawn: [
            {"customer_id": c, "item_id": i, "view_count": 3, "last_viewed_at": at}
            for (c, i), at in drawn.items()
        ]
    )
    bought = st.dictionaries(items, st.tuples(st.integers(0, 3), st.integers(3, 5))).map(
        lambda drawn: [
            {"source_item_id": i, "target_kind": "own", "n_target": n, "n_viewers": v}
            for i, (n, v) in drawn.items()
        ]
    )
    cycles = st.dictionaries(items, st.tuples(st.integers(1, 3), st.integers(3, 5))).map(
        lambda drawn: [
            {"item_id": i, "customer_count": n, "buyer_count": b, "gap_lower_days": 1,
             "gap_upper_days": 2}
            for i, (n, b) in drawn.items()
        ]
    )  # fmt: skip
    tables = st.fixed_dictionaries({
        "bought_next": links(("source_count", "baseline_target_count", "baseline_count")),
        "also_bought": links(("source_count", "target_count", "basket_count")),
        "viewed_not_bought": viewed, "view_then_bought": bought, "repurchase_cycle": cycles,
    })  # fmt: skip
    contact = st.tuples(
        who, st.integers(10, 20).map(lambda n: n * DAY // 2), st.sampled_from(["", "one", "two"])
    )
    price = st.dictionaries(items, st.sampled_from([1, 10, None]))
    stock = st.dictionaries(items, st.sampled_from([0, 3]))
    return st.builds(
        Known, st.just(9 * DAY), tables, st.frozensets(who), st.lists(contact, max_size=3), price,
        stock,
    )  # fmt: skip


def plans() -> st.SearchStrategy[Campaigns]:
    some = st.lists(st.sampled_from("ABCDE"), max_size=3, unique=True)
    cross = st.builds(Campaign, name=st.just("one"), owners=some, offered=some)
    other = st.builds(
        Campaign, name=st.just("two"), offered=some,
        kind=st.sampled_from(["cross_sell", "viewed_not_bought", "repurchase_due"]),
    )  # fmt: skip
    ladder = st.sampled_from([[], [PriceStep(min_orders=1, max_price=5), PriceStep(min_orders=2)]])
    return st.builds(
        Campaigns, planned=st.tuples(cross, other).map(list), customers=st.just("c.csv"),
        lookback_days=st.sampled_from([4, None]), price_ladder=ladder,
        cooling_off_days=st.sampled_from([0, 2]), max_offers=st.integers(1, 2),
        cooling_off_of=st.sampled_from(["any_campaign", "same_campaign"]),
        prior_customers=st.sampled_from([0, 3]), max_overdue_days=st.integers(0, 3),
        half_life_days=st.just(2), control_share=st.sampled_from([0.0, 0.3, 0.5]),
    )  # fmt: skip


EXACT = (
    "campaign", "customer_id", "item_id", "offer_rank", "arm", "evidence", "source_item_id",
    "joint_count", "evidence_count", "days_since",
)  # fmt: skip


@given(shop=shops(), options=plans(), known=knowledge())
def test_random_shops_agree_with_the_oracle(shop: Shop, options: Campaigns, known: Known) -> None:
    known = replace(known, rows={
        **known.rows,
        "viewed_not_bought": [
            row for row in known.rows["viewed_not_bought"] if row["customer_id"] in shop.customers
        ],
    })  # fmt: skip
    targets, left_out = campaign_targets(shop, options, known)
    summary = build_campaigns(shop, options, known)
    reasons = ("no_consent", "already_owned", "cooling_off", "out_of_stock", "over_price")
    counts = {
        name: getattr(summary, f"{name}_offer_count")
        for name in (*reasons, "repeated", "over_cap")
        if getattr(summary, f"{name}_offer_count")
    }
    assert left_out == counts
    assert summary.candidate_offer_count == sum(counts.values()) + summary.row_count
    expected = [
        (*(row[name] for name in EXACT), row["share"] / 10**8, row["units"] / 10**18)
        for row in targets
    ]
    found = rows(*EXACT, "expected_probability", "offer_score")
    assert sorted(expected, key=str) == sorted(found, key=str)
    assert all(row["units"] <= 10**18 for row in targets)
