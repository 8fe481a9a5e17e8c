"""Arguments, and the steps with them, that several commands have."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import StorageError, UsageError

if TYPE_CHECKING:
    from pipeline.config.load import LoadedConfig

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="Configuration file (YAML).")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Option in place of the file's; repeatable."),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Instant that the run stands for: a date, or ISO 8601."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Fail on what is wrong in picks, rules and the like.")
]
Run = Annotated[str, typer.Option(metavar="ID", help="Id of a run.")]
OutputFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder with `latest`.  [default: outputs]")
]
OutputOf = Annotated[
    Path | None, typer.Option("--config", metavar="CONFIG", help="Take its output folder.")
]


def load(
    config: Path, overrides: Sequence[str] | None, *, is_strict: bool = False
) -> "LoadedConfig":
    """Load a configuration; command line and environment go before its values."""
    from pipeline.config.load import load_config

    strict = ["serving.strict=true"] if is_strict else []
    return load_config(config, [*(overrides or ()), *strict], os.environ)


def output_of(output: Path | None, config: Path | None) -> Path:
    """Return the folder with `latest` that the options name."""
    if output is not None and config is not None:
        message = "--output and --config both say where the tables are: give one of them"
        raise UsageError(message)
    if config is None:
        return output or Path("outputs")
    from pipeline.job import output_folder

    return output_folder(load(config, ()))


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a list written with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def print_text(text: str) -> None:
    """Print data on stdout."""
    with quiet_pipe():
        print(text)


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """Let a reader such as `head` stop reading: what it did not want is no error.

    Raises:
        StorageError: What is printed cannot be written; a run that was published stays published.
    """
    try:
        yield
        if sys.stdout is not None:  # a program may be started without
            sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        remedy = "send it elsewhere; what was published stays"
        message = f"could not print: {error.strerror}; {remedy}"
        raise StorageError(message) from error
