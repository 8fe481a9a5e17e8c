"""The commands, from their arguments to what they print and their exit codes."""

import csv
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlglot

from pipeline import names
from pipeline.__main__ import main
from pipeline.config.load import load_config
from pipeline.io.lock import lock
from pipeline.io.manifest import damages, read_manifest
from pipeline.io.new_project import write_project
from pipeline.io.runs import resolve
from pipeline.run import run
from tests.conftest import PROJECT

PROGRAM = (sys.executable, "-m", "pipeline")


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Basket:
    """Calls `main` and returns what it gave."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        return Ended(code, *self._capsys.readouterr())


@pytest.fixture
def basket(capsys: pytest.CaptureFixture[str]) -> Basket:
    return Basket(capsys)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter project with one run."""
    folder = tmp_path_factory.mktemp("starter") / "shop"
    write_project(folder)
    run(load_config(folder / "basket.yaml"))
    return folder


@pytest.fixture
def own_shop(tmp_path: Path) -> Path:
    """A starter project without a run."""
    write_project(tmp_path / "shop")
    return tmp_path / "shop"


def process(*arguments: object, stdout: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        cwd=PROJECT,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def published(shop: Path) -> dict[str, int]:
    manifest = read_manifest(resolve(shop / "outputs"))
    return {entry.table: entry.rows for entry in manifest.tables}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_starter_project_runs_and_gives_rows_in_every_table(shop: Path) -> None:
    counts = published(shop)

    switched_on = (
        *("context_rules", "customer_interests", "interest_clusters"),
        *("campaign_targets", "bundles"),
    )
    assert [name for name in names.TABLES if name not in switched_on] == list(counts)
    assert [] == [name for name, count in counts.items() if count == 0]


def test_a_run_prints_where_each_table_is_and_its_best_rows(basket: Basket, own_shop: Path) -> None:
    ended = basket("run", own_shop / "basket.yaml")

    assert ended.code == 0
    lines = [line for line in ended.out.splitlines() if str(own_shop) not in line]
    assert max(map(len, lines)) <= 100
    for name, count in published(own_shop).items():
        assert re.search(rf"^  {name} +{count}  {name}\.parquet$", ended.out, re.MULTILINE)
        if name != "run_summary":
            assert f"{name}, the best {min(3, count)} of {count} rows:\n" in ended.out
    assert "T410 Mint tea, bags" in ended.out
    assert str(resolve(own_shop / "outputs")) in ended.out
    assert re.search(r"^orders +729 +652 +1 +1 +75$", ended.out, re.MULTILINE)
    assert "orders: 44 non product, 23 return, 6 returned, 1 header, 1 zero price" in ended.out


def test_progress_off_a_terminal_is_one_json_object_a_line_on_stderr(
    basket: Basket, own_shop: Path
) -> None:
    ended = basket("run", own_shop / "basket.yaml", "--json")
    stages = [json.loads(line) for line in ended.err.splitlines()]

    assert {"stage_done"} == {stage["event"] for stage in stages}
    assert {"read orders", "also_bought", "write and publish"} <= {one["stage"] for one in stages}


def test_the_json_report_is_one_document_with_the_documented_fields(
    basket: Basket, own_shop: Path
) -> None:
    ended = basket("run", own_shop / "basket.yaml", "--json")
    report = json.loads(ended.out)
    documented = (PROJECT / "docs" / "command_line.md").read_text(encoding="utf-8")

    assert list(report) == re.findall(r"^\| `(\w+)` \|", documented, re.MULTILINE)
    assert report["run_id"] == resolve(own_shop / "outputs").name
    assert (report["state"], report["is_latest"]) == ("new", True)
    assert published(own_shop) == {table["name"]: table["rows"] for table in report["tables"]}
    assert all(Path(table["path"]).is_file() for table in report["tables"])
    assert {"orders": 729, "events": 1368, "catalogue": 15} == {
        source["source"]: source["lines"] for source in report["inputs"]
    }


def test_the_same_run_again_changes_nothing(basket: Basket, shop: Path) -> None:
    before = resolve(shop / "outputs")

    ended = basket("run", shop / "basket.yaml", "--json")

    assert json.loads(ended.out)["state"] == "unchanged"
    assert before == resolve(shop / "outputs")
    assert [] == damages(before)


def test_options_of_the_command_line_count_more_than_the_file(
    basket: Basket, own_shop: Path
) -> None:
    ended = basket(
        *("run", own_shop / "basket.yaml", "--json", "--as-of", "2026-03-01"),
        *("--set", "mining.min_support=null", "--set", "mining.min_count=1000"),
    )
    report = json.loads(ended.out)

    assert report["as_of"] == "2026-02-28T23:00:00Z"  # midnight in Berlin
    assert report["figures"]["association_rules"]["min_count"] == 1000
    assert published(own_shop)["association_rules"] == 0
    assert any("association_rules" in note for note in report["notes"])


def test_a_run_of_chosen_tables_leaves_latest_alone(basket: Basket, shop: Path) -> None:
    before = resolve(shop / "outputs")

    ended = basket("run", shop / "basket.yaml", "--only", "rfm_segments,item_stats")

    assert f"`latest` names {before.name}\n" in ended.out
    assert before == resolve(shop / "outputs")
    (other,) = set((shop / "outputs" / "runs").iterdir()) - {before}
    assert ["item_stats", "quarantine", "rfm_segments", "run_summary"] == sorted(
        path.stem for path in other.glob("*.parquet")
    )


def test_what_the_input_cannot_give_is_said_with_the_reason(basket: Basket, own_shop: Path) -> None:
    config = own_shop / "basket.yaml"

    ended = basket("run", config, "--set", "events=null")

    assert ended.code == 0
    assert "not possible with this input:\n  also_viewed: there is no browse log" in ended.out
    missing = basket("show", "also_viewed", "--config", config)
    assert (missing.code, missing.out) == (2, "")
    assert "has no also_viewed: there is no browse log" in missing.err


def test_check_reads_everything_and_publishes_nothing(basket: Basket, own_shop: Path) -> None:
    ended = basket("check", own_shop / "basket.yaml")

    assert ended.code == 0
    assert "as of 2026-03-30T22:00:00Z" in ended.out
    assert re.search(r"^orders +729 +652 +1 +1 +75$", ended.out, re.MULTILINE)
    assert "possible tables:\n  frequent_itemsets\n" in ended.out
    assert not (own_shop / "outputs").exists()


def test_show_prints_the_best_rows_with_names(basket: Basket, shop: Path) -> None:
    ended = basket("show", "also_bought", "--output", shop / "outputs", "--top", 2)

    assert ended.out.splitlines()[0].startswith("source_item_id")
    first = re.split(r"  +", ended.out.splitlines()[1])
    assert ["C101 Espresso beans 1 kg", "K201 Espresso cups, set of 4", "1"] == first[:3]
    assert len(ended.out.splitlines()) == 3
    assert re.fullmatch(r"2 of \d+ rows, 7 of \d+ columns; see --top, .*\n", ended.err)


def test_show_finds_the_output_folder_of_a_configuration_and_of_the_current_folder(
    basket: Basket, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_config = basket("show", "rfm_segments", "--config", shop / "basket.yaml")
    monkeypatch.chdir(shop)
    by_folder = basket("show", "rfm_segments")
    by_run = basket("show", "rfm_segments", "--run", resolve(Path("outputs")).name)

    assert by_config.code == 0
    assert by_config == by_folder == by_run


def test_show_narrows_sorts_and_picks_columns(basket: Basket, shop: Path) -> None:
    ended = basket(
        *("show", "also_bought", "--output", shop / "outputs", "--item", "T400"),
        *("--sort", "lift:desc", "--columns", "target_item_id,lift,source_item_id", "--csv", "-"),
    )
    found = rows(ended.out)

    assert all("T400" in (row["source_item_id"], row["target_item_id"]) for row in found)
    assert [float(row["lift"]) for row in found] == sorted(
        (float(row["lift"]) for row in found), reverse=True
    )
    assert len(found) > 1


def test_show_writes_csv_of_all_rows_and_columns(
    basket: Basket, shop: Path, tmp_path: Path
) -> None:
    target = tmp_path / "rules.csv"

    ended = basket("show", "association_rules", "--output", shop / "outputs", "--csv", target)
    found = rows(target.read_text(encoding="utf-8"))

    assert ended.out == ""
    assert len(found) == published(shop)["association_rules"] > 10
    assert list(names.ASSOCIATION_RULES.column_names) == list(found[0])


def test_a_mistake_does_not_touch_the_csv_file(basket: Basket, shop: Path, tmp_path: Path) -> None:
    target = tmp_path / "rules.csv"
    target.write_text("mine", encoding="utf-8")

    ended = basket(
        *("show", "also_bought", "--output", shop / "outputs"),
        *("--sort", "lft", "--csv", target),
    )

    assert ended == (2, "", "basket: error: no column 'lft' in also_bought; did you mean lift?\n")
    assert target.read_text(encoding="utf-8") == "mine"


def test_csv_that_cannot_be_written_is_a_failure_of_the_output(
    basket: Basket, shop: Path, tmp_path: Path
) -> None:
    target = tmp_path / "missing" / "rules.csv"

    ended = basket("show", "also_bought", "--output", shop / "outputs", "--csv", target)

    assert ended.code == 74
    assert ended.err.startswith("basket: error: could not write the CSV file: No such file")


def test_every_step_of_a_run_prints_as_sql_without_placeholders(basket: Basket, shop: Path) -> None:
    steps = read_manifest(resolve(shop / "outputs")).steps
    tables = list(dict.fromkeys(step.table for step in steps))
    assert {"sale_lines", "measured_pairs", "also_bought", "rfm_segments"} <= set(tables)

    printed = {name: basket("sql", name, "--output", shop / "outputs") for name in tables}

    for name, ended in printed.items():
        assert ended.code == 0
        statements = sqlglot.parse(ended.out, read="duckdb")
        assert sum(step.table == name for step in steps) == len(list(filter(None, statements)))
        assert "$" not in re.sub(r"--.*", "", ended.out)


def test_sql_shows_the_values_of_the_run(basket: Basket, shop: Path) -> None:
    ended = basket("sql", "also_bought", "--output", shop / "outputs")
    count = published(shop)["also_bought"]

    assert re.match(rf"-- also_bought: step \d+ of \d+, {count} rows\n", ended.out)
    assert "-- $grain = 'customer'\n" in ended.out
    unknown = basket("sql", "also_baught", "--output", shop / "outputs")
    assert (unknown.code, unknown.out) == (2, "")
    assert "did you mean also_bought?" in unknown.err


def test_sql_says_of_every_published_table_by_what_it_was_made(basket: Basket, shop: Path) -> None:
    built = {step.table for step in read_manifest(resolve(shop / "outputs")).steps}

    for table in published(shop):
        ended = basket("sql", table, "--output", shop / "outputs")
        assert ended.code == (0 if table in built else 2)
        assert ("made without SQL" in ended.err) == (table not in built)


def test_config_prints_every_option_with_its_origin(basket: Basket, shop: Path) -> None:
    config = shop / "basket.yaml"

    ended = basket("config", config, "--set", "rfm.monetary=mean")
    lines = [re.split(r"  +", line) for line in ended.out.splitlines()]

    assert ["option", "value", "set in"] == lines[0]
    assert ["rfm.monetary", "mean", "--set"] in lines
    assert ["mining.algorithm", "fpgrowth", "default"] in lines
    (origin,) = [line[2] for line in lines if line[0] == "mining.min_support"]
    assert re.fullmatch(rf"{re.escape(str(config))}:\d+:16", origin)


def test_init_leaves_a_folder_with_content_alone(basket: Basket, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")

    ended = basket("init", tmp_path)

    assert (ended.code, ended.out) == (2, "")
    assert "is not an empty folder" in ended.err
    assert [tmp_path / "mine.txt"] == list(tmp_path.iterdir())
    assert basket("init", tmp_path / "mine.txt").code == 2


def test_all_problems_of_a_configuration_are_shown_a_line_each(
    basket: Basket, tmp_path: Path
) -> None:
    config = tmp_path / "basket.yaml"
    config.write_text("time_zone: Berlin\nminning:\n  min_support: 2\n", encoding="utf-8")

    ended = basket("run", config)
    first, *problems = ended.err.splitlines()

    assert (ended.code, ended.out, first) == (2, "", "basket: error:")
    assert {f"{config}:1:", f"{config}:2:"} <= {
        ":".join(line.split(":")[:2]) + ":" for line in problems
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "missing.yaml"],
        ["runn"],
        ["show", "also_bought", "--top", "0"],
        ["show", "also_bought", "--output", "missing"],
        ["show", "also_bought", "--output", "a", "--config", "b"],
        ["run", "basket.yaml", "--only", "also_baught"],
        ["run", "basket.yaml", "--as-of", "tomorrow"],
        ["run", "basket.yaml", "--set", "mining.min_suport=1"],
    ],
)
def test_wrong_usage_ends_with_2_and_a_message(
    arguments: Sequence[str], basket: Basket, own_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_shop)

    ended = basket(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert "rror" in ended.err
    assert "Traceback" not in ended.err


def test_bad_data_end_with_65_and_publish_nothing(basket: Basket, own_shop: Path) -> None:
    ended = basket("run", own_shop / "basket.yaml", "--set", "input.max_reject_share=0")

    assert (ended.code, ended.out) == (65, "")
    assert "basket: error: " in ended.err
    assert not (own_shop / "outputs" / "latest").exists()


def test_an_output_folder_that_cannot_be_made_ends_with_74(basket: Basket, own_shop: Path) -> None:
    ended = basket("run", own_shop / "basket.yaml", "--set", "output.path=basket.yaml/outputs")

    assert (ended.code, ended.out) == (74, "")


def test_a_second_run_of_the_same_output_ends_with_75(basket: Basket, own_shop: Path) -> None:
    with lock(own_shop / "outputs"):
        ended = basket("run", own_shop / "basket.yaml")

    assert (ended.code, ended.out) == (75, "")
    assert "another run" in ended.err


def test_a_defect_shows_its_traceback_and_ends_with_1(
    basket: Basket, own_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        message = "not foreseen"
        raise RuntimeError(message)

    monkeypatch.setattr("pipeline.config.load.load_config", broken)

    ended = basket("config", own_shop / "basket.yaml")

    assert (ended.code, ended.out) == (1, "")
    assert "RuntimeError: not foreseen\n" in ended.err
    assert ended.err.endswith("basket: error: this is a defect of basket, please report it\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", ["inspect input", "also_bought"])
def test_a_signal_ends_a_run_that_leaves_nothing_behind(
    number: signal.Signals, stage: str, own_shop: Path
) -> None:
    running = process("run", own_shop / "basket.yaml")
    assert running.stderr
    while f'"{stage}"' not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(number)
    out, err = running.communicate(timeout=60)

    assert (running.returncode, out) == (128 + number, "")
    assert f"basket: interrupted by {number.name}\n" in err
    assert "Traceback" not in err
    left = {path.relative_to(own_shop / "outputs") for path in own_shop.glob("outputs/**/*")}
    assert left <= {Path(".lock"), Path(".spill"), Path(".staging"), Path("runs")}
    with lock(own_shop / "outputs"):
        pass


def test_on_a_terminal_text_is_cut_to_its_width(shop: Path) -> None:
    reading, terminal = os.openpty()
    with os.fdopen(reading, encoding="utf-8") as shown:
        subprocess.run(
            [*PROGRAM, "show", "also_bought", "--output", str(shop / "outputs"), "--top", "3"],
            cwd=PROJECT,
            env={**os.environ, "COLUMNS": "80"},
            stdout=terminal,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        lines = [shown.readline().rstrip("\r\n") for _ in range(4)]
        os.close(terminal)

    assert lines[0].startswith("source_item_id")
    assert "…" in lines[1]
    assert [80] * 4 == [len(line) for line in lines]


def test_a_reader_that_stops_reading_is_no_error(shop: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)

    running = process(
        *("show", "view_then_bought", "--output", shop / "outputs", "--csv", "-"), stdout=write_end
    )
    os.close(write_end)
    _, err = running.communicate(timeout=60)

    assert (running.returncode, err) == (0, "")


def test_help_is_there_at_once_and_imports_nothing_slow() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    helped = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipeline", "--help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imported = {line.rpartition("|")[2].strip() for line in helped.stderr.splitlines()}

    assert "basket" in helped.stdout
    assert set() == imported & {"duckdb", "mlxtend", "numpy", "pandas", "pyarrow", "pydantic"}
    # Processor time: that of a clock would be the other programs' too.
    assert after.ru_utime - before.ru_utime < 0.5


def test_the_version_is_that_of_the_package(basket: Basket) -> None:
    from importlib.metadata import version

    assert (0, f"basket {version('basket-pipeline')}\n", "") == basket("--version")


def test_the_program_works_where_letters_are_ascii_only(shop: Path) -> None:
    shown = subprocess.run(
        [*PROGRAM, "show", "also_bought", "--output", str(shop / "outputs"), "--item", "Café"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 2
    assert r"no item 'Caf\xe9'" in shown.stderr
