"""The command that looks at the machine."""

from typing import Annotated

import typer

from pipeline.commands.arguments import ConfigFile, Overrides, load, print_text


def doctor(
    config: ConfigFile,
    overrides: Overrides = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check that this machine has what a run needs; exit with 74 where it has not."""
    from dataclasses import asdict
    from json import dumps

    from pipeline.doctor import examine
    from pipeline.errors import StorageError
    from pipeline.layout import aligned

    found = [asdict(finding) for finding in examine(load(config, overrides))]
    rows = [tuple(finding.values()) for finding in found]
    text = aligned(("check", "state", "detail"), rows)
    print_text(dumps(found, indent=2) if json else text)
    failed = [str(finding["check"]) for finding in found if finding["state"] == "failed"]
    if failed:
        message = f"a run would fail here: {', '.join(failed)}"
        raise StorageError(message)
