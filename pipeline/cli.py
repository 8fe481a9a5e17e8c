"""The program's commands; each stands in a module of `commands`.

Nothing but data goes to stdout; progress and errors go to stderr. What is slow to import is
imported by the command that needs it, so that `basket --help` answers at once.
"""

from typing import Annotated

import typer

from pipeline.commands import (
    campaigning,
    comparing,
    evaluating,
    health,
    planning,
    projects,
    published,
    reading,
    running,
    serving,
)
from pipeline.commands.arguments import print_text

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Market-basket tables from order lines and a browse log.",
    epilog="Exit codes: 0 done, 1 a defect, 2 usage or configuration, 65 bad input data, 74 input "
    "or output failed, 75 another run is at work (try again), 130/143 interrupted.",
)


def _version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        print_text(f"basket {version('basket-pipeline')}")
        raise typer.Exit


@app.callback()
def _basket(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take what stands before the command."""


app.command()(running.run)
app.command()(running.check)
app.command()(evaluating.evaluate)
app.add_typer(campaigning.campaign, name="campaign")
app.command()(planning.plan)
app.command()(reading.show)
app.command()(reading.sql)
app.command()(serving.explain)
app.command()(serving.preview)
app.command()(published.runs)
app.command()(comparing.diff)
app.command()(published.verify)
app.command()(published.rollback)
app.command()(published.prune)
app.command("config")(projects.show_config)
app.command()(health.doctor)
app.command()(projects.init)
