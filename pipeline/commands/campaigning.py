"""The commands about campaigns."""

import sys
from typing import Annotated

import typer

from pipeline.commands.arguments import ConfigFile, Overrides, Run, load, print_text

campaign = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@campaign.callback()
def _campaign() -> None:
    """See what campaigns brought."""


@campaign.command()
def measure(
    config: ConfigFile,
    run: Run = "latest",
    until: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="End of the orders that count.  [default: behind the newest]"
        ),
    ] = None,
    overrides: Overrides = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Compare what treated and control customers of a run's campaigns bought after it."""
    from pipeline.evaluation.campaign_effects import measure_campaigns
    from pipeline.evaluation.effect_report import effects_json, effects_text
    from pipeline.progress import Progress

    report = measure_campaigns(load(config, overrides), run, until, Progress(sys.stderr))
    print_text(effects_json(report) if json else effects_text(report))
