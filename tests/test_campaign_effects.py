"""What campaigns brought: a hand-worked shop, published intervals, the oracle, and whole runs."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.__main__ import main
from pipeline.config.load import load_config
from pipeline.errors import DataError, UsageError
from pipeline.evaluation.campaign_effects import effect, measure_campaigns, responses
from pipeline.evaluation.group_differences import mean_difference, share_difference
from pipeline.io.new_project import write_project
from pipeline.mining.window import Window
from pipeline.run import run
from tests.shops import Shop, drawn_sales, load_shop, shop_engine, shops
from tests.tables import DAY, drawn, instant

AFTER = Window(instant("10d"), instant("20d"))
_TARGETS = pa.schema(
    [(name, pa.string()) for name in ("campaign", "customer_id", "item_id", "arm")]
)
_RETURNED = pa.schema(
    [
        ("order_code", pa.int64()), ("item_code", pa.int32()), ("customer_code", pa.int64()),
        ("ordered_at", pa.int64()),
    ]
)  # fmt: skip


def responses_of(
    shop: Shop, targets: list[tuple[str, str, str, str]], returned: list[tuple[str, str, int]]
) -> list[dict[str, Any]]:
    """Load a shop and what came back (customer, item, instant); return the responses."""
    engine = shop_engine()
    load_shop(engine, shop)
    codes = {name: code for code, name in enumerate(shop.customers)}
    items = {name: code for code, name in enumerate(shop.items)}
    rows = [(1000 + at // DAY, items[item], codes[who], at) for who, item, at in returned]
    engine.load("returned_lines", _table(_RETURNED, rows))
    found = responses(engine, _table(_TARGETS, targets), AFTER)
    order = [("campaign", "ascending"), ("customer_id", "ascending")]
    rows_of: list[dict[str, Any]] = found.sort_by(order).to_pylist()
    return rows_of


def _table(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
    )


def offers(text: str) -> list[tuple[str, str, str, str]]:
    return [tuple(map(str, row.values())) for row in drawn(text)]  # type: ignore[misc]


# Ann buys her offer in time, in two orders; bob the offer of others; cid sends all of it back;
# dan bought too early; eve not at all; fay too late. Hal is not known any more.
SHOP = Shop(
    sale_lines=drawn_sales("""
        order | customer | item | at  | quantity | amount
        1     | ann      | A    | 11d | 1        | 10
        2     | ann      | C    | 12d | 2        | 30
        3     | bob      | B    | 19d | 1        | 6
        4     | dan      | A    | 9d  | 1        | 10
        5     | eve      | C    | 1d  | 1        | 10
        6     | fay      | A    | 20d | 1        | 10
        7     | cid      | C    | 2d  | 1        | 10
    """)
)
OFFERS = offers("""
    campaign | customer | item | arm
    kit      | ann      | A    | treated
    kit      | bob      | A    | treated
    kit      | bob      | C    | treated
    kit      | cid      | A    | treated
    kit      | dan      | A    | control
    kit      | eve      | B    | control
    kit      | fay      | A    | control
    kit      | hal      | A    | control
    other    | ann      | B    | control
""")


def test_what_each_customer_did_since_is_worked_by_hand() -> None:
    found = responses_of(SHOP, OFFERS, [("cid", "A", instant("13d"))])
    expected = drawn("""
        campaign | customer | known | converted | cross_sold | orders | amount | refund
        kit      | ann      | true  | true      | true       | 2      | 40.0   | false
        kit      | bob      | true  | false     | true       | 1      | 6.0    | false
        kit      | cid      | true  | true      | true       | 1      | None   | true
        kit      | dan      | true  | false     | false      | 0      | None   | false
        kit      | eve      | true  | false     | false      | 0      | None   | false
        kit      | fay      | true  | false     | false      | 0      | None   | false
        kit      | hal      | false | false     | false      | 0      | None   | false
        other    | ann      | true  | false     | false      | 2      | 40.0   | false
    """)
    rows = [{name: row[name] for name in row if name != "arm"} for row in found]
    assert [list(row.values()) for row in expected] == [
        [str(v).lower() if isinstance(v, bool) else str(v) for v in row.values()] for row in rows
    ]


def test_arms_are_compared_figure_by_figure() -> None:
    """Treated ann 40 in 2 orders, bob 6 in 1, cid 0 in 1 that came back; four control without."""
    rows = pa.Table.from_pylist(responses_of(SHOP, OFFERS[:-1], [("cid", "A", instant("13d"))]))
    found = effect("kit", rows)
    assert (3, 4, True) == (found.treated_count, found.control_count, found.is_small)
    assert (2 / 3, 0.0) == (found.conversion.treated, found.conversion.control)
    assert (1.0, 0.0) == (found.cross_sell_rate.treated, found.cross_sell_rate.control)
    assert found.revenue is not None
    assert found.order_value is not None
    assert (46 / 3, 0.0) == (found.revenue.treated, found.revenue.control)
    assert (26 / 3, None) == (found.order_value.treated, found.order_value.control)
    assert (1 / 3, None, 3, 0) == (
        found.refund_rate.treated, found.refund_rate.control,
        found.refund_rate.treated_size, found.refund_rate.control_size,
    )  # fmt: skip
    assert found.refund_rate.low is None


# Table II of Newcombe (1998), method 10, at 95 %.
NEWCOMBE = drawn("""
    successes | of | others | of others | low     | high
    56        | 70 | 48     | 80        | 0.0524  | 0.3339
    9         | 10 | 3      | 10        | 0.1705  | 0.8090
    6         | 7  | 2      | 7         | 0.0582  | 0.8062
    5         | 56 | 0      | 29        | -0.0381 | 0.1926
    0         | 10 | 0      | 20        | -0.1611 | 0.2775
    0         | 10 | 0      | 10        | -0.2775 | 0.2775
    10        | 10 | 0      | 20        | 0.6791  | 1.0000
    10        | 10 | 0      | 10        | 0.6075  | 1.0000
