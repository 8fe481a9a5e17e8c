"""Commands about a project: its configuration, and a new one."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.arguments import ConfigFile, Overrides, load, print_text


def show_config(config: ConfigFile, overrides: Overrides = None) -> None:
    """Show every option with its value and where that was set."""
    from pipeline.config.load import config_lines
    from pipeline.layout import aligned

    print_text(aligned(("option", "value", "set in"), config_lines(load(config, overrides))))


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
) -> None:
    """Write a small project that runs, to start from."""
    from pipeline.io.new_project import CONFIG, write_project

    written = write_project(folder)
    print_text("\n".join([*map(str, written), "", f"now: basket run {folder / CONFIG}"]))
