"""Started by a scheduler: nothing new is skipped, reports for monitors, the doctor."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from prometheus_client.parser import text_string_to_metric_families

from pipeline.__main__ import main
from pipeline.io.lock import lock
from pipeline.io.runs import run_ids
from tests.conftest import PROJECT


def run(shop: Path, *more: str) -> int:
    """Run the starter project in this process and return its exit code."""
    return main(["run", str(shop / "basket.yaml"), *more])


def test_the_same_input_is_skipped_until_something_is_new(shop: Path) -> None:
    assert 99 != run(shop, "--skip-unchanged")
    assert 99 == run(shop, "--skip-unchanged")
    with (shop / "data" / "orders.csv").open("a") as orders:
        orders.write((shop / "data" / "orders.csv").read_text().splitlines()[-1] + "\n")
    assert 0 == run(shop, "--skip-unchanged")
    assert 2 == len(run_ids(shop / "outputs"))


def test_another_day_or_another_option_is_something_new(shop: Path) -> None:
    first = ("--skip-unchanged", "--as-of", "2026-03-01")
    assert [0, 99] == [run(shop, *first), run(shop, *first)]
    assert 0 == run(shop, "--skip-unchanged", "--as-of", "2026-03-02")
    assert 0 == run(shop, *first, "--set", "mining.min_confidence=0.3")


def test_a_damaged_run_is_made_again(shop: Path) -> None:
    assert 0 == run(shop)
    (run_id,) = run_ids(shop / "outputs")
    (shop / "outputs" / "runs" / run_id / "item_stats.parquet").unlink()
    assert 0 == run(shop, "--skip-unchanged")


def test_the_report_keeps_to_its_schema(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run(shop, "--json")
    schema = json.loads((PROJECT / "docs" / "run.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(capsys.readouterr().out), schema)


def test_metrics_are_read_by_prometheus_and_say_what_the_report_says(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == run(shop, "--json", "--set", "reports.metrics_file=basket.prom")
    report = json.loads(capsys.readouterr().out)
    families = text_string_to_metric_families((shop / "basket.prom").read_text())
    samples = {family.name: family.samples for family in families}
    rows = {one.labels["table"]: one.value for one in samples["basket_run_table_rows"]}
    assert {table["name"]: table["rows"] for table in report["tables"]} == rows
    lines: dict[str, float] = {}
    for one in samples["basket_run_input_lines"]:
        lines[one.labels["source"]] = lines.get(one.labels["source"], 0) + one.value
    assert {one["source"]: one["lines"] for one in report["inputs"]} == lines
    assert 0 < samples["basket_run_peak_bytes"][0].value


def test_lineage_events_are_events_of_openlineage(shop: Path) -> None:
    assert 0 == run(shop, "--set", "reports.lineage_file=lineage.jsonl")
    start, end = map(json.loads, (shop / "lineage.jsonl").read_text().splitlines())
    assert [RunState.START, RunState.COMPLETE] == [RunState[e["eventType"]] for e in (start, end)]
    assert start["run"] == end["run"]
    for event in (start, end):
        read = read_event(event)
        assert UUID(read.run.runId).version == 5
        data = {"data/orders.csv", "data/events.csv", "data/catalogue.csv"}
        assert data | {"picks.csv", "rules.yaml"} == {one.name for one in read.inputs or ()}
    fields = {
        Path(one["name"]).stem: [field["name"] for field in one["facets"]["schema"]["fields"]]
        for one in end["outputs"]
    }
    assert "lift_low" in fields["also_bought"]


def read_event(event: Mapping[str, Any]) -> RunEvent:
    """Return an event as OpenLineage's own classes take it; they check ids, times and addresses."""
    return RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=Run(event["run"]["runId"], event["run"]["facets"]),
        job=Job(event["job"]["namespace"], event["job"]["name"], event["job"]["facets"]),
        eventType=RunState[event["eventType"]],
        inputs=[InputDataset(one["namespace"], one["name"]) for one in event["inputs"]],
        outputs=[OutputDataset(one["namespace"], one["name"]) for one in event["outputs"]],
    )


def test_a_report_that_cannot_be_written_leaves_the_run_published(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 74 == run(shop, "--set", "reports.metrics_file=no/such/folder.prom")
    assert "the run itself is published" in capsys.readouterr().err
    assert 1 == len(run_ids(shop / "outputs"))


def test_reports_and_breakers_do_not_make_another_run(shop: Path) -> None:
    assert 0 == run(shop)
    told = ("--set", "reports.metrics_file=basket.prom", "--set", "breakers.max_churn=0.9")
    assert 99 == run(shop, "--skip-unchanged", *told)


def findings(shop: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the state of each check of `basket doctor`."""
    capsys.readouterr()
    main(["doctor", str(shop / "basket.yaml"), "--json"])
    return {one["check"]: one["state"] for one in json.loads(capsys.readouterr().out)}


def test_the_doctor_finds_a_fit_machine_fit_and_leaves_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(shop.rglob("*"))
    found = findings(shop, capsys)
    assert "failed" not in found.values()
    assert {"versions", "output folder", "spill folder", "lock", "memory", "time zone"} < {*found}
    assert before == sorted(shop.rglob("*"))


def test_the_doctor_sees_a_run_at_work(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with lock(shop / "outputs"):
        assert "warning" == findings(shop, capsys)["lock"]


def test_the_doctor_fails_where_a_run_would(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "outputs").write_text("a file where the folder should be")
    assert 74 == main(["doctor", str(shop / "basket.yaml")])
    assert "output folder" in capsys.readouterr().err