""")


@pytest.mark.parametrize("row", NEWCOMBE, ids=lambda row: f"{row['successes']}/{row['of']}")
def test_intervals_of_shares_are_those_that_newcombe_published(row: dict[str, str]) -> None:
    successes, size, others, other_size = (int(text) for text in list(row.values())[:4])
    found = share_difference(np.arange(size) < successes, np.arange(other_size) < others)
    low, high = (float(text) for text in list(row.values())[4:])
    assert [low, high] == pytest.approx([found.low, found.high], abs=1e-4)


VALUES = st.lists(st.integers(0, 500).map(lambda cents: cents / 100), min_size=2, max_size=12)


# scipy warns of any sample whose values are all equal; the interval is exact then.
@pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")
@given(treated=VALUES, control=VALUES)
def test_intervals_of_means_are_those_of_scipy(treated: list[float], control: list[float]) -> None:
    found = mean_difference(np.array(treated), np.array(control))
    assert found.difference == pytest.approx(np.mean(treated) - np.mean(control), abs=1e-12)
    if len({*treated}) > 1 or len({*control}) > 1:
        with np.errstate(all="ignore"):
            interval = stats.ttest_ind(treated, control, equal_var=False).confidence_interval(0.95)
        assert [found.low, found.high] == pytest.approx([interval.low, interval.high])
    else:
        assert found.low == found.high == found.difference


def test_a_mean_of_one_has_no_interval_and_of_nobody_no_value() -> None:
    one = mean_difference(np.array([1.0]), np.array([2.0, 3.0]))
    assert (-1.5, None) == (one.difference, one.low)
    nobody = mean_difference(np.array([]), np.array([2.0, 3.0]))
    assert (None, 2.5, None) == (nobody.treated, nobody.control, nobody.difference)


OFFERED = st.tuples(
    st.sampled_from(["one", "two"]),
    st.sampled_from(["ann", "bob", "cid", "eve"]),
    st.sampled_from("ABCDE"),
    st.just("treated"),
)


@given(shop=shops(), targets=st.lists(OFFERED, unique=True, min_size=1, max_size=8))
def test_random_shops_agree_with_the_oracle(
    shop: Shop, targets: list[tuple[str, str, str, str]]
) -> None:
    window = Window(instant("3d"), instant("8d"))
    load_shop(shop_engine(), shop)
    shop_engine().load("returned_lines", _RETURNED.empty_table())
    if not {who for _, who, _, _ in targets} & set(shop.customers):
        with pytest.raises(DataError, match="none of the customers of the campaigns is known"):
            responses(shop_engine(), _table(_TARGETS, targets), window)
        return
    found = responses(shop_engine(), _table(_TARGETS, targets), window).to_pylist()
    assert {(c, who) for c, who, _, _ in targets} == {
        (r["campaign"], r["customer_id"]) for r in found
    }
    for row in found:
        own = [
            line for line in shop.sale_lines
            if line.customer == row["customer_id"] and window.start <= line.at < window.end
        ]  # fmt: skip
        items = {line.item for line in own}
        key = (row["campaign"], row["customer_id"])
        assert row["is_converted"] == any(t[:2] == key and t[2] in items for t in targets)
        assert row["is_cross_sold"] == any(t[0] == key[0] and t[2] in items for t in targets)
        assert row["order_count"] == len({line.order for line in own})
        assert row["amount"] == (float(sum(line.amount or 0 for line in own)) if own else None)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A starter project with a campaign, run as of a day before its last orders."""
    write_project(tmp_path / "shop")
    folder = tmp_path / "shop"
    consents = [f"c{number:03d},yes" for number in range(1, 121)]
    (folder / "data" / "customers.csv").write_text("\n".join(["customer_id,consent", *consents]))
    with (folder / "basket.yaml").open("a") as file:
        file.write(
            "campaigns:\n  customers: data/customers.csv\n  control_share: 0.5\n"
            "  planned: [{name: follow}]\nas_of: 2026-03-01\n"
        )
    return folder


