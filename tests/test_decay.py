"""Pairs weighed by age: worked by hand, and random shops against plain Python."""

import math
import random
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.mining_options import AlsoBought
from pipeline.mining.associations import build_also_bought
from pipeline.mining.decay import FULL_WEIGHT, weight
from pipeline.mining.window import Window
from tests.reference_tables import also_bought
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, instant

WINDOW = Window(instant("1d"), instant("9d"))
EVERY: dict[str, Any] = {
    "min_item_count": 1,
    "min_pair_count": 1,
    "min_customers": 1,
    "min_lift": 0.0,
    "max_q_value": None,
}
# T and U go with S in three orders each: T lately, U long ago.
SALES = drawn_sales("""
    order | customer | item | at
    1     | ann      | S    | 8d
    1     | ann      | T    | 8d
    2     | bob      | S    | 6d+1h
    2     | bob      | T    | 6d+1h
    3     | cid      | S    | 4d+23h
    3     | cid      | T    | 4d+23h
    4     | dan      | S    | 2d
    4     | dan      | U    | 2d
    5     | eve      | S    | 2d
    5     | eve      | U    | 2d
    6     | fay      | S    | 2d
    6     | fay      | U    | 2d
    7     | fay      | U    | 1d
    7     | fay      | T    | 1d
    8     | gil      | X    | 8d+23h
""")


def built(sales: tuple[SaleLine, ...], **options: Any) -> None:
    load_shop(shop_engine(), Shop(sales))
    build_also_bought(shop_engine(), AlsoBought(**{**EVERY, **options}), WINDOW, "sku")


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "also_bought", "source_item_id", "target_item_id", *columns)


def low(n_ab: float, n_a: float, n_b: float, n: float) -> float:
    """The lower bound of lift, as a formula of its own."""
    share, z = n_ab / n_a, 1.96
    middle = share + z * z / (2 * n_a)
    reach = z * math.sqrt(share * (1 - share) / n_a + z * z / (4 * n_a * n_a))
    return (middle - reach) / (1 + z * z / n_a) * n / n_b


