"""Order lines: what counts as a sale, and under which reason the rest is counted."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.model import Config
from pipeline.config.source_options import NonProducts
from pipeline.mining.cleaning import non_products
from tests.sources import FEWER, Cleaned, clean, clean_orders, csv_text

PLAIN = """
    order | customer | item | at | quantity | price
    1     | ann      | A    | 1  | 2        | 1.50
    1     | ann      | B    | 1  | 1        | 3
    2     | bob      | A    | 2  | 5        | 1.50
"""


def outcome(cleaned: Cleaned) -> tuple[int, int, dict[str, int]]:
    """Return accepted lines, duplicates, and lines left out by reason, without the header."""
    account = cleaned.accounts["orders"]
    left_out = {reason: count for reason, count in account.filtered.items() if reason != "header"}
    return account.accepted, account.duplicates, left_out


def test_a_plain_line_is_a_sale(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, PLAIN)
    assert [("ann", "A", 2, 3), ("ann", "B", 1, 3), ("bob", "A", 5, 7.5)] == got.sales
    assert (3, 0, {}) == outcome(got)


def test_items_are_coded_by_falling_lines_then_id(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, PLAIN)
    assert [(0, "A"), (1, "B")] == got.query("select item_code, item_id from items order by 1")


RETURN = """
    order | customer | item | at | quantity | price | status
    1     | ann      | A    | 1  | 2        | 10    | sold
    2     | ann      | A    | 2  | 3        | 11    | sold
    {}
"""
SIGN = RETURN.format("3 | ann | A | 3 | -4 | 10 | sold")


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("3  | ann | A | 3 | -4 | 10 | sold", {}),
        ("3  | ann | A | 3 | 4  | 10 | back", {"returns": {"statuses": ["back"]}}),
        ("C3 | ann | A | 3 | 4  | 10 | sold", {"returns": {"order_id_prefixes": ["C"]}}),
        ("C3 | ann | A | 3 | -4 | 10 | sold", {"returns": {"order_id_prefixes": ["C"]}}),
        (
            "C3 | ann | A | 3 | -4 | 10 | sold",
            {"returns": {"order_id_prefixes": ["C"], "by_sign": False}},
        ),
    ],
)
def test_a_return_takes_back_what_was_bought_last(
    tmp_path: Path, line: str, options: dict[str, Any]
) -> None:
    got = clean_orders(tmp_path, RETURN.format(line), **options)
    # Of 2 at 10 and then 3 at 11, four go back: the three, and one of the two.
    assert [("ann", "A", 1, 10)] == got.sales
    assert (1, 0, {"return": 1, "returned": 1}) == outcome(got)


def test_a_negative_quantity_that_is_no_return_is_left_out(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, SIGN, returns={"by_sign": False})
    assert (2, 0, {"negative_quantity": 1}) == outcome(got)


def test_without_netting_returns_are_left_out_and_sales_stay(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, SIGN, returns={"net": False})
    assert [("ann", "A", 2, 20), ("ann", "A", 3, 33)] == got.sales
    assert (2, 0, {"return": 1}) == outcome(got)


def test_a_return_before_the_sale_finds_nothing(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at | quantity | price
        0     | ann      | A    | 1  | -9       | 1
        1     | ann      | A    | 2  | 2        | 1
        2     | bob      | A    | 3  | -1       | 1
        3     | ann      | B    | 3  | -1       | 1
        """,
    )
    assert [("ann", "A", 2, 2)] == got.sales
    assert (1, 0, {"unmatched_return": 3}) == outcome(got)


def test_a_return_larger_than_all_sales_takes_them_and_no_later_one(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at | quantity | price
        1     | ann      | A    | 1  | 2        | 1
        2     | ann      | A    | 2  | -5       | 1
        3     | ann      | A    | 3  | 4        | 1
        """,
    )
    assert [("ann", "A", 4, 4)] == got.sales
    assert (1, 0, {"return": 1, "returned": 1}) == outcome(got)


def test_without_a_customer_a_return_belongs_to_its_order(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at | quantity | price
        1     | -        | A    | 1  | 2        | 1
        C1    | -        | A    | 2  | -1       | 1
        C9    | -        | A    | 2  | -1       | 1
        """,
        returns={"order_id_prefixes": ["C"]},
    )
    assert [(None, "A", 1, 1)] == got.sales
    assert (1, 0, {"return": 1, "unmatched_return": 1}) == outcome(got)


