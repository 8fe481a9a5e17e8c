"""The whole job: the same input gives the same bytes, whatever else is different."""

import csv
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from write_docs import GOLDEN, checksums, run_sample

from pipeline import names
from pipeline.config.load import load_config
from pipeline.errors import DataError
from pipeline.io.new_project import CONFIG, write_project
from pipeline.run import check, run


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter project that was run once."""
    folder = tmp_path_factory.mktemp("shop")
    write_project(folder)
    run(load_config(folder / CONFIG))
    return folder


def rerun(shop: Path, output: Path, *overrides: str) -> str:
    """Run the shop with other options and return the checksums of its tables."""
    run(load_config(shop / CONFIG, [f'output.path="{output}"', *overrides]))
    return checksums(output)


@contextmanager
def clocks_of(zone: str) -> Iterator[None]:
    """Set the machine's clocks to a zone for a while."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="golden bytes hold for one platform: logarithms may differ in the last digit elsewhere",
)
def test_the_sample_gives_its_golden_bytes(tmp_path: Path) -> None:
    run_sample(tmp_path)
    expected = GOLDEN.read_text(encoding="utf-8")
    assert expected == checksums(tmp_path), "if this is meant: python scripts/write_docs.py"


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_do_not_change_a_byte(shop: Path, tmp_path: Path, threads: int) -> None:
    expected = checksums(shop / "outputs")
    assert expected == rerun(shop, tmp_path, f"engine.threads={threads}")


@pytest.mark.parametrize("limit", ["80MB", "1GB"])
def test_bounded_memory_does_not_change_a_byte(shop: Path, tmp_path: Path, limit: str) -> None:
    assert checksums(shop / "outputs") == rerun(shop, tmp_path, f"engine.memory_limit={limit}")


def test_counting_in_the_database_does_not_change_a_byte(shop: Path, tmp_path: Path) -> None:
    assert checksums(shop / "outputs") == rerun(shop, tmp_path, "engine.pair_counts=sql")


def test_the_time_zone_of_the_machine_does_not_change_a_byte(shop: Path, tmp_path: Path) -> None:
    with clocks_of("Pacific/Auckland"):
        assert checksums(shop / "outputs") == rerun(shop, tmp_path)


def test_another_working_folder_does_not_change_a_byte(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert checksums(shop / "outputs") == rerun(shop, tmp_path / "outputs")


def test_the_order_of_rows_changes_no_table_but_the_lines_in_quarantine(
    shop: Path, tmp_path: Path
) -> None:
    write_project(tmp_path / "shuffled")
    for path in (tmp_path / "shuffled" / "data").iterdir():
        shuffle_lines(path)
    run(load_config(tmp_path / "shuffled" / CONFIG))
    expected, actual = (
        [line for line in checksums(folder / "outputs").splitlines() if "quarantine" not in line]
        for folder in (shop, tmp_path / "shuffled")
    )
    assert expected == actual


def shuffle_lines(path: Path) -> None:
    """Put the records of a CSV file in another order."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *records = file.read().splitlines()
    random.Random(7).shuffle(records)  # noqa: S311 - no secret
    path.write_text("\n".join([header, *records, ""]), encoding="utf-8")


def test_a_rerun_is_the_same_run(shop: Path) -> None:
    first = run(load_config(shop / CONFIG))
    assert "unchanged" == first.state
    assert first.run_id == run(load_config(shop / CONFIG)).run_id


def test_a_run_of_chosen_tables_leaves_latest_alone(shop: Path) -> None:
    latest = (shop / "outputs" / "latest").readlink()
    report = run(load_config(shop / CONFIG), only=["rfm_segments"])
    assert not report.is_latest
    assert ["rfm_segments", "quarantine", "run_summary"] == [table.name for table in report.tables]
    assert latest == (shop / "outputs" / "latest").readlink()


def test_a_lookup_that_changes_makes_another_run(tmp_path: Path) -> None:
    write_project(tmp_path)
    brands = tmp_path / "brands.csv"
    lookup = f'catalogue.lookups=[{{files: "{brands}", key: sku, columns: [maker]}}]'
    with (tmp_path / "data" / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        skus = [row["sku"] for row in csv.DictReader(file)]
    ids = set()
    for maker in ("Arabica", "Robusta"):
        rows = "".join(f"{sku},{maker}\n" for sku in skus)
        brands.write_text(f"sku,maker\n{rows}", encoding="utf-8")
        overrides = [lookup, "catalogue.columns.brand=maker"]
        ids.add(run(load_config(tmp_path / CONFIG, overrides)).run_id)
    assert 2 == len(ids)


def test_check_publishes_nothing(tmp_path: Path) -> None:
    write_project(tmp_path)
    report = check(load_config(tmp_path / CONFIG))
    assert {"orders", "events", "catalogue"} == {account.source for account in report.accounts}
    assert not (tmp_path / "outputs").exists()


def test_an_input_without_any_sale_names_the_way_out(tmp_path: Path) -> None:
    write_project(tmp_path)
    orders = tmp_path / "data" / "orders.csv"
    header = orders.read_text(encoding="utf-8").splitlines()[0]
    orders.write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no sale line was accepted.*--as-of"):
        run(load_config(tmp_path / CONFIG))


def test_an_empty_input_gives_typed_tables_without_rows(tmp_path: Path) -> None:
    write_project(tmp_path)
    for path in (tmp_path / "data").iterdir():
        header = path.read_text(encoding="utf-8").splitlines()[0]
        path.write_text(f"{header}\n", encoding="utf-8")
    report = run(load_config(tmp_path / CONFIG), as_of="2025-01-01")
    rows = {table.name: pq.read_table(table.path) for table in report.tables}
    switched_on = {
        *("context_rules", "customer_interests", "interest_clusters"),
        *("campaign_targets", "bundles"),
    }
    assert set(names.TABLES) - switched_on == set(rows)
    assert {"run_summary"} == {name for name, table in rows.items() if table.num_rows}
    columns = {name: tuple(table.column_names) for name, table in rows.items()}
    assert {name: names.TABLES[name].column_names for name in rows} == columns


def test_every_line_of_the_input_is_accounted_for(shop: Path) -> None:
    report = run(load_config(shop / CONFIG))
    lines = {
        name: len((shop / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines())
        for name in ("orders", "events", "catalogue")
    }
    assert lines == {account.source: account.lines for account in report.accounts}
    for account in report.accounts:
        account.check()


def test_a_program_without_network_and_home_runs_the_job(shop: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "run", str(shop / CONFIG)]
    command += ["--set", f'output.path="{tmp_path}"']
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(GOLDEN.parents[2])}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert checksums(shop / "outputs") == checksums(tmp_path)