def test_a_run_is_measured_on_the_orders_after_it(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(load_config(shop / "basket.yaml"))
    config = str(shop / "basket.yaml")
    assert 0 == main(["campaign", "measure", config, "--until", "2026-04-01", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (report.run_id, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z") == (
        told["run_id"], told["start"], told["until"]
    )  # fmt: skip
    (follow,) = told["campaigns"]
    assert follow["treated_count"] + follow["control_count"] == len(_customers(report.folder))
    assert follow["conversion"]["treated"] == pytest.approx(_share_by_hand(shop, report.folder))
    assert 0 == main(["campaign", "measure", config, "--until", "2026-04-01"])
    text = capsys.readouterr().out
    assert "follow: " in text
    assert "revenue of a customer" in text


def _customers(folder: Path) -> dict[str, set[str]]:
    """Return the treated and control customers of a run with what they are offered."""
    import pyarrow.parquet as pq

    found: dict[str, set[str]] = {}
    for row in pq.read_table(folder / "campaign_targets.parquet").to_pylist():
        found.setdefault(f"{row['customer_id']} {row['arm']}", set()).add(row["item_id"])
    return found


def _share_by_hand(shop: Path, folder: Path) -> float:
    """Return the share of treated customers who bought an offer in March, by plain reading."""
    with (shop / "data" / "orders.csv").open() as file:
        lines = [row for row in csv.DictReader(file) if row["sold_at"] >= "2026-03-01"]
    sold = [row for row in lines if row["qty"].isdigit() and row["qty"] != "0"]
    bought = {(row["customer"], row["sku"]) for row in sold}
    treated = [(who.split()[0], of) for who, of in _customers(folder).items() if "treated" in who]
    return sum(any((who, item) in bought for item in of) for who, of in treated) / len(treated)


def test_keyed_customers_are_matched_by_the_same_key_only(shop: Path) -> None:
    keyed = ["privacy.customer_ids=keyed"]
    key, other = ({"BASKET_CUSTOMER_KEY": letter * 20} for letter in "ab")
    run(load_config(shop / "basket.yaml", keyed, key))
    found = measure_campaigns(load_config(shop / "basket.yaml", keyed, key), until="2026-04-01")
    plain = load_config(shop / "basket.yaml", ["output.path=plain"])
    run(plain)
    before = measure_campaigns(plain, until="2026-04-01")
    assert sum((found.campaigns[0].treated_count, found.campaigns[0].control_count)) == sum(
        (before.campaigns[0].treated_count, before.campaigns[0].control_count)
    )
    with pytest.raises(DataError, match="none of the customers of the campaigns is known"):
        measure_campaigns(load_config(shop / "basket.yaml", keyed, other), until="2026-04-01")
    with pytest.raises(UsageError, match=r"was made with privacy.customer_ids keyed: give --set"):
        measure_campaigns(load_config(shop / "basket.yaml"), until="2026-04-01")


def test_a_run_without_campaigns_or_without_later_orders_is_refused(shop: Path) -> None:
    config = load_config(shop / "basket.yaml", ["campaigns.planned=[]"])
    run(config)
    with pytest.raises(UsageError, match="has no campaigns: plan some"):
        measure_campaigns(config, until="2026-04-01")
    run(load_config(shop / "basket.yaml"))
    with pytest.raises(UsageError, match="give a later --until"):
        measure_campaigns(load_config(shop / "basket.yaml"), until="2026-02-01")


def test_arms_of_too_few_customers_are_not_shown(shop: Path) -> None:
    run(load_config(shop / "basket.yaml"))
    many = load_config(shop / "basket.yaml", ["privacy.min_group_size=1000"])
    report = measure_campaigns(many, until="2026-04-01")
    assert ((), ("follow",)) == (report.campaigns, report.hidden)
