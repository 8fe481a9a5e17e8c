"""What is published of people: keyed ids, no small groups, masked rejects, no canary at all."""

import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import names
from pipeline.__main__ import main
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.io.customer_key import customer_key
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.masking import masked
from pipeline.io.new_project import write_project
from pipeline.io.runs import resolve
from pipeline.io.small_groups import leave_out_small_groups, without_few
from pipeline.run import run

KEY = "canary-key-0123456789abcdef"
KEYED = "privacy.customer_ids=keyed"
BY_NAME = re.compile("customer|visitor|viewer|buyer|person|people|household", re.IGNORECASE)
# Whole numbers that speak of people and neither name nor count any.
ABOUT_NOBODY = {"rank", "gap_count", "cluster"}


def read(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return rows


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A starter project without a run."""
    write_project(tmp_path / "shop")
    return tmp_path / "shop"


def key_file(folder: Path, content: str = KEY + "\n", mode: int = 0o600) -> Path:
    path = folder / "customer.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


def test_keyed_ids_stand_in_place_of_the_ids_and_change_nothing_else(shop: Path) -> None:
    plain = run(load_config(shop / "basket.yaml", ["output.path=plain"]))
    overrides = [KEYED, f"privacy.customer_key_file={key_file(shop)}", "output.path=keyed"]
    keyed = run(load_config(shop / "basket.yaml", overrides))
    expected = {
        hmac.new(KEY.encode(), row["customer_id"].encode(), hashlib.sha256).hexdigest(): (
            row["segment"],
            row["monetary"],
        )
        for row in read(plain.folder, "rfm_segments")
    }
    assert expected == {
        row["customer_id"]: (row["segment"], row["monetary"])
        for row in read(keyed.folder, "rfm_segments")
    }
    for table in ("also_bought", "view_then_bought", "association_rules", "item_stats"):
        assert read(plain.folder, table) == read(keyed.folder, table)


def test_every_id_of_a_person_is_keyed_in_every_table(shop: Path) -> None:
    config = load_config(shop / "basket.yaml", [KEYED], {"BASKET_CUSTOMER_KEY": KEY})
    folder = run(config).folder
    ids = [
        row[column.name]
        for table in names.TABLES.values()
        for column in table.columns
        if column.is_person and (folder / f"{table.name}.parquet").exists()
        for row in read(folder, table.name)
    ]
    assert ids
    assert [] == [one for one in ids if not re.fullmatch("[0-9a-f]{64}", one)]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o777, 0o620])
def test_a_key_file_that_others_may_touch_is_refused(shop: Path, mode: int) -> None:
    path = key_file(shop, mode=mode)
    loaded = load_config(shop / "basket.yaml", [KEYED, f"privacy.customer_key_file={path}"])
    with pytest.raises(ConfigError, match=rf"others may read .* \(mode {mode:04o}\): chmod 600"):
        run(loaded)


@pytest.mark.parametrize(
    ("overrides", "environment", "message"),
    [
        ([KEYED], {}, "the key in BASKET_CUSTOMER_KEY has 0 bytes, it needs 16 or more"),
        ([KEYED], {"BASKET_CUSTOMER_KEY": "short"}, "has 5 bytes"),
        ([KEYED, "privacy.customer_key_file=none.key"], {}, "none.key cannot be read"),
    ],
)
def test_ids_are_not_published_plain_for_want_of_a_key(
    shop: Path, overrides: list[str], environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        run(load_config(shop / "basket.yaml", overrides, environment))
    assert 2 == caught.value.exit_code
    assert not (shop / "outputs" / "runs").exists()


def test_the_line_end_of_a_key_file_is_no_part_of_the_key(shop: Path) -> None:
    found = set()
    for content in (KEY, KEY + "\n", KEY + "\r\n"):
        path = key_file(shop, content)
        overrides = [KEYED, f"privacy.customer_key_file={path}"]
        found.add(customer_key(load_config(shop / "basket.yaml", overrides)))
    assert {KEY.encode()} == found


def test_planted_canaries_are_found_in_no_output_log_or_manifest(
    shop: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Canaries: a customer, a visitor, a session, an order, a malformed line, the key."""
    orders, events = shop / "data" / "orders.csv", shop / "data" / "events.csv"
    header, first, *_ = orders.read_text(encoding="utf-8").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    people = {"order_no": "CANARYorder", "customer": "CANARYcustomer"}
    line = ",".join({**cells, **people}.values())
    bad = ",".join({**cells, "qty": "CANARYquantity"}.values())
    text = orders.read_text(encoding="utf-8")
    orders.write_text(f'{text}{line}\n{bad}\n"CANARYquote,1\n', encoding="utf-8")
    columns = events.read_text(encoding="utf-8").splitlines()[0].split(",")
    seen = dict(zip(columns, events.read_text("utf-8").splitlines()[1].split(","), strict=True))
    seen |= {name: f"CANARY{name}" for name in ("visitor", "session", "customer")}
    with events.open("a", encoding="utf-8") as file:
        file.write(",".join(seen.values()) + "\n")
    monkeypatch.setenv("BASKET_CUSTOMER_KEY", KEY)
    config = str(shop / "basket.yaml")
    many = "input.max_reject_share=0.5"
    assert 0 == main(["run", config, "--set", KEYED, "--set", many, "--json"])
    folder = resolve(shop / "outputs").resolve()
    published = [
        b"".join(path.read_bytes() for path in sorted(shop.glob("outputs/**/*")) if path.is_file()),
        *(str(pq.read_table(path).to_pylist()).encode() for path in folder.glob("*.parquet")),
    ]
    assert 0 == main(["config", config, "--set", KEYED])
    assert 0 == main(["sql", "rfm_segments", "--output", str(shop / "outputs")])
    assert 0 == main(["show", "quarantine", "--output", str(shop / "outputs"), "--columns", "all"])
    assert 65 == main(["run", config, "--set", KEYED, "--set", "input.max_reject_share=0.0"])
    told = "".join(capfd.readouterr())
    assert 2 <= len(read(folder, "quarantine"))
    assert "quantity is not a number" in told
    for content in [*published, told.encode()]:
        assert b"canary" not in content.lower()


def test_rejected_lines_are_plain_by_option(shop: Path) -> None:
    loaded = load_config(shop / "basket.yaml", ["privacy.mask_rejects=false"])
    (row,) = read(run(loaded).folder, "quarantine")
    assert "two" in row["raw_text"]
    (masked_row,) = read(run(load_config(shop / "basket.yaml")).folder, "quarantine")
    assert {**row, "raw_text": masked(row["raw_text"])} == masked_row


@given(st.text())
def test_a_mask_keeps_signs_and_length_and_no_letter_or_digit(text: str) -> None:
    mask = masked(text)
    assert len(text) == len(mask)
    assert set() == {c for c in mask if c.isalnum()} - set("xX9")
    assert [c for c in text if c in ",;\"' |\t-"] == [c for c in mask if c in ",;\"' |\t-"]
    assert mask == masked(mask)


def engine_with(table: str, rows: list[dict[str, Any]]) -> DuckDBEngine:
    engine = DuckDBEngine(1)
    engine.load(table, pa.Table.from_pylist(rows))
    return engine


def test_rows_about_few_people_are_left_out_and_ranks_close_up() -> None:
    drawn = [("A", 1, 2), ("A", 2, 3), ("A", 3, None), ("B", 1, 9), ("A", 4, 1), ("A", 5, 3)]
    rows = [
        {"source_item_id": s, "rank": r, "customer_count": n, "joint_count": 9, "grain": "order"}
        for s, r, n in drawn
    ]
    engine = engine_with("also_bought", rows)
    assert 2 == leave_out_small_groups(engine, names.ALSO_BOUGHT, 3)
    left = engine.run("select source_item_id, rank, customer_count from also_bought order by all")
    assert [("A", 1, 3), ("A", 2, None), ("A", 3, 3), ("B", 1, 9)] == left


def test_baskets_that_are_customers_are_people_too() -> None:
    for grain, left in (("customer", [4, 5]), ("order", [2, 4, 5])):
        rows = [
            {"rank": n, "joint_count": n, "customer_count": None, "grain": grain} for n in (2, 4, 5)
        ]
        engine = engine_with("association_rules", rows)
        leave_out_small_groups(engine, names.ASSOCIATION_RULES, 4)
        found = engine.run("select joint_count from association_rules order by all")
        assert left == [count for (count,) in found]


def test_facts_about_items_stay_without_their_small_counts_of_people() -> None:
    rows = [
        {"item_id": "A", "customer_count": 2, "visitor_count": 0, "order_count": 7},
        {"item_id": "B", "customer_count": 3, "visitor_count": 1, "order_count": 1},
    ]
    engine = engine_with("item_stats", rows)
    assert 2 == leave_out_small_groups(engine, names.ITEM_STATS, 3)
    assert [("A", None, 0, 7), ("B", 3, None, 1)] == engine.run("from item_stats order by all")


def test_a_group_of_one_leaves_nothing_out() -> None:
    engine = engine_with("item_stats", [{"item_id": "A", "customer_count": 1, "visitor_count": 1}])
    assert 0 == leave_out_small_groups(engine, names.ITEM_STATS, 1)
    assert [("A", 1, 1)] == engine.run("from item_stats")


def test_figures_about_few_people_are_left_out() -> None:
    figures = {"customer_count": 4, "basket_count": 4, "n_viewers": 0, "unclustered_customers": 5}
    left = {"basket_count": 4, "n_viewers": 0, "unclustered_customers": 5}
    assert left == without_few(figures, 5)


@pytest.mark.parametrize("least", [25, 10**6])
def test_no_published_count_is_about_fewer_people(shop: Path, least: int) -> None:
    loaded = load_config(shop / "basket.yaml", [f"privacy.min_group_size={least}"])
    report = run(loaded)
    small = []
    for table in names.TABLES.values():
        path = report.folder / f"{table.name}.parquet"
        if path.exists():
            people = [column.name for column in table.columns if column.counts_people]
            small += [
                (table.name, name, row[name])
                for row in read(report.folder, table.name)
                for name in people
                if row[name] and row[name] < least
            ]
    assert [] == small
    left_out = {
        row["subject"]: row["count"]
        for row in read(report.folder, "run_summary")
        if row["name"] == "small_group_row_count"
    }
    assert left_out["item_stats"] > 0
    assert left_out["also_bought"] == report.figures["also_bought"]["small_group_row_count"]


def test_every_column_about_people_is_known_as_one() -> None:
    """A table that is new is walked too: what names or counts people says so by its name."""
    unknown = [
        f"{table.name}.{column.name}: {column.meaning}"
        for table in names.TABLES.values()
        for column in table.columns
        if BY_NAME.search(f"{column.name} {column.meaning}") and not _is_known(table, column)
    ]
    assert [] == unknown


def test_a_count_is_of_people_where_its_meaning_begins_so() -> None:
    meanings = {
        "Customers who bought it.": True,
        "Of source_count, customers who bought the target in the gap.": True,
        "Distinct known visitors behind joint_count.": True,
        "Gaps in days between two purchases of one customer.": False,
        "The customer's cluster.": False,
    }
    counted = {text: names.Column("n", "int64", text).counts_people for text in meanings}
    assert meanings == counted
    assert {"joint_count", "source_count"} <= set(names.BOUGHT_NEXT.people_counts)


def _is_known(table: names.Table, column: names.Column) -> bool:
    if column.counts_people and table.hides_small_groups:
        return column.is_nullable
    is_known = column.is_person or column.counts_people
    return is_known or column.type != "int64" or column.name in ABOUT_NOBODY


def test_files_are_not_for_others_and_the_spill_folder_is_for_nobody_else(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    engine_init = DuckDBEngine.__init__

    def look(self: DuckDBEngine, *arguments: Any, **named: Any) -> None:
        spill = arguments[2] if len(arguments) > 2 else None
        if spill:
            seen.append(spill.stat().st_mode & 0o777)
        engine_init(self, *arguments, **named)

    monkeypatch.setattr(DuckDBEngine, "__init__", look)
    before = os.umask(0)
    try:
        assert 0 == main(["run", str(shop / "basket.yaml")])
        assert 0 == os.umask(0)
    finally:
        os.umask(before)
    written = [path for path in (shop / "outputs").rglob("*") if not path.is_symlink()]
    assert [] == [path for path in written if path.stat().st_mode & 0o027]
    assert [0o700] == seen
    assert [] == list((shop / "outputs" / ".spill").iterdir())
