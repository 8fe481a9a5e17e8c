"""The program as a scheduler starts it, on the starter project."""

import os
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.config.load import load_config
from pipeline.io.history import verified
from pipeline.io.new_project import CONFIG, write_project
from pipeline.io.runs import STAGING, resolve
from pipeline.run import run
from tests.conftest import PROJECT

PROGRAM = (sys.executable, "-m", "pipeline")
OLD_DAY, NEW_DAY = "2026-03-01", "2026-03-15"
CANONICAL = ("order_id", "customer_id", "item_id", "ordered_at", "quantity", "unit_price")
# Publication does not care what tables hold: this one is quick, and two come with it.
QUICK = ("output.tables=[rfm_segments]", "events=null", "engine.threads=2")


def new_shop(folder: Path) -> Path:
    """Write the starter project and return its configuration file."""
    write_project(folder)
    return folder / CONFIG


def run_words(config: Path, output: Path, as_of: str, *overrides: str) -> list[str]:
    """Return the words after `basket` that publish a quick run."""
    settings = (f'output.path="{output}"', *QUICK, *overrides)
    return ["run", str(config), "--as-of", as_of, *(w for s in settings for w in ("--set", s))]


def run_here(config: Path, output: Path, as_of: str) -> str:
    """Publish a quick run without a process of its own; return its id."""
    return run(load_config(config, [f'output.path="{output}"', *QUICK]), as_of).run_id


def start(words: list[str], *before: str, **options: Any) -> "subprocess.Popen[str]":
    """Start the program, under another one if its words are given."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [*before, *PROGRAM, *words]
    return subprocess.Popen(command, cwd=PROJECT, text=True, **{**pipes, **options})


def end(
    words: list[str], *before: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end, under another one if its words are given."""
    return subprocess.run(
        [*before, *PROGRAM, *words],
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def error_lines(text: str) -> list[str]:
    """Return what stderr holds besides the progress, which is one JSON object a line."""
    return [line for line in text.splitlines() if not line.startswith("{")]


def latest_whole(output: Path) -> str:
    """Return the id of the run that a reader finds, after every byte of it was checked."""
    return verified(resolve(output)).run_id


def leftovers(output: Path) -> list[str]:
    """Return what unfinished work left in an output folder."""
    folders = (output / STAGING, output / ".spill")
    return sorted(path.name for folder in folders if folder.exists() for path in folder.iterdir())


def wide_shop(folder: Path, customers: int = 60) -> Path:
    """Write a shop whose few customers bought thousands of items each: pairs take long to count."""
    chance = random.Random(7)  # noqa: S311 - no secret
    orders = (
        (f"c{customer}", item)
        for customer in range(customers)
        for item in chance.sample(range(6000), 3000)
    )
    options = "max_basket_items: 5000, min_item_count: 2"
    return _plain_shop(folder, orders, f"also_bought: {{{options}}}", "also_bought")


def dense_shop(folder: Path) -> Path:
    """Write a shop of few items that are in most orders: itemsets take long to mine."""
    chance = random.Random(7)  # noqa: S311 - no secret
    orders = ((f"c{order}", item) for order in range(3000) for item in chance.sample(range(80), 60))
    options = "min_support: 0.1, max_itemset_size: 5, max_memory_mb: 8192"
    return _plain_shop(folder, orders, f"mining: {{{options}}}", "association_rules")


def plain_config(folder: Path, files: str, options: str = "", table: str = "rfm_segments") -> Path:
    """Write the configuration of orders under our own names of columns."""
    columns = "".join(f"    {name}: {name}\n" for name in CANONICAL)
    config = folder / CONFIG
    config.write_text(
        f"orders:\n  files: {files}\n  columns:\n{columns}"
        f"{options}\noutput: {{tables: [{table}]}}\nengine: {{threads: 2}}\n",
        encoding="utf-8",
    )
    return config


def _plain_shop(folder: Path, lines: Iterable[tuple[str, int]], options: str, table: str) -> Path:
    """Write a shop in which each customer has one order."""
    folder.mkdir()
    rows = "".join(f"o{who},{who},{item},2026-03-01 10:00:00,1,2.50\n" for who, item in lines)
    (folder / "orders.csv").write_text(f"{','.join(CANONICAL)}\n{rows}", encoding="utf-8")
    return plain_config(folder, "orders.csv", options, table)
