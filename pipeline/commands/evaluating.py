"""The command that measures the tables on later orders."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.arguments import ConfigFile, Overrides, load, print_text


def evaluate(
    config: ConfigFile,
    train_until: Annotated[
        str, typer.Option(metavar="DATE", help="Mine what is before, test on what is after.")
    ],
    test_days: Annotated[int, typer.Option(min=1, help="Days of the test window.")] = 28,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Suggestions asked for.")] = 10,
    overrides: Overrides = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the hit rates (PNG; needs the extra `plot`)."),
    ] = None,
) -> None:
    """Mine up to a date and see how well each table foretells the orders after it."""
    from pipeline.evaluation.evaluate import Protocol
    from pipeline.evaluation.evaluate import evaluate as evaluate_tables
    from pipeline.evaluation.report import report_json, report_text, save_plot
    from pipeline.progress import Progress

    protocol = Protocol(test_days, top)
    report = evaluate_tables(load(config, overrides), train_until, protocol, Progress(sys.stderr))
    if plot is not None:
        save_plot(report, plot)
    print_text(report_json(report) if json else report_text(report))
