"""Each quirk of the real data sets, and what becomes of it."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.load import load_config
from pipeline.run import run
from tests.conftest import PROJECT
from tests.sources import Cleaned, clean, clean_config, read_source

CONFIGS = PROJECT / "configs"
RETAIL_COLUMNS = {
    "order_id": "InvoiceNo",
    "customer_id": "CustomerID",
    "item_id": "StockCode",
    "ordered_at": "InvoiceDate",
    "quantity": "Quantity",
    "unit_price": "UnitPrice",
}


def left_out(cleaned: Cleaned, source: str = "orders") -> dict[str, int]:
    return dict(cleaned.accounts[source].filtered)


def one(cleaned: Cleaned, sql: str) -> Any:
    ((value,),) = cleaned.query(sql)
    return value


# Online Retail: cancellations, write-offs, gifts, postage, duplicates, spellings.


def retail(shared_data: Path, **sections: Any) -> Cleaned:
    orders = {
        "files": str(shared_data / "online_retail" / "online_retail.parquet"),
        "columns": RETAIL_COLUMNS,
        "integer_ids": ["customer_id"],
        **sections.pop("orders", {}),
    }
    return clean(shared_data, {"orders": orders, **sections})


@pytest.fixture(scope="module")
def online_retail(shared_data: Path) -> Cleaned:
    assert shared_data.is_dir()
    return clean_config(load_config(CONFIGS / "online_retail.yaml"))


def test_lines_of_online_retail_add_up(online_retail: Cleaned) -> None:
    account = online_retail.accounts["orders"]
    assert (541_909, 0) == (account.lines, account.quarantined)
    reasons = {"non_product", "return", "returned", "unmatched_return", "zero_price"}
    assert reasons == set(account.filtered)
    assert account.accepted == one(online_retail, "select count(*) from sale_lines")


def test_customers_written_as_decimals_are_whole_numbers(online_retail: Cleaned) -> None:
    assert 0 == one(online_retail, "select count(*) from customers where customer_id like '%.%'")
    assert 1 == one(online_retail, "select count(*) from customers where customer_id = '17850'")


def test_postage_and_charges_are_no_items(online_retail: Cleaned) -> None:
    codes = "('POST', 'DOT', 'M', 'D', 'C2', 'BANK CHARGES', 'gift_0001_20', 'DCGS0003')"
    assert 0 == one(online_retail, f"select count(*) from items where item_id in {codes}")


def test_codes_that_differ_in_letter_case_are_one_item(online_retail: Cleaned) -> None:
    sql = "select count(*) - count(distinct upper(item_id)) from items"
    assert 0 == one(online_retail, sql)


def test_invoices_with_two_timestamps_have_one(online_retail: Cleaned) -> None:
    orders = "select order_code from {} group by 1 having count(distinct ordered_at) > 1"
    lines = f"select count(*) from ({orders.format('order_lines')})"
    sales = f"select count(*) from ({orders.format('sale_lines')})"
    assert (43, 0) == (one(online_retail, lines), one(online_retail, sales))


def test_the_largest_basket_is_kept_whole(online_retail: Cleaned) -> None:
    largest = "select count(*) from {} group by order_code order by 1 desc limit 1"
    # Mining leaves baskets beyond mining.max_basket_items out and counts them.
    assert 1_114 == one(online_retail, largest.format("order_lines"))
    assert 1_000 < one(online_retail, largest.format("sale_lines"))


@pytest.fixture(scope="module")
def retail_signs(shared_data: Path) -> Cleaned:
    """Online Retail with nothing but the sign of a quantity to go by, and nothing netted."""
    returns = {"net": False}
    return retail(shared_data, orders={"returns": returns, "drop_duplicates": False})


def test_negative_prices_zero_prices_and_returns_are_counted(retail_signs: Cleaned) -> None:
    # 9,288 lines of cancellations have negative quantities and prices, 1,336 write-offs price 0.
    assert {"negative_price": 2, "zero_price": 2_515, "return": 9_288} == left_out(retail_signs)


def test_letter_case_tells_112_codes_apart_by_default(retail_signs: Cleaned) -> None:
    assert 112 == one(retail_signs, "select count(*) - count(distinct upper(item_id)) from items")


def test_an_item_may_stand_on_several_lines_of_an_invoice(retail_signs: Cleaned) -> None:
    pairs = "select order_code from order_lines group by order_code, sku_code having count(*) > 1"
    assert 9_694 == one(retail_signs, f"select count(*) from ({pairs})")


def test_lines_without_a_customer_are_sales(retail_signs: Cleaned) -> None:
    assert 135_080 == one(retail_signs, "select count(*) from order_lines where scope_code < 0")
    # Less returns, bad debts and lines of price zero.
    known = one(retail_signs, "select count(customer_code) from sale_lines")
    assert 132_220 == one(retail_signs, "select count(*) from sale_lines") - known


def test_cancelled_invoices_are_returns_by_their_prefix(shared_data: Path) -> None:
    returns = {"by_sign": False, "order_id_prefixes": ["C"], "net": False}
    got = retail(shared_data, orders={"returns": returns, "keep_zero_prices": True})
    invoices = "select count(distinct order_code) from order_lines"
    assert (25_900, 3_836) == (one(got, invoices), one(got, f"{invoices} where is_return"))
    # Write-offs have a negative quantity too, but belong to no cancelled invoice.
    assert {"negative_price": 2, "return": 9_288, "negative_quantity": 1_336} == left_out(got)


def test_exact_duplicates_are_dropped(shared_data: Path) -> None:
    got = retail(shared_data, orders={"returns": {"net": False}})
    account = got.accounts["orders"]
    # 5,268 lines repeat one in all eight columns. Those that are no sales are counted by reason;
    # lines that differ in nothing but the description, which is not mapped, are equal too.
    path = shared_data / "online_retail" / "online_retail.parquet"
    sales = f"from '{path}' where quantity::int > 0 and unitprice::double > 0"
    columns = ", ".join(RETAIL_COLUMNS.values())
    distinct = one(got, f"select count(*) from (select distinct {columns} {sales})")
    assert 5_268 == one(got, f"select count(*) - (select count(*) from (select distinct * "
                        f"from '{path}')) from '{path}'")  # fmt: skip
    assert distinct == account.accepted
    assert one(got, f"select count(*) {sales}") - distinct == account.duplicates


# The Complete Journey: typed Parquet, long ids, fuel in hundredths, zero quantities.


@pytest.fixture(scope="module")
def complete_journey(shared_data: Path) -> Cleaned:
    assert shared_data.is_dir()
    return clean_config(load_config(CONFIGS / "completejourney.yaml"))


@pytest.mark.deep
def test_zero_quantities_are_left_out_and_fuel_stays(complete_journey: Cleaned) -> None:
    account = complete_journey.accounts["orders"]
    assert (1_469_307, 0, 0) == (account.lines, account.quarantined, account.duplicates)
    assert 8_869 == account.filtered["zero_quantity"]
    assert 89_638 == one(complete_journey, "select max(quantity)::int from sale_lines")


@pytest.mark.deep
def test_basket_ids_beyond_32_bits_stay_apart(complete_journey: Cleaned) -> None:
    orders = one(complete_journey, "select count(distinct order_code) from sale_lines")
    # All 155,848 baskets but those of free or empty lines only.
    assert 155_000 < orders <= 155_848
    assert 2_469 == one(complete_journey, "select count(*) from customers")


@pytest.mark.deep
def test_items_missing_from_the_catalogue_are_items_without_attributes(
    complete_journey: Cleaned,
) -> None:
    sql = (
        "select count(distinct item_id) from items where name is null and category is null "
        "and item_code in (select item_code from sale_lines)"
    )
    assert 0 < one(complete_journey, sql) <= 17


# REES46: one log of views, carts and purchases, its last line cut.


@pytest.fixture(scope="module")
def rees46(shared_data: Path) -> Cleaned:
    assert shared_data.is_dir()
    return clean_config(load_config(CONFIGS / "rees46.yaml"))


def test_a_last_line_that_was_cut_is_quarantined(rees46: Cleaned) -> None:
    ((source, line, reason), (_, again, _)) = rees46.query(
        "select source, line, reason from quarantine order by source"
    )
    # Its user id is a valid-looking shorter one: only the missing field gives it away.
    assert ("events", 17_436, 17_436) == (source, line, again)
    assert "line has 8 fields instead of 9" == reason


def test_one_log_gives_views_and_orders(rees46: Cleaned) -> None:
    assert 17_056 - 1 == one(rees46, "select count(*) from views")
    assert 214 == rees46.accounts["orders"].accepted
    assert 17_434 == rees46.accounts["events"].accepted


def test_nearly_every_bought_item_was_viewed_before_by_its_buyer(rees46: Cleaned) -> None:
    # An order (a session) has the time of its first purchase; here each line has its own.
    bought = "select distinct scope_code, item_code from order_lines"
    viewed = (
        "exists (from views where visitor_code = scope_code "
        "and views.item_code = order_lines.item_code and viewed_at < ordered_at)"
    )
    assert 208 == one(rees46, f"select count(*) from ({bought})")
    assert 206 == one(rees46, f"select count(*) from ({bought} where {viewed})")


def test_a_missing_category_is_null(shared_data: Path) -> None:
    catalogue = {
        "files": str(shared_data / "rees46" / "2019-Oct_first17k.csv.gz"),
        "columns": {"item_id": "product_id", "category": "category_code", "brand": "brand"},
    }
    got = read_source(shared_data, "catalogue", catalogue=catalogue)
    nulls = got.engine.count(f"{got.table} where category is null")
    assert (17_434, 5_746) == (got.account.accepted, nulls)


# Foodmart: no order id, the day behind a key, classes of products in a second file.


@pytest.fixture(scope="module")
def foodmart(shared_data: Path) -> Cleaned:
    assert shared_data.is_dir()
    return clean_config(load_config(CONFIGS / "foodmart.yaml"))


def test_a_basket_is_a_customer_on_a_day_in_a_store(foodmart: Cleaned, shared_data: Path) -> None:
    rows = gzip_rows(shared_data / "foodmart" / "sales_fact_1997.csv.gz")
    expected = {(row["customer_id"], row["time_id"], row["store_id"]) for row in rows}
    assert len(expected) == one(foodmart, "select count(distinct order_code) from sale_lines")


def test_days_and_classes_come_from_other_files(foodmart: Cleaned) -> None:
    first, last = foodmart.query("select min(ordered_day), max(ordered_day) from sale_lines")[0]
    assert (9_862, 10_225) == (first, last)  # 1997-01-01 and 1997-12-30
    assert 0 == one(foodmart, "select count(*) from items where category not like '% > % > % > %'")


# The bread basket: an item that is none, and repeated lines.


def test_an_item_that_is_none_is_left_out_and_repeated_lines_are_one(shared_data: Path) -> None:
    path = shared_data / "breadbasket" / "BreadBasket_DMS.csv.gz"
    orders = {
        "files": str(path),
        "columns": {"order_id": "Transaction", "item_id": "Item", "ordered_at": "Date"},
        "timestamps": {"formats": ["%Y-%m-%d"]},
        "non_products": {"item_ids": ["NONE"]},
    }
    got = clean(shared_data, {"orders": orders})
    account = got.accounts["orders"]
    rows = [(row["Transaction"], row["Item"]) for row in gzip_rows(path)]
    sold = [row for row in rows if row[1] != "NONE"]
    assert {"header": 1, "non_product": 786} == account.filtered
    assert len(set(sold)) == account.accepted
    assert len(sold) - len(set(sold)) == account.duplicates
    # 1,653 lines repeat one, those of NONE included.
    assert 1_653 == len(rows) - len(set(rows))


# CDNOW: columns of blanks, Windows line ends, orders without items.


def test_orders_without_items_have_rfm_segments_and_nothing_else(
    shared_data: Path, tmp_path: Path
) -> None:
    assert shared_data.is_dir()
    report = run(load_config(CONFIGS / "cdnow.yaml", [f"output.path={tmp_path / 'out'}"]))
    assert {"rfm_segments", "rfm_cuts", "quarantine", "run_summary"} == {
        table.name for table in report.tables
    }
    assert "orders have no item_id" == report.not_possible["association_rules"]
    (account,) = report.accounts
    assert (69_660, 69_579) == (account.lines, account.accepted)
    assert {"header": 1, "zero_price": 80} == account.filtered


def test_sale_lines_give_the_frequency_and_recency_that_others_found(shared_data: Path) -> None:
    names = ["master_id", "customer", "date", "cds", "dollars"]
    columns = {"order_id": ["customer", "date"], "customer_id": "customer", "ordered_at": "date"}
    orders = {
        "files": str(shared_data / "cdnow" / "CDNOW_sample.txt.gz"),
        "csv": {"delimiter": "whitespace", "header": False, "names": names},
        "columns": {**columns, "quantity": "cds", "amount": "dollars"},
        "timestamps": {"formats": ["%Y%m%d"]},
        "drop_duplicates": False,
        "keep_zero_prices": True,
    }
    got = clean(shared_data, {"orders": orders})
    # The summary looks at the first 39 weeks, up to 1997-09-30.
    end = 10_134
    rows = got.query(
        "select cast(customer_id as int), count(distinct ordered_day) - 1, "
        f"round((max(ordered_day) - min(ordered_day)) / 7, 2), "
        f"round(({end} - min(ordered_day)) / 7, 2) from sale_lines "
        f"join customers using (customer_code) where ordered_day <= {end} group by 1 order by 1"
    )
    summary = gzip_rows(shared_data / "cdnow" / "cdnow_customers_summary.csv.gz")
    expected = [
        (int(row["ID"]), int(row["frequency"]), float(row["recency"]), float(row["T"]))
        for row in summary
    ]
    assert 2_357 == len(expected)
    assert expected == rows


# Customers of R's package rfm: names as ids.


def test_names_with_apostrophes_are_ids(shared_data: Path) -> None:
    orders = {
        "files": str(shared_data / "rfm" / "rfm_data_orders.csv.gz"),
        "order_per_line": True,
        "columns": {"customer_id": "customer_id", "ordered_at": "order_date", "amount": "revenue"},
        "timestamps": {"formats": ["%Y-%m-%d"]},
    }
    got = clean(shared_data, {"orders": orders})
    assert (4_906, 995) == (
        got.accounts["orders"].accepted, one(got, "select count(*) from customers"),
    )  # fmt: skip
    name = "Abbey O''Reilly"
    sql = f"from sale_lines join customers using (customer_code) where customer_id = '{name}'"
    assert (6, 472) == got.query(f"select count(distinct order_code), sum(amount)::int {sql}")[0]


def gzip_rows(path: Path) -> Sequence[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
