"""From files to pages: picks, rules, mined rows and fallbacks of a small shop."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config.load import load_config
from pipeline.errors import DataError, UsageError
from pipeline.run import run

CATALOGUE = """item,parent,name,category,brand,price,stock,plug
cam,pc,Camera,Photo > Cameras,Nikon,500,5,usb-c
cam2,p2,Camera Two,Photo > Cameras,Canon,600,3,usb-c
case,pk,Case,Photo > Bags,Lowe,30,9,
card,pd,Card,Photo > Memory,SanDisk,20,0,
tripod,pt,Tripod,Photo > Stands,Manfrotto,80,4,
strap,pc,Strap,Photo > Straps,Nikon,15,7,
lamp,pl,Lamp,Home > Lamps,Ikea,40,6,usb-a
bulb,pb,Bulb,Home > Bulbs,Philips,5,50,
"""
ORDERS = {
    "cam case": 12, "cam card": 8, "cam tripod": 6, "cam strap": 5, "lamp bulb": 10, "lamp": 5,
    "case tripod": 4, "cam2 case": 3,
}  # fmt: skip
CONFIG = """
orders:
  files: orders.csv
  columns: {order_id: order, customer_id: who, item_id: item, ordered_at: at}
  timestamps: {formats: ["%Y-%m-%d"]}
catalogue:
  files: catalogue.csv
  columns:
    {item_id: item, product_id: parent, name: name, category: category, brand: brand, price: price,
     stock: stock}
  attributes: {plug: plug}
also_bought:
  {grain: order, min_item_count: 1, min_pair_count: 1, min_customers: 1, max_q_value: null}
serving:
  manual: picks.csv
  rules: rules.yaml
  blacklist: never.csv
  more_relations: [{name: counter}]
  placements:
    - name: product_page
      slots: [{relation: also_bought, count: 4, fallbacks: [best_of_category]}]
    - name: cart
      page: cart
      slots: [{relation: also_bought, count: 2}, {relation: counter, count: 1}]
    - name: category_page
      page: category
      slots: [{relation: best_in_category, count: 2}]
    - name: home
      page: home
      slots: [{relation: counter, count: 1}, {relation: best_in_category, count: 3}]
"""
PICKS = """source_item_id,source_category,target_item_id,relation,position,valid_from,valid_to,note
cam,,lamp,also_bought,1,,,for the studio
,Photo,bulb,counter,,,,
,,strap,counter,1,2026-01-01,2026-12-31,
,,case,counter,1,2020-01-01,2020-12-31,
"""
RULES = """
- name: bags beside cameras
  applies_to: [also_bought]
  match: {category: {under: Photo > Cameras}}
  show: {category: {under: Photo > Bags}}
  max_results: 1
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Write the shop and return its configuration."""
    baskets = [basket for basket, count in ORDERS.items() for _ in range(count)]
    lines = [
        f"{number},c{number},{item},2026-01-{number % 28 + 1:02}"
        for number, basket in enumerate(baskets)
        for item in basket.split()
    ]
    files = {
        "orders.csv": "\n".join(["order,who,item,at", *lines, ""]),
        "catalogue.csv": CATALOGUE,
        "shop.yaml": CONFIG,
        "picks.csv": PICKS,
        "rules.yaml": RULES,
        "never.csv": "item_id\nstrap\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path / "shop.yaml"


def published(config: Path, table: str) -> list[dict[str, Any]]:
    """Run the shop, unless it is done, and return a table."""
    folder = config.parent / "outputs" / "latest"
    if not folder.exists():
        run(load_config(config))
    return list(pq.read_table(folder / f"{table}.parquet").to_pylist())


def page(config: Path, placement: str, source: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of what everyone sees on a page, in order."""
    return [
        tuple(row[name] for name in columns)
        for row in published(config, "recommendations")
        if (row["placement"], row["source_id"]) == (placement, source)
        and row["customer_segment"] in {"everyone", source}
    ]


