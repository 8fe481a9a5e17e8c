"""Started by a scheduler: nothing new, reports for monitors, examples, strange surroundings."""

import json
import os
import pty
import shutil
import subprocess
import sys
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
from pipeline.io.new_project import write_project
from pipeline.io.runs import run_ids
from tests.conftest import PROJECT

BASKET = (sys.executable, "-m", "pipeline")
CRON = PROJECT / "examples" / "cron" / "basket.cron"
SERVICE = PROJECT / "examples" / "systemd" / "basket.service"
NOBODY = 65534
is_root = os.geteuid() == 0


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A starter project without a run."""
    folder = tmp_path / "shop"
    write_project(folder)
    return folder


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
        assert {"data/orders.csv", "data/events.csv", "data/catalogue.csv"} == {
            one.name for one in read.inputs or ()
        }
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


def fit(shop: Path) -> None:
    """Put the program where the examples expect it."""
    program = shop / ".venv" / "bin" / "basket"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m pipeline "$@"\n')
    program.chmod(0o755)


def cron_lines() -> list[str]:
    """Return the commands of the crontab."""
    lines = [line for line in CRON.read_text().splitlines() if line[:1].isdigit()]
    return [line.split(maxsplit=5)[5] for line in lines]


def as_cron(command: str, shop: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as cron does: a bare shell with next to no environment."""
    environment = {"HOME": str(shop), "PATH": "/usr/bin:/bin", "SHOP": str(shop)}
    return subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )


def test_the_crontab_publishes_is_silent_where_nothing_is_new_and_prunes(shop: Path) -> None:
    fit(shop)
    nightly, weekly = cron_lines()
    first, second = as_cron(nightly, shop), as_cron(nightly, shop)
    assert [(0, "", ""), (0, "", "")] == [
        (d.returncode, d.stdout, d.stderr) for d in (first, second)
    ]
    assert 1 == len(run_ids(shop / "outputs"))
    assert 0 == as_cron(weekly, shop).returncode


def test_the_crontab_mails_one_line_where_a_run_fails(shop: Path) -> None:
    fit(shop)
    (shop / "basket.yaml").write_text("ordres: {}\n")
    done = as_cron(cron_lines()[0], shop)
    assert 2 == done.returncode
    assert 1 == len(done.stderr.splitlines())


def test_the_unit_of_systemd_runs_its_program_and_knows_its_exit_codes(shop: Path) -> None:
    fit(shop)
    unit = dict(
        line.split("=", 1)
        for line in SERVICE.read_text().splitlines()
        if "=" in line and line[0] != "#"
    )
    program, *words = unit["ExecStart"].replace("/srv/shop", str(shop)).split()
    started = [
        subprocess.run([program, *words], cwd=shop, check=False, capture_output=True)
        for _ in range(2)
    ]
    assert [0, int(unit["SuccessExitStatus"])] == [done.returncode for done in started]
    assert {"2", "65"} == {*unit["RestartPreventExitStatus"].split()}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_units_are_valid_to_systemd() -> None:
    units = [SERVICE, SERVICE.with_suffix(".timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "/srv/shop" not in line]
    assert [] == complaints


def start(shop: Path, *before: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the starter project in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **more.pop("env", {})}
    words = [*before, *BASKET, "run", str(shop / "basket.yaml")]
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, **more
    )


@pytest.mark.skipif(not is_root or not shutil.which("unshare"), reason="needs root and unshare")
def test_a_run_needs_no_network(shop: Path) -> None:
    assert 0 == start(shop, "unshare", "-n").returncode


def test_a_run_works_in_the_c_locale_from_any_folder_with_a_home_that_cannot_be_written(
    shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("no folder")
    strange = {"LC_ALL": "C", "HOME": str(tmp_path / "home"), "TZ": "Asia/Kathmandu"}
    done = start(shop, cwd="/", env=strange)
    assert 0 == done.returncode, done.stderr
    assert 1 == len(run_ids(shop / "outputs"))


def may_start() -> bool:
    """Whether another user may read this Python and this project."""
    try:
        return not subprocess.run(
            [sys.executable, "-c", "import pipeline"],
            env={"PYTHONPATH": str(PROJECT)},
            user=NOBODY,
            cwd="/",
            check=False,
            capture_output=True,
        ).returncode
    except PermissionError:
        return False


@pytest.mark.skipif(not is_root, reason="only root can become another user")
def test_a_run_works_as_an_ordinary_user(shop: Path) -> None:
    if not may_start():
        pytest.skip("another user may not read this Python or this project")
    for path in [shop, *shop.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    for folder in [*shop.parents][:4]:
        folder.chmod(folder.stat().st_mode | 0o111)
    done = start(shop, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
    assert 0 == done.returncode, done.stderr


def test_nothing_is_coloured_on_a_terminal(shop: Path) -> None:
    parent, child = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "NO_COLOR": "1"}
    with subprocess.Popen(
        [*BASKET, "run", shop / "basket.yaml"], env=environment, stdout=child, stderr=child
    ) as started:
        os.close(child)
        shown = read_all(parent)
    assert 0 == started.returncode
    assert "\x1b[2K" in shown  # the bar clears its line
    assert not any(f"\x1b[{code}m" in shown for code in ("0", "1", "31", "32", "33", "1;31"))


def read_all(descriptor: int) -> str:
    """Return what a terminal was sent until its last writer ended."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            part = b""
        if not part:
            os.close(descriptor)
            return b"".join(parts).decode()
        parts.append(part)
