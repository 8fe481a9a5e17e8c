"""What changed between two runs, and the breakers that keep a run from being published."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.config.breaker_options import Breakers
from pipeline.errors import AuditError, UsageError
from pipeline.io.breakers import check_breakers
from pipeline.io.compare import TableChange, check_table, comparison
from pipeline.io.new_project import write_project
from pipeline.io.runs import latest_run_id

LISTS = ("rule_id", "source_item_id", "target_item_id", "rank", "confidence", "low", "high")
# Source A keeps B, gains D for C; source E is gone, F is new.
BEFORE = [
    ("1", "A", "B", 1, 0.50, 0.4, 0.6),
    ("2", "A", "C", 2, 0.30, 0.2, 0.4),
    ("3", "E", "A", 1, 0.90, 0.8, 1.0),
]
AFTER = [
    ("1", "A", "B", 2, 0.61, 0.5, 0.7),
    ("4", "A", "D", 1, 0.70, 0.6, 0.8),
    ("5", "F", "A", 1, 0.90, 0.8, 1.0),
]
CHANGED = TableChange(
    table="also_bought",
    rows_before=3,
    rows_after=3,
    gained=2,
    lost=2,
    moved=1,
    outside_interval=1,
    overlap=1 / 6,  # 1 of 2 for A, nothing for E and F
    kept_source_share=1 / 2,  # A of A and E
)


def write_lists(folder: Path, rows: Sequence[tuple[object, ...]]) -> Path:
    """Write rows as `also_bought` of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = dict(zip(LISTS, map(list, zip(*rows, strict=True)), strict=True))
    names = {"low": "confidence_low", "high": "confidence_high"}
    table = pa.table({names.get(name, name): values for name, values in columns.items()})
    pq.write_table(table, folder / "also_bought.parquet")
    return folder


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return write_lists(tmp_path / "before", list(BEFORE))


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return write_lists(tmp_path / "after", list(AFTER))


def test_rows_are_told_apart_by_their_stable_id(before: Path, after: Path) -> None:
    with comparison(before, after) as comparing:
        assert ["also_bought"] == comparing.tables
        assert CHANGED == comparing.change("also_bought")


def test_only_the_best_targets_count_for_the_overlap(before: Path, after: Path) -> None:
    with comparison(before, after) as comparing:
        assert 0 == comparing.change("also_bought", top=1).overlap


def test_a_run_is_equal_to_itself(before: Path) -> None:
    with comparison(before, before) as comparing:
        change = comparing.change("also_bought")
    assert (0, 0, 0, 0) == (change.gained, change.lost, change.moved, change.outside_interval)
    assert (1.0, 1.0) == (change.overlap, change.kept_source_share)


def test_changed_rows_stand_by_their_best_rank(before: Path, after: Path) -> None:
    with comparison(before, after) as comparing:
        rows = comparing.changed_rows("also_bought", 10)
        assert rows[:2] == comparing.changed_rows("also_bought", 2)
    assert [
        ("gained", "A", "D", None, 1),
        ("gained", "F", "A", None, 1),
        ("lost", "E", "A", 1, None),
        ("moved", "A", "B", 1, 2),
        ("lost", "A", "C", 2, None),
    ] == rows


def test_a_table_that_one_run_lacks_is_named(before: Path, after: Path) -> None:
    with comparison(before, after) as comparing, pytest.raises(UsageError, match="also_viewed"):
        check_table("also_viewed", comparing)


def published(shop: Path) -> Path:
    """Return the output folder of a starter project whose latest run has the earlier lists."""
    write_project(shop)
    assert 0 == main(["run", str(shop / "basket.yaml"), "--as-of", "2026-03-01"])
    output = shop / "outputs"
    run = output / "runs" / str(latest_run_id(output))
    write_lists(run, BEFORE)
    return output


@pytest.mark.parametrize(
    ("breakers", "message"),
    [
        (Breakers(max_churn=0.8), "also_bought replaces 83.3% of its targets"),
        (Breakers(min_kept_sources=0.6), "also_bought keeps 50.0% of its source items"),
    ],
)
def test_a_breaker_keeps_a_run_from_being_published(
    tmp_path: Path, after: Path, breakers: Breakers, message: str
) -> None:
    output = published(tmp_path / "shop")
    with pytest.raises(AuditError, match=message):
        check_breakers(after, output, "2026-03-02T00:00:00Z", breakers)


def test_a_breaker_counts_rows_gained_and_lost(tmp_path: Path) -> None:
    output = published(tmp_path / "shop")
    fewer = write_lists(tmp_path / "fewer", AFTER[:1])
    check_breakers(fewer, output, "2026-03-02T00:00:00Z", Breakers(max_row_change=2 / 3))
    with pytest.raises(AuditError, match="from 3 to 1 rows"):
        check_breakers(fewer, output, "2026-03-02T00:00:00Z", Breakers(max_row_change=0.6))


def test_a_backfill_is_not_compared_with_a_later_run(tmp_path: Path, after: Path) -> None:
    output = published(tmp_path / "shop")
    check_breakers(after, output, "2020-01-01T00:00:00Z", Breakers(max_churn=0))


def test_the_command_compares_runs_and_a_breaker_stops_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = tmp_path / "shop"
    write_project(shop)
    config, output = str(shop / "basket.yaml"), shop / "outputs"
    assert 0 == main(["run", config])
    first = str(latest_run_id(output))
    fewer = ("--set", "also_bought.min_pair_count=50", "--set", "breakers.max_row_change=0.1")
    assert 65 == main(["run", config, *fewer])
    assert "also_bought went from" in capsys.readouterr().err
    assert first == latest_run_id(output)
    assert 0 == main(["run", config, *fewer[:2]])
    capsys.readouterr()
    assert 0 == main(["diff", first, "--output", str(output), "--json"])
    changes = {one["table"]: one for one in json.loads(capsys.readouterr().out)}
    assert changes["also_bought"]["lost"] > 0 == changes["also_bought"]["gained"]
    assert 0 == main(["diff", first, "--output", str(output), "--table", "also_bought"])
    assert "lost" in capsys.readouterr().out
