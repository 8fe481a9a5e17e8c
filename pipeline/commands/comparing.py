"""The command that compares two published runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.arguments import OutputFolder, OutputOf, output_of, print_text

if TYPE_CHECKING:
    from pipeline.io.compare import Comparison


def diff(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="Id of the earlier run.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="Id of the later run.")] = "latest",
    table: Annotated[
        str | None, typer.Option(metavar="TABLE", help="List the changed rows of this table.")
    ] = None,
    top: Annotated[
        int, typer.Option(min=1, metavar="N", help="Targets compared per source item.")
    ] = 10,
    rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rows listed with --table, best first.")
    ] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Show what changed between two runs: rows gained, lost and moved, and lists that differ."""
    from pipeline.io.compare import comparison
    from pipeline.io.runs import resolve

    folder = output_of(output, config)
    with comparison(_read(resolve(folder, run_a)), _read(resolve(folder, run_b))) as comparing:
        if table is not None:
            print_text(_rows(comparing, table, rows, is_json=json))
            return
        print_text(_tables(comparing, top, is_json=json))


def _read(folder: Path) -> Path:
    """Return the folder of a run whose manifest can be read."""
    from pipeline.io.manifest import read_manifest

    read_manifest(folder)
    return folder.resolve()


def _tables(comparing: "Comparison", top: int, *, is_json: bool) -> str:
    from dataclasses import asdict

    changes = [asdict(comparing.change(name, top)) for name in comparing.tables]
    return _printed(changes, is_json=is_json)


def _rows(comparing: "Comparison", table: str, limit: int, *, is_json: bool) -> str:
    from pipeline import names
    from pipeline.io.compare import check_table, shown_key

    key = shown_key(names.TABLES[check_table(table, comparing)])
    columns = ("change", *key, "rank_before", "rank_after")
    rows = comparing.changed_rows(table, limit)
    return _printed([dict(zip(columns, row, strict=True)) for row in rows], is_json=is_json)


def _printed(rows: list[dict[str, object]], *, is_json: bool) -> str:
    from json import dumps

    from pipeline.layout import aligned

    if is_json:
        return dumps(rows, indent=2, ensure_ascii=False, default=str)
    if not rows:
        return "nothing changed"
    columns = tuple(name.replace("_", " ") for name in rows[0])
    return aligned(columns, [tuple(row.values()) for row in rows])
