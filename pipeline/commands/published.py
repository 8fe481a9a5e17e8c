"""Commands about published runs: runs, verify, rollback and prune."""

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.arguments import OutputFolder, OutputOf, output_of, print_text

if TYPE_CHECKING:
    from pipeline.io.history import PublishedRun


def runs(
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """List the published runs, the newest last."""
    from pipeline.io.history import published_runs

    found = published_runs(output_of(output, config))
    print_text(_json(found) if json else _text(found))


def verify(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="Id of a run.")] = "latest",
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Check every byte of a run against its manifest."""
    from pipeline.io.history import verified
    from pipeline.io.runs import resolve

    manifest = verified(resolve(output_of(output, config), run))
    size = sum(table.bytes for table in manifest.tables)
    print_text(f"run {manifest.run_id} is whole: {len(manifest.tables)} tables, {size} bytes")


def rollback(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Id of a run.  [default: the one before]")
    ] = None,
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Point `latest` at the run before, or at another one."""
    from pipeline.io.retention import rollback as go_back

    print_text(f"`latest` names {go_back(output_of(output, config), run).name}")


def prune(
    keep: Annotated[
        int, typer.Option(min=1, metavar="N", help="Number of the newest complete runs that stay.")
    ],
    older_than: Annotated[
        int,
        typer.Option(
            min=1, max=36500, metavar="DAYS", help="Spare runs made, or the latest, in these days."
        ),
    ] = 1,
    output: OutputFolder = None,
    config: OutputOf = None,
) -> None:
    """Remove old runs; the one that `latest` names always stays."""
    from pipeline.io.retention import prune as remove_old

    unused_since = datetime.now(UTC) - timedelta(days=older_than)
    removed = remove_old(output_of(output, config), keep, unused_since)
    for run in removed:
        print_text(run.run_id)
    size = sum(run.bytes for run in removed)
    print(f"{len(removed)} runs removed, {size} bytes", file=sys.stderr)


def _text(found: "list[PublishedRun]") -> str:
    from pipeline.layout import aligned

    columns = ("run", "as of", "started", "rows", "bytes", "state", "latest")
    rows = [
        (
            *(run.run_id, run.as_of, run.started_at, run.rows, run.bytes, run.state),
            "yes" if run.is_latest else "",
        )
        for run in found
    ]
    return aligned(columns, rows)


def _json(found: "list[PublishedRun]") -> str:
    from dataclasses import asdict
    from json import dumps

    documents = [{**asdict(run), "used_at": run.used_at.isoformat()} for run in found]
    return dumps(documents, indent=2)