def test_a_page_shows_picks_then_rules_then_mined_rows_then_fallbacks(shop: Path) -> None:
    """Cards are out of stock, and straps are of the camera's family and on the blacklist."""
    expected = [
        (1, 1, "lamp", "manual"),
        (2, 2, "case", "rule:bags beside cameras"),
        (3, 3, "tripod", "mined:also_bought"),
        (4, 4, "cam2", "fallback:best_of_category"),
    ]
    columns = ("rank", "relation_rank", "target_item_id", "source")
    assert expected == page(shop, "product_page", "cam", *columns)


def test_evidence_and_reason_are_those_of_the_mined_row(shop: Path) -> None:
    """Of 31 orders with a camera 6 hold a tripod, which is in 10 of 53 orders: lift 1.026."""
    rows = page(shop, "product_page", "cam", "share", "lift", "reason")
    share, lift, reason = rows[2]
    assert (6 / 31, pytest.approx(6 * 53 / (31 * 10))) == (share, lift)
    assert "19.4 %" in reason
    assert "31" in reason
    assert rows[0] == (None, None, "picked by hand: for the studio")


def test_a_list_holds_what_its_rows_say(shop: Path) -> None:
    lists = published(shop, "recommendation_lists")
    rows = published(shop, "recommendations")
    key = ("placement", "source_kind", "source_id", "customer_segment")
    expected: dict[Any, Any] = {}
    for row in rows:
        names = tuple(row[name] for name in key)
        expected.setdefault(names, []).append((row["target_item_id"], row["relation"]))
    found = {
        tuple(row[name] for name in key): list(
            zip(row["target_item_ids"], row["relations"], strict=True)
        )
        for row in lists
    }
    assert expected == found
    assert sorted(found) == list(found)


def test_categories_of_every_level_have_a_page(shop: Path) -> None:
    assert [("case",), ("cam",)] != page(shop, "category_page", "Photo", "target_item_id")
    assert [("cam",), ("case",)] == page(shop, "category_page", "Photo", "target_item_id")
    assert [("bulb",)] == page(shop, "category_page", "Home > Bulbs", "target_item_id")


def test_the_home_page_shows_what_is_valid_today_and_in_the_shop(shop: Path) -> None:
    """The strap is picked but on the blacklist, the case was picked six years ago."""
    shown = page(shop, "home", "everyone", "relation", "target_item_id")
    assert [("best_in_category", one) for one in ("cam", "case", "lamp")] == shown


def test_a_cart_is_added_up_as_the_documentation_says(shop: Path) -> None:
    """The statement of docs/serving.md against the same sum in plain Python."""
    cart, sums = {"cam", "case"}, dict[str, tuple[int, float]]()
    for row in published(shop, "cart_pairs"):
        item = row["target_item_id"]
        if row["relation"] == "also_bought" and row["source_item_id"] in cart - {item}:
            tier, total = sums.get(item, (row["tier"], 0.0))
            sums[item] = min(tier, row["tier"]), total - row["weight"]
    ranked = sorted((value, item) for item, value in sums.items() if item not in cart)
    text = (Path(__file__).parents[1] / "docs" / "serving.md").read_text(encoding="utf-8")
    sql = text.split("```sql")[1].split("```")[0].replace("'A'", "'cam'").replace("'B'", "'case'")
    path = shop.parent / "outputs" / "latest" / "cart_pairs.parquet"
    with duckdb.connect() as connection:
        shown = connection.execute(sql.replace("from cart_pairs", f"from '{path}'")).fetchall()
    expected = [("also_bought", item) for _, item in ranked[:2]]
    assert [*expected, ("counter", "bulb")] == shown


def explained(config: Path, *words: str) -> list[dict[str, Any]]:
    """Return what `basket explain` prints as JSON."""
    published(config, "recommendations")
    result = CliRunner().invoke(app, ["explain", str(config), *words, "--json"])
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def test_explain_tells_what_became_of_every_candidate(shop: Path) -> None:
    rows = explained(shop, "cam", "--placement", "product_page")
    verdicts = {
        (row["source"].split(":")[0], row["target_item_id"]): row["verdict"] for row in rows
    }
    assert {
        ("manual", "lamp"): "shown",
        ("rule", "case"): "shown",
        ("mined", "card"): "out of stock",
        ("mined", "case"): "shown on this page already",
        ("mined", "tripod"): "shown",
        ("fallback", "cam"): "the source itself",
        ("fallback", "cam2"): "shown",
    } == verdicts
    shown = {row["rank"]: row["target_item_id"] for row in rows if row["rank"]}
    assert {1: "lamp", 2: "case", 3: "tripod", 4: "cam2"} == shown


