"""Commands: parse, load the configuration, call, print.

Nothing but data goes to stdout; progress and errors go to stderr. What is slow to import is
imported by the command that needs it, so that `basket --help` answers at once.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.config.load import LoadedConfig
    from pipeline.io.show import PublishedTable, Selection

SHOWN_ROWS = 20

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Market-basket tables from order lines and a browse log.",
    epilog="Exit codes: 0 done, 1 a defect, 2 usage or configuration, 65 bad input data, 74 input "
    "or output failed, 75 another run is at work (try again), 130/143 interrupted.",
)

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="Configuration file (YAML).")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Option in place of the file's; repeatable."),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Instant that the run stands for: a date, or ISO 8601."),
]
Run = Annotated[str, typer.Option(metavar="ID", help="Id of a run.")]
OutputFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder with `latest`.  [default: outputs]")
]
OutputOf = Annotated[
    Path | None, typer.Option("--config", metavar="CONFIG", help="Take its output folder.")
]


def _version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        _print(f"basket {version('basket-pipeline')}")
        raise typer.Exit


@app.callback()
def _basket(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take what stands before the command."""


@app.command()
def run(
    config: ConfigFile,
    as_of: AsOf = None,
    overrides: Overrides = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE", help="Only this table; repeatable, or with commas."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Read the input, compute the tables, publish them as one run."""
    from pipeline.progress import Progress
    from pipeline.run import run as run_stages
    from pipeline.summary import run_json, run_text

    tables = [name for names in only or () for name in _names(names)]
    report = run_stages(_load(config, overrides), as_of, tables, Progress(sys.stderr))
    _print(run_json(report) if json else run_text(report))


@app.command()
def check(config: ConfigFile, as_of: AsOf = None, overrides: Overrides = None) -> None:
    """Read and check the input as a run would; publish nothing."""
    from pipeline.progress import Progress
    from pipeline.run import check as check_input
    from pipeline.summary import check_text

    _print(check_text(check_input(_load(config, overrides), as_of, Progress(sys.stderr))))


@app.command()
def show(
    table: Annotated[str, typer.Argument(help="Name of a table; docs/tables.md lists them.")],
    item: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only rows with this item (rfm_segments: customer)."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="COLUMN[:desc]", help="Order of the rows.  [default: best first]"),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Number of rows.  [default: 20, with --csv all]"),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns; `all` shows every one.")
    ] = None,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write CSV; `-` is stdout.")
    ] = None,
    run: Run = "latest",
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Show rows of a published table."""
    from pipeline.io.show import Selection, open_table, table_of

    chosen = table_of(table).column_names if columns == "all" else _names(columns or "")
    selection = Selection(item, sort, top, chosen)
    with open_table(_output(output, config), table, run) as published:
        _show(published, selection) if csv is None else _write_csv(published, selection, csv)


@app.command()
def sql(
    table: Annotated[str, typer.Argument(help="A published table, or a step on the way to it.")],
    run: Run = "latest",
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Show the SQL that built a table, with the values of the run."""
    from pipeline.io.manifest import read_manifest
    from pipeline.io.runs import resolve
    from pipeline.statements import statements

    manifest = read_manifest(resolve(_output(output, config), run))
    _print(statements(manifest.steps, table))


@app.command("config")
def show_config(config: ConfigFile, overrides: Overrides = None) -> None:
    """Show every option with its value and where that was set."""
    from pipeline.config.load import config_lines
    from pipeline.layout import aligned

    _print(aligned(("option", "value", "set in"), config_lines(_load(config, overrides))))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
) -> None:
    """Write a small project that runs, to start from."""
    from pipeline.io.new_project import CONFIG, write_project

    written = write_project(folder)
    _print("\n".join([*map(str, written), "", f"now: basket run {folder / CONFIG}"]))


def _load(config: Path, overrides: Sequence[str] | None) -> "LoadedConfig":
    from pipeline.config.load import load_config

    return load_config(config, overrides or ())


def _output(output: Path | None, config: Path | None) -> Path:
    if output is not None and config is not None:
        message = "--output and --config both say where the tables are: give one of them"
        raise UsageError(message)
    if config is None:
        return output or Path("outputs")
    from pipeline.job import output_folder

    return output_folder(_load(config, ()))


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def _show(published: "PublishedTable", selection: "Selection") -> None:
    from pipeline.summary import shown_text

    limited = replace(selection, top=selection.top or SHOWN_ROWS)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    text, footer = shown_text(published, limited, width)
    _print(text)
    print(footer, file=sys.stderr)


def _write_csv(published: "PublishedTable", selection: "Selection", target: str) -> None:
    from pipeline.io.csv_rows import write_csv
    from pipeline.io.durable import storage_errors

    if target == "-":
        with _quiet_pipe():
            write_csv(published, selection, sys.stdout)
        return
    path = Path(target)
    published.check(selection)  # a mistake leaves a file that stands there alone
    with (
        storage_errors(path, "write the CSV file"),
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        count = write_csv(published, selection, file)
    print(f"{count} rows in {path}", file=sys.stderr)


def _print(text: str) -> None:
    with _quiet_pipe():
        print(text)


@contextmanager
def _quiet_pipe() -> Iterator[None]:
    """Let a reader such as `head` stop reading: what it did not want is no error."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end; that goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