def test_a_weight_halves_with_each_half_life() -> None:
    assert [FULL_WEIGHT, FULL_WEIGHT // 2, FULL_WEIGHT // 8] == [weight(d, 7) for d in (0, 7, 21)]
    assert round(FULL_WEIGHT / math.sqrt(2)) == weight(5, 10)
    assert 0 == weight(36_500, 1)


def test_weights_worked_by_hand() -> None:
    """Half-life 2 days, as of day 9; ages in days: 1, 2, 4; 7, 7, 7, 8; the order of X has 0.

    S-T weighs 2^-0.5 + 2^-1 + 2^-2, S-U 3 x 2^-3.5, T-U 2^-4; all orders 1 more than these.
    """
    built(SALES, grain="order", half_life_days=2)
    st_, su, tu = 2**-0.5 + 0.5 + 0.25, 3 * 2**-3.5, 2**-4
    s, t, u, n = st_ + su, st_ + tu, su + tu, st_ + su + tu + 1
    expected = [
        ("S", "T", 1, 3, st_, low(st_, s, t, n)),
        ("S", "U", 2, 3, su, low(su, s, u, n)),
        ("T", "S", 1, 3, st_, low(st_, t, s, n)),
        ("T", "U", 2, 1, tu, low(tu, t, u, n)),
        ("U", "S", 1, 3, su, low(su, u, s, n)),
        ("U", "T", 2, 1, tu, low(tu, u, t, n)),
    ]
    actual = rows("rank", "joint_count", "decayed_weight", "decayed_lift_low")
    assert [row[:4] for row in expected] == [row[:4] for row in actual]
    for row, found in zip(expected, actual, strict=True):
        assert pytest.approx(row[4:], rel=1e-5) == found[4:]


def test_fresh_pairs_overtake_only_where_a_half_life_is_set() -> None:
    built((*SALES, SaleLine("9", "hal", "S", 2 * DAY), SaleLine("9", "hal", "U", 2 * DAY)),
          grain="order", max_targets=1)  # fmt: skip
    assert ("S", "U", 1, None, None) in rows("rank", "decayed_weight", "decayed_lift_low")
    built((*SALES, SaleLine("9", "hal", "S", 2 * DAY), SaleLine("9", "hal", "U", 2 * DAY)),
          grain="order", max_targets=1, half_life_days=1)  # fmt: skip
    assert ("S", "T", 1) in rows("rank")
    assert [("S", "T"), ("T", "S"), ("U", "S")] == rows()


def test_a_pair_weighs_as_its_older_item_and_a_basket_as_its_newest() -> None:
    """Ann bought A at day 3 and again at day 8, B at day 7: the pair is 6 days old, she is 2."""
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
        2     | ann      | B    | 7d
        3     | ann      | A    | 8d
    """)
    built(sales, half_life_days=2)
    bound = low(1 / 8, 1 / 8, 1 / 2, 1 / 2)
    assert [("A", "B", 0.125), ("B", "A", 0.125)] == rows("decayed_weight")
    assert pytest.approx(bound) == rows("decayed_lift_low")[0][2]


def test_the_order_of_sale_lines_does_not_matter() -> None:
    columns = ("rank", "decayed_weight", "decayed_lift_low")
    built(SALES, half_life_days=3)
    expected = rows(*columns)
    built(tuple(random.Random(2).sample(SALES, len(SALES))), half_life_days=3)  # noqa: S311
    assert expected == rows(*columns)


@given(
    shop=shops(),
    grain=st.sampled_from(["order", "customer_day", "customer"]),
    half_life=st.integers(1, 9),
    limits=st.tuples(st.integers(1, 3), st.integers(2, 5)),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, grain: Any, half_life: int, limits: tuple[int, int]
) -> None:
    most: dict[str, Any] = dict(zip(("max_targets", "max_basket_items"), limits, strict=True))
    options = AlsoBought(**EVERY, **most, grain=grain, half_life_days=half_life)
    load_shop(shop_engine(), shop)
    build_also_bought(shop_engine(), options, WINDOW, "sku")
    expected = _oracle(shop, options)
    actual = rows("rank", "decayed_weight", "decayed_lift_low")
    assert [row[:4] for row in expected] == [row[:4] for row in actual]
    assert [pytest.approx(row[4]) for row in expected] == [row[4] for row in actual]


def _oracle(shop: Shop, options: AlsoBought) -> list[tuple[Any, ...]]:
    """Return source, target, rank, weight and bound of each row, in plain Python."""
    baskets: dict[Any, dict[str, int]] = defaultdict(dict)
    for line in shop.sale_lines:
        day = line.customer and (line.customer, line.at // DAY)
        key = {"order": line.order, "customer": line.customer, "customer_day": day}[options.grain]
        if key and line.item and WINDOW.start <= line.at < WINDOW.end:
            baskets[key][line.item] = min(line.at, baskets[key].get(line.item, line.at))
    weighed = [
        {item: weight((WINDOW.end - at) // DAY, options.half_life_days or 1) / FULL_WEIGHT
         for item, at in held.items()}
        for held in baskets.values() if len(held) <= options.max_basket_items
    ]  # fmt: skip
    n = sum(max(held.values()) for held in weighed)
    every = options.model_copy(update={"max_targets": 99})
    sources: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in also_bought(shop, every, WINDOW, "sku"):
        a, b = row["source_item_id"], row["target_item_id"]
        joint = sum(min(held[a], held[b]) for held in weighed if {a, b} <= held.keys())
        n_a, n_b = (sum(held.get(item, 0) for held in weighed) for item in (a, b))
        bound = low(joint, n_a, n_b, n)
        sources[a].append((-round(bound, 12), -joint, b, bound))
    return [
        (source, target, rank, -joint, bound)
        for source, found in sorted(sources.items())
        for target, rank, joint, bound in sorted(
            (target, rank, joint, bound)
            for rank, (_, joint, target, bound) in enumerate(sorted(found), start=1)
            if rank <= options.max_targets
        )
    ]