def test_explain_agrees_with_what_was_published_on_every_page(shop: Path) -> None:
    for placement in ("product_page", "category_page", "home"):
        rows = [row for row in published(shop, "recommendations") if row["placement"] == placement]
        for source in sorted({row["source_id"] for row in rows}):
            shown = explained(shop, source, "--placement", placement)
            kept = sorted((row["rank"], row["target_item_id"]) for row in shown if row["rank"])
            assert kept == page(shop, placement, source, "rank", "target_item_id")


def test_a_rule_can_be_looked_at_before_it_is_live(shop: Path) -> None:
    published(shop, "recommendations")
    (shop.parent / "rules.yaml").write_text(RULES + "  enabled: false\n")
    result = CliRunner().invoke(app, ["explain", str(shop), "--rule", "bags beside cameras"])
    assert result.exit_code == 0
    assert "disabled" in result.stdout
    assert "case" in result.stdout


@pytest.mark.parametrize(
    ("page", "advice"),
    [
        ("cas", "; did you mean case?"),
        ("Photo > Bag", "; did you mean Photo > Bags?"),
        ("zzzz", "segment is called so"),
        ("gone", "item 'gone' has no page: it is not in the catalogue"),
    ],
)
def test_explain_says_which_page_may_have_been_meant(shop: Path, page: str, advice: str) -> None:
    with (shop.parent / "orders.csv").open("a") as orders:
        orders.write("99,c99,gone,2026-01-05\n")
    published(shop, "recommendations")
    result = CliRunner().invoke(app, ["explain", str(shop), page])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).endswith(advice)


def test_preview_counts_pages_and_origins(shop: Path) -> None:
    rows = published(shop, "recommendations")
    result = CliRunner().invoke(app, ["preview", str(shop), "--json"])
    coverage = {one["placement"]: one for one in json.loads(result.stdout)}
    product = [row for row in rows if row["placement"] == "product_page"]
    assert coverage["product_page"]["page_count"] == 8
    assert coverage["product_page"]["row_count"] == len(product)
    origins = {row["source"] for row in product}
    assert {name: sum(row["source"] == name for row in product) for name in origins} == (
        coverage["product_page"]["origins"]
    )


def test_what_is_wrong_with_a_pick_is_told_and_with_strict_an_error(shop: Path) -> None:
    picks = shop.parent / "picks.csv"
    picks.write_text(PICKS + "cam,,nothing,also_bought,,,,\n")
    report = run(load_config(shop))
    assert any("picks.csv:6: " in note and "nothing" in note for note in report.notes)
    with pytest.raises(
        DataError, match=r"picks\.csv:6: .*nothing.*\nhand-made files: 1 expired, 1 unk"
    ):
        run(load_config(shop, ["serving.strict=true"]))


def test_a_pick_that_waits_for_its_day_is_told_but_no_error(shop: Path) -> None:
    header = PICKS.splitlines()[0]
    waiting = "cam,,cam,also_bought,,2999-01-01,,"
    (shop.parent / "picks.csv").write_text(f"{header}\n{waiting}\n")
    report = run(load_config(shop, ["serving.strict=true"]))
    assert any("1 not_yet_valid" in note for note in report.notes)


def test_hand_made_files_are_input_of_the_run(shop: Path) -> None:
    first = run(load_config(shop)).run_id
    (shop.parent / "picks.csv").write_text(PICKS.replace("studio", "garden"))
    second = run(load_config(shop))
    assert first != second.run_id
    assert second.state == "new"


def test_lists_are_the_same_whatever_else_is_published(shop: Path) -> None:
    whole = published(shop, "recommendations")
    alone = run(load_config(shop), only=["recommendations"])
    assert whole == pq.read_table(alone.folder / "recommendations.parquet").to_pylist()
    assert not (alone.folder / "also_bought.parquet").exists()