def test_part_of_a_line_with_an_amount_has_that_part_of_it(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at | quantity | amount
        1     | ann      | A    | 1  | 3        | 10
        2     | ann      | A    | 2  | -1       | -3
        3     | ann      | B    | 2  | 3        | 10
        """,
    )
    assert [("ann", "A", 2, 6.6667), ("ann", "B", 3, 10)] == got.sales


def test_a_status_can_make_a_sale_void_without_netting(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, SIGN.replace("-4", "4"), cancelled_statuses=["sold", "x"])
    assert (0, 0, {"cancelled": 3}) == outcome(got)


PRICES = """
    order | customer | item | at | quantity | price
    1     | ann      | A    | 1  | 1        | 0
    1     | ann      | B    | 1  | 1        | -2
    1     | ann      | C    | 1  | 0        | 1
    1     | ann      | D    | 1  | 1        | 1
    1     | ann      | E    | 1  | -1       | 0
    1     | ann      | -    | 1  | 1        | 1
"""


def test_zero_prices_negative_prices_and_zero_quantities_are_left_out(tmp_path: Path) -> None:
    reasons = {"zero_price": 2, "negative_price": 1, "zero_quantity": 1, "missing_item": 1}
    assert (1, 0, reasons) == outcome(clean_orders(tmp_path, PRICES))


def test_zero_prices_stay_by_option(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, PRICES, keep_zero_prices=True)
    assert [("ann", "A", 1, 0), ("ann", "D", 1, 1)] == got.sales
    reasons = {"unmatched_return": 1, "negative_price": 1, "zero_quantity": 1, "missing_item": 1}
    assert (2, 0, reasons) == outcome(got)


def test_an_amount_against_the_sign_of_the_quantity_is_a_negative_price(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at | quantity | amount
        1     | ann      | A    | 1  | 1        | -2
        2     | ann      | B    | 1  | -1       | 2
        3     | ann      | C    | 1  | 1        | 0
        4     | ann      | D    | 1  | 1        | 2
        """,
    )
    assert (1, 0, {"negative_price": 2, "zero_price": 1}) == outcome(got)


@pytest.mark.parametrize(
    "rule",
    [
        {"item_ids": ["post", "GIFT_20"]},
        {"patterns": ["POST", "gift.*"]},
        {"patterns": ["(?i)P[OX]ST", "gift_[0-9]+"]},
    ],
)
def test_non_products_are_left_out_by_id_or_pattern(tmp_path: Path, rule: dict[str, Any]) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item    | at | quantity | price
        1     | ann      | POST    | 1  | 1        | 9
        1     | ann      | gift_20 | 1  | 1        | 20
        1     | ann      | POSTER  | 1  | 1        | 5
        """,
        non_products=rule,
    )
    assert [("ann", "POSTER", 1, 5)] == got.sales
    assert (1, 0, {"non_product": 2}) == outcome(got)
    assert [("POSTER",)] == got.query("select item_id from items")


def test_patterns_are_those_of_the_check_of_the_configuration() -> None:
    import pyarrow as pa

    items = pa.chunked_array([["GIFT", "a", "B1", "gift\n"]])
    rule = NonProducts(patterns=["[[:alpha:]]|a|b", "(?i)gift"])
    assert ["GIFT", "a"] == non_products(items, rule).to_pylist()


CASES = """
    order | customer | item | at | quantity | price
    1     | ann      | 5a   | 1  | 1        | 1
    1     | ann      | 5A   | 1  | 1        | 1
    2     | ann      | 5A   | 2  | 1        | 1
