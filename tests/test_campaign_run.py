"""Campaigns in whole runs: their files, what they need, keyed ids, and when they are off."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.config.load import load_config
from pipeline.errors import ConfigError, DataError
from pipeline.io.files import InputFile
from pipeline.io.new_project import write_project
from pipeline.possible import reasons_against, wanted_tables
from pipeline.run import run
from pipeline.serving.campaign_files import read_consents, read_contacts

PLANNED = """
campaigns:
  customers: data/customers.csv
  contacts: data/contacts.csv
  control_share: 0.5
  planned:
    - {name: follow}
    - {name: look, kind: viewed_not_bought}
    - {name: again, kind: repurchase_due}
repurchase_cycle: {min_gap_count: 5, min_customers: 3}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A starter project with campaigns: everybody but c001 and c002 consents, c003 is cool."""
    write_project(tmp_path / "shop")
    folder = tmp_path / "shop"
    consents = [f"c{number:03d},{'no' if number < 3 else 'yes'},x" for number in range(1, 121)]
    text = "\n".join(["customer_id,consent,city", *consents])
    (folder / "data" / "customers.csv").write_text(text + "\n")
    (folder / "data" / "contacts.csv").write_text("customer_id,contacted_at\nc003,2026-03-25\n")
    with (folder / "basket.yaml").open("a") as file:
        file.write(PLANNED)
    return folder


def targets(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "campaign_targets.parquet").to_pylist()
    return rows


def file_of(folder: Path, text: str) -> InputFile:
    path = folder / "given.csv"
    path.write_text(text)
    return InputFile(path, path.name, "csv", None)


def test_a_run_publishes_offers_of_every_kind_to_those_who_consented(shop: Path) -> None:
    report = run(load_config(shop / "basket.yaml"))
    rows = targets(report.folder)
    assert {"follow", "look", "again"} == {row["campaign"] for row in rows}
    assert set() == {row["customer_id"] for row in rows} & {"c001", "c002", "c003"}
    figures = report.figures["campaign_targets"]
    left_out = [name for name in figures if name.endswith("_offer_count")][1:]
    assert figures["candidate_offer_count"] == len(rows) + sum(figures[name] for name in left_out)
    assert min(figures["no_consent_offer_count"], figures["cooling_off_offer_count"]) > 0


def test_keyed_ids_are_matched_with_the_files_and_published_keyed(shop: Path) -> None:
    overrides = ["privacy.customer_ids=keyed"]
    key = {"BASKET_CUSTOMER_KEY": "canary-key-0123456789abcdef"}
    keyed = run(load_config(shop / "basket.yaml", overrides, key))
    rows = targets(keyed.folder)
    plain = targets(run(load_config(shop / "basket.yaml", ["output.path=plain"])).folder)
    assert {64} == {len(row["customer_id"]) for row in rows}
    offers = [
        sorted((row["item_id"], row["offer_score"]) for row in each) for each in (rows, plain)
    ]
    assert offers[0] == offers[1]


def test_the_files_of_campaigns_are_inputs_of_the_run(shop: Path) -> None:
    first = run(load_config(shop / "basket.yaml"))
    with (shop / "data" / "contacts.csv").open("a") as file:
        file.writelines(f"c{number:03d},2026-03-25\n" for number in range(4, 60))
    second = run(load_config(shop / "basket.yaml"))
    assert first.run_id != second.run_id
    assert len(targets(second.folder)) < len(targets(first.folder))


def test_campaigns_are_off_without_a_plan_and_say_which_table_they_miss(shop: Path) -> None:
    config = load_config(shop / "basket.yaml", ["campaigns.planned=[]"]).config
    assert "campaign_targets" not in wanted_tables(config)
    named = ["campaigns.planned=[]", "output.tables=[campaign_targets]"]
    reasons = reasons_against(load_config(shop / "basket.yaml", named).config)
    assert {"campaign_targets": "campaigns.planned is not set"} == reasons
    few = ["output.tables=[campaign_targets, also_bought, viewed_not_bought]"]
    reasons = reasons_against(load_config(shop / "basket.yaml", few).config)
    assert "it needs the table view_then_bought" == reasons["campaign_targets"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("campaigns.customers=null", "customers: required"),
        ("campaigns.planned=[{name: a}, {name: a}]", "planned: 'a' is given twice"),
        ("campaigns.planned=[{name: A b}]", "name: 'A b': write small letters"),
        ("campaigns.planned=[{name: a, kind: repurchase_due, owners: [x]}]", "owners: repurchase"),
        ("campaigns.price_ladder=[{min_orders: 2}]", "price_ladder: begin with min_orders 1"),
        ("campaigns.channels=[{segment: champion, channel: x}]", "did you mean champions"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told(shop: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(shop / "basket.yaml", [override])


def test_of_several_lines_of_a_customer_a_no_counts(tmp_path: Path) -> None:
    file = file_of(tmp_path, "consent,id,customer_id\nYes,1,ann\nno,2,ann\n1,3,bob\n,4, cid \n")
    rows = read_consents(file, None).to_pylist()
    expected = {"ann": False, "bob": True, "cid": False}
    assert expected == {row["customer_id"]: row["has_consent"] for row in rows}


def test_contacts_are_read_on_the_clocks_of_the_run(tmp_path: Path) -> None:
    text = "customer_id,contacted_at\nann,2026-01-02\nbob,2026-01-02T00:00:00+00:00\n"
    file = file_of(tmp_path, text)
    rows = read_contacts([file], None, "Europe/Berlin").to_pylist()
    midnight = 1_767_312_000_000_000  # of 2026-01-02 in UTC, an hour after Berlin's
    expected = [("ann", midnight - 3_600_000_000, ""), ("bob", midnight, "")]
    assert expected == [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer_id,consent\nann,yes\nbob,maybe\n", r"given.csv:3: consent 'maybe': write yes"),
        ("customer_id,consent\n,yes\n", r"given.csv:2: customer_id is blank"),
        ("customer,consent\nann,yes\n", r"column 'customer_id' is missing; it has: customer, con"),
        ("customer_id,consent\nann\n", r"given.csv:2: .* mend the line"),
    ],
)
def test_a_file_of_customers_that_cannot_be_relied_on_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_consents(file_of(tmp_path, text), None)


def test_a_contact_without_an_instant_is_refused_with_its_line(tmp_path: Path) -> None:
    text = "customer_id,contacted_at\nann,2026-01-02\nbob,soon\n"
    with pytest.raises(DataError, match=r"given.csv:3: contacted_at 'soon': write an instant"):
        read_contacts([file_of(tmp_path, text)], None, "UTC")


def test_bundles_are_published_where_kinds_are_named(shop: Path) -> None:
    overrides = ["bundles.kinds=[together, consumable, upgrade]", "bundles.min_order_count=3"]
    config = load_config(shop / "basket.yaml", overrides)
    report = run(config)
    rows = pq.read_table(report.folder / "bundles.parquet").to_pylist()
    assert rows
    assert {"together", "consumable", "upgrade"} >= {row["kind"] for row in rows}
    assert len(rows) == report.figures["bundles"]["row_count"]
    assert "bundles" not in wanted_tables(load_config(shop / "basket.yaml").config)
    only = run(config, only=["bundles"])
    assert rows == pq.read_table(only.folder / "bundles.parquet").to_pylist()


def test_a_cost_that_the_catalogue_does_not_have_is_refused(shop: Path) -> None:
    with pytest.raises(ConfigError, match=r"'cost' is none of catalogue\.attributes"):
        load_config(shop / "basket.yaml", ["bundles.cost_attribute=cost"])
