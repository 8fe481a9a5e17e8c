"""Commands that read what was published: show and sql."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.arguments import (
    OutputFolder,
    OutputOf,
    Run,
    listed,
    output_of,
    print_text,
    quiet_pipe,
)

if TYPE_CHECKING:
    from pipeline.io.show import PublishedTable, Selection

SHOWN_ROWS = 20


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
    keep_formulas: Annotated[
        bool,
        typer.Option(
            "--keep-formulas", help="In CSV, no ' before text that a spreadsheet would run."
        ),
    ] = False,
    run: Run = "latest",
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Show rows of a published table."""
    from pipeline.io.show import Selection, open_table, table_of

    chosen = table_of(table).column_names if columns == "all" else listed(columns or "")
    selection = Selection(item, sort, top, chosen)
    with open_table(output_of(output, config), table, run) as published:
        if csv is None:
            _show(published, selection)
        else:
            _write_csv(published, selection, csv, is_guarded=not keep_formulas)


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

    manifest = read_manifest(resolve(output_of(output, config), run))
    print_text(statements(manifest.steps, table, [one.table for one in manifest.tables]))


def _show(published: "PublishedTable", selection: "Selection") -> None:
    from pipeline.summary import shown_text

    limited = replace(selection, top=selection.top or SHOWN_ROWS)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    text, footer = shown_text(published, limited, width)
    print_text(text)
    print(footer, file=sys.stderr)


def _write_csv(
    published: "PublishedTable", selection: "Selection", target: str, *, is_guarded: bool
) -> None:
    from pipeline.io.csv_rows import write_csv
    from pipeline.io.durable import storage_errors

    if target == "-":
        with quiet_pipe():
            write_csv(published, selection, sys.stdout, is_guarded=is_guarded)
        return
    path = Path(target)
    published.check(selection)  # a mistake leaves a file that stands there alone
    with (
        storage_errors(path, "write the CSV file"),
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        count = write_csv(published, selection, file, is_guarded=is_guarded)
    print(f"{count} rows in {path}", file=sys.stderr)