"""


def test_letter_case_tells_items_apart(tmp_path: Path) -> None:
    assert [("5A", 2), ("5a", 1)] == items_with_lines(clean_orders(tmp_path, CASES))


def test_letter_case_is_merged_by_option_under_the_most_frequent_spelling(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, CASES, input={"merge_letter_case": True})
    # The same line in two spellings is a duplicate.
    assert [("5A", 2)] == items_with_lines(got)
    assert (2, 1, {}) == outcome(got)


def items_with_lines(cleaned: Cleaned) -> list[tuple[Any, ...]]:
    sql = "select item_id, count(*) from sale_lines join items using (item_code) group by all"
    return cleaned.query(f"{sql} order by all")


REPEATED = """
    order | customer | item | at    | quantity | price
    1     | ann      | A    | 1     | 2        | 1
    1     | ann      | A    | 1     | 2        | 1
    1     | ann      | A    | 1     | 2        | 1
    1     | ann      | A    | 1     | 3        | 1
    2     | ann      | A    | 1     | 2        | 1
"""


def test_equal_lines_of_an_order_are_one(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, REPEATED)
    assert [("ann", "A", 2, 2), ("ann", "A", 2, 2), ("ann", "A", 3, 3)] == got.sales
    assert (3, 2, {}) == outcome(got)


def test_equal_lines_stay_by_option(tmp_path: Path) -> None:
    got = clean_orders(tmp_path, REPEATED, drop_duplicates=False)
    assert (5, 0, {}) == outcome(got)
    assert 11 == sum(quantity for _, _, quantity, _ in got.sales)


def test_equal_lines_are_one_before_a_return_is_netted(tmp_path: Path) -> None:
    back = REPEATED + "    3 | ann | A | 2 | -4 | 1\n"
    got = clean_orders(tmp_path, back)
    # Bought last is order 2 (2 units); then, of order 1, two of the three.
    assert (2, 2, {"return": 1, "returned": 1}) == outcome(got)
    assert [("ann", "A", 1, 1), ("ann", "A", 2, 2)] == got.sales


def test_equal_lines_that_stay_are_returned_one_by_one(tmp_path: Path) -> None:
    back = REPEATED + "    3 | ann | A | 2 | -8 | 1\n"
    got = clean_orders(tmp_path, back, drop_duplicates=False)
    # Eight of eleven: order 2, the three, and of three times two one line and a half.
    assert [("ann", "A", 1, 1), ("ann", "A", 2, 2)] == got.sales
    assert (2, 0, {"return": 1, "returned": 3}) == outcome(got)


def test_an_order_has_the_earliest_time_of_its_lines(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at      | quantity | price
        1     | ann      | A    | 2 10:01 | 1        | 1
        1     | ann      | B    | 2 10:00 | 1        | 1
        1     | ann      | C    | 1 09:00 | 1        | 0
        """,
    )
    # The gift at nine is no sale, so it does not date the order.
    sql = "select strftime(make_timestamp(ordered_at), '%d %H:%M') from sale_lines"
    assert [("02 10:00",), ("02 10:00",)] == got.query(sql)


def test_orders_without_items_are_sales(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | at | quantity | amount
        1     | ann      | 1  | 2        | 20
        2     | ann      | 1  | 1        | 0
        """,
    )
    assert [("ann", None, 2, 20)] == got.sales
    assert (1, 0, {"zero_price": 1}) == outcome(got)


def test_orders_without_prices_or_quantities_are_sales_of_one(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | item | at
        1     | A    | 1
        """,
    )
    assert [(None, "A", 1, None)] == got.sales


def test_large_amounts_are_exact(tmp_path: Path) -> None:
    got = clean_orders(
        tmp_path,
        """
        order | customer | item | at | quantity | price
        1     | ann      | A    | 1  | 80000    | 120000.25
        2     | ann      | B    | 1  | 80000    | 120000.25
        3     | ann      | B    | 2  | -1       | 120000.25
        """,
    )
    amounts = got.query("select cast(amount as varchar) from sale_lines order by amount")
    assert [("9599899999.7500",), ("9600020000.0000",)] == amounts


CATALOGUE = b"""item,product,name,category,price
A,P,tea,food,1
a,P,TEA,food,1
B,P,cup,home,4
C,-,pot,,2
C,-,pot,,2
"""


def levelled(folder: Path, level: str) -> Cleaned:
    (folder / "catalogue.csv").write_bytes(CATALOGUE)
    columns = {"item_id": "item", "product_id": "product", "name": "name", "category": "category"}
    return clean_orders(
        folder,
        """
        order | customer | item | at | quantity | price
        1     | ann      | A    | 1  | 1        | 1
        1     | ann      | B    | 1  | 1        | 4
        1     | ann      | C    | 1  | 1        | 2
        1     | ann      | X    | 1  | 1        | 9
        """,
        catalogue={"files": "catalogue.csv", "columns": {**columns, "price": "price"}},
        item_level=level,
    )


