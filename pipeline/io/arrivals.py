"""What came in since an earlier run: far too much or too little, and what came in late."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import DataError, StorageError
from pipeline.io.manifest import InputChange, InputEntry, Manifest, read_manifest
from pipeline.io.runs import RUNS, latest_run_id, run_ids

_INSTANT_LENGTH = len("2011-12-10T000000Z")


def check_volume(
    lines: Mapping[str, int],
    configuration: Mapping[str, Any],
    output: Path,
    max_ratio: float | None,
) -> None:
    """Refuse an input that is far smaller or larger than that of the run that `latest` names.

    Sources that are read from other files than then are not compared.

    Args:
        lines: Physical lines of each source.
        configuration: Every option with its value, as in the manifest.
        output: Folder that holds `runs/` and `latest`.
        max_ratio: How many times more, or fewer, lines there may be; None refuses nothing.

    Raises:
        DataError: A source has too many or too few lines.
    """
    latest = latest_run_id(output)
    previous = _manifest(output, latest) if latest else None
    if previous is None or max_ratio is None:
        return
    before = _lines(previous.inputs)
    for source, count in lines.items():
        is_same_source = _files(configuration, source) == _files(previous.configuration, source)
        if source in before and is_same_source and _is_far(count, before[source], max_ratio):
            message = (
                f"{source}: {count} lines, and {before[source]} in the run that `latest` names "
                f"({latest}); check the export, or if it is right, allow it once with "
                "--set breakers.max_volume_ratio=null"
            )
            raise DataError(message)


def previous_of(output: Path, run_id: str) -> Manifest | None:
    """Return the manifest of the run that was last started for the same `as_of`, if there is one.

    Args:
        output: Folder that holds `runs/` and `latest`.
        run_id: Id of this run, which may be published already; it is not its own predecessor.
    """
    same = [name for name in run_ids(output) if name[:_INSTANT_LENGTH] == run_id[:_INSTANT_LENGTH]]
    found = [_manifest(output, name) for name in same if name != run_id]
    whole = [manifest for manifest in found if manifest is not None]
    return max(whole, key=lambda one: (one.started_at, one.run_id), default=None)


def input_changes(
    inputs: Sequence[InputEntry], previous: Sequence[InputEntry]
) -> tuple[InputChange, ...]:
    """Return what is new in the input of a run, one entry for each source that changed.

    Args:
        inputs: The files of this run.
        previous: The files of the run before.

    Example:
        >>> old = InputEntry("orders", "1.csv", 10, 99, "aa")
        >>> late = InputEntry("orders", "1.csv", 12, 120, "bb")
        >>> input_changes([late, InputEntry("orders", "2.csv", 5, 40, "cc")], [old])
        (InputChange(source='orders', lines=7, new_files=1, changed_files=1, gone_files=0),)
    """
    sources = dict.fromkeys(file.source for file in (*inputs, *previous))
    changes = (_change(source, inputs, previous) for source in sources)
    return tuple(change for change in changes if change is not None)


def change_notes(manifest: Manifest) -> Iterator[str]:
    """Yield what is new in the input since the run before, a line for each source."""
    for change in manifest.input_changes:
        yield (
            f"{change.source}: {change.lines:+d} lines since {manifest.previous_run_id}, which "
            f"stands for the same as_of; files: {change.new_files} new, "
            f"{change.changed_files} changed, {change.gone_files} gone"
        )


def _change(
    source: str, inputs: Iterable[InputEntry], previous: Iterable[InputEntry]
) -> InputChange | None:
    now = {file.path: file for file in inputs if file.source == source}
    then = {file.path: file for file in previous if file.source == source}
    changed = sum(now[path].sha256 != then[path].sha256 for path in now.keys() & then.keys())
    new, gone = len(now.keys() - then.keys()), len(then.keys() - now.keys())
    if not (new or gone or changed):
        return None
    lines = sum(file.lines for file in now.values()) - sum(file.lines for file in then.values())
    return InputChange(source, lines, new, changed, gone)


def _manifest(output: Path, run_id: str) -> Manifest | None:
    try:
        return read_manifest(output / RUNS / run_id)
    except StorageError:
        return None


def _lines(inputs: Iterable[InputEntry]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in inputs:
        counts[file.source] += file.lines
    return counts


def _files(configuration: Mapping[str, Any], source: str) -> object:
    """Return where a source is read from; lookups have no section of their own."""
    section = configuration.get(source) or {}
    return section.get("files"), section.get("from_events")


def _is_far(count: int, before: int, max_ratio: float) -> bool:
    return max(count, 1) > max_ratio * max(before, 1) or max(before, 1) > max_ratio * max(count, 1)
