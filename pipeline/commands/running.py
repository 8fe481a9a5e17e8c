"""Commands that read the input: run and check."""

import sys
from typing import Annotated

import typer

from pipeline.commands.arguments import (
    AsOf,
    ConfigFile,
    Overrides,
    Strict,
    listed,
    load,
    print_text,
)


def run(
    config: ConfigFile,
    as_of: AsOf = None,
    overrides: Overrides = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE", help="Only this table; repeatable, or with commas."),
    ] = None,
    skip_unchanged: Annotated[
        bool, typer.Option("--skip-unchanged", help="Exit with 99 where nothing is new.")
    ] = False,
    strict: Strict = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Read the input, compute the tables, publish them as one run."""
    from pipeline.progress import Progress
    from pipeline.run import run as run_stages
    from pipeline.summary import run_json, run_text
    from pipeline.telemetry import write_reports

    tables = [name for names in only or () for name in listed(names)]
    loaded = load(config, overrides, is_strict=strict)
    report = run_stages(loaded, as_of, tables, Progress(sys.stderr), skips_unchanged=skip_unchanged)
    write_reports(report, loaded)
    print_text(run_json(report) if json else run_text(report))


def check(config: ConfigFile, as_of: AsOf = None, overrides: Overrides = None) -> None:
    """Read and check the input as a run would; publish nothing."""
    from pipeline.progress import Progress
    from pipeline.run import check as check_input
    from pipeline.summary import check_text

    print_text(check_text(check_input(load(config, overrides), as_of, Progress(sys.stderr))))