@pytest.mark.parametrize(
    ("level", "sold"),
    [
        ("sku", ["A", "B", "C", "X"]),
        ("product", ["-", "P", "P", "X"]),
        ("category", ["food", "home", "no category", "no category"]),
    ],
)
def test_an_item_is_an_id_a_product_or_a_category(
    tmp_path: Path, level: str, sold: list[str]
) -> None:
    assert sold == sorted(item for _, item, _, _ in levelled(tmp_path, level).sales)


def test_a_catalogue_gives_each_item_one_row(tmp_path: Path) -> None:
    got = levelled(tmp_path, "sku")
    account = got.accounts["catalogue"]
    assert (6, 4, 1) == (account.lines, account.accepted, account.duplicates)
    assert [("A", "tea", "food"), ("X", None, None)] == got.query(
        "select item_id, name, category from items where item_id in ('A', 'X') order by 1"
    )


Move = tuple[bool, int]  # is it a return, and of how many units


def naive_left(moves: list[Move]) -> list[int]:
    """Return what is left of each purchase; returns pop units off a stack of them."""
    stack: list[int] = []
    for place, (is_return, units) in enumerate(moves):
        if is_return:
            del stack[max(0, len(stack) - units) :]
        else:
            stack += [place] * units
    return [stack.count(place) for place, (is_return, _) in enumerate(moves) if not is_return]


MOVES = st.lists(st.tuples(st.booleans(), st.integers(1, 4)), min_size=1, max_size=20)


@FEWER
@given(st.lists(MOVES, min_size=1, max_size=12))
def test_netting_is_a_stack_of_units_for_each_customer(
    tmp_path_factory: pytest.TempPathFactory, customers: list[list[Move]]
) -> None:
    lines, expected = [], []
    for customer, moves in enumerate(customers):
        lines += [
            f"{place} | c{customer} | A | {place + 1} | {-units if back else units} | {place + 1}"
            for place, (back, units) in enumerate(moves)
        ]
        purchases = [place for place, (is_return, _) in enumerate(moves) if not is_return]
        left = zip(purchases, naive_left(moves), strict=True)
        expected += [(f"c{customer}", "A", n, n * (place + 1)) for place, n in left if n]
    drawn = "order | customer | item | at | quantity | price\n" + "\n".join(lines)
    got = clean_orders(tmp_path_factory.mktemp("stack"), drawn)
    assert sorted(expected) == got.sales


@FEWER
@given(st.permutations(range(7)), st.sampled_from([1, 4]))
def test_the_order_of_lines_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], files: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    header, *lines = csv_text(
        """
        customer | item | at | quantity | price
        ann      | A    | 1  | 2        | 1
        ann      | A    | 1  | 2        | 5
        ann      | A    | 1  | 1        | 1
        ann      | A    | 2  | -3       | 1
        ann      | B    | 1  | 2        | 1
        ann      | B    | 1  | 2        | 1
        bob      | A    | 1  | 2        | 1
        """
    ).splitlines(keepends=True)
    for number in range(files):
        part = b"".join(lines[at] for at in order[number::files])
        (folder / f"{number}.csv").write_bytes(header + part)
    columns = {
        "customer_id": "customer", "item_id": "item", "ordered_at": "at", "quantity": "quantity",
        "unit_price": "price",
    }  # fmt: skip
    orders = {
        "files": "*.csv", "order_per_line": True, "columns": columns,
        "timestamps": {"formats": ["%d"]},
    }  # fmt: skip
    got = clean(folder, Config.model_validate({"orders": orders}))
    codes = got.query("select order_code, item_code, quantity::int from sale_lines order by all")
    # Of ann's A the last order goes (2 at 5), and one of the 2 at 1.
    assert [
        ("ann", "A", 1, 1),
        ("ann", "A", 1, 1),
        ("ann", "B", 2, 2),
        ("bob", "A", 2, 2),
    ] == got.sales
    assert [(1, 0, 1), (2, 0, 1), (4, 1, 2), (5, 0, 2)] == codes
