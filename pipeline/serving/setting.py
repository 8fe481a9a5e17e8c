"""What the makers of candidate lists work with, and the hand-made files of the shop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar, cast

from pipeline.config.serving_options import Serving
from pipeline.engine import Engine
from pipeline.errors import DataError
from pipeline.io.files import InputFile, find_files
from pipeline.serving.remarks import Remark
from pipeline.serving.shelf import Shelf

TABLES_READ: Final = (
    *("item_stats", "popular_items", "rfm_segments", "also_bought", "also_bought_category"),
    *("also_viewed", "view_then_bought", "frequently_bought_together", "bought_next"),
    *("substitutes", "repurchase_cycle"),
)
"""Mined tables that lists are made of."""
Made = TypeVar("Made")
_SEGMENTS: Final = "select distinct segment from rfm_segments order by segment asc"


@dataclass(frozen=True)
class Setting:
    """The shop as it stands when lists are made.

    Attributes:
        engine: Holds the mined tables as they are published.
        given: Names of these tables.
        shelf: The items.
        options: Options of the ready lists.
        as_of: The instant that the lists are for, microseconds since 1970-01-01 UTC.
        time_zone: Decides days.
        attributes: Names of `catalogue.attributes`.
        files: Hand-made files by name, as `hand_made_files` names them.
        remarks: Takes what is wrong with lines of these files.
        shared: What several relation types are made of, by name.
    """

    engine: Engine
    given: frozenset[str]
    shelf: Shelf
    options: Serving
    as_of: int
    time_zone: str
    files: Mapping[str, InputFile]
    attributes: tuple[str, ...] = ()
    remarks: list[Remark] = field(default_factory=list)
    shared: dict[str, object] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what several relation types are made of: made by the first of them.

        Args:
            name: Its name; that of a relation type where it is needed as long as that.
            make: Makes it.
        """
        if name not in self.shared:
            self.shared[name] = make()
        return cast("Made", self.shared[name])

    @cached_property
    def segments(self) -> list[str]:
        """Customer segments that have customers, ascending."""
        if "rfm_segments" not in self.given:
            return []
        rows = self.engine.batches(_SEGMENTS)
        return [name for batch in rows for name in batch["segment"].to_pylist()]


def hand_made_files(options: Serving, folder: Path) -> dict[str, InputFile]:
    """Return the hand-made files that are configured.

    Args:
        options: Names them.
        folder: Folder of the configuration file.

    Raises:
        DataError: An option names several files.
        StorageError: It names none.
    """
    relations = options.relations
    paths = {
        "manual": (options.manual, "csv"),
        "rules": (options.rules, "jsonl"),
        "blacklist": (options.blacklist, "csv"),
        "accessories": (relations.accessory.file, "csv"),
        "brand_tiers": (relations.other_brand_up_sell.tiers, "csv"),
        "scenes": (relations.scene.file, "csv"),
    }
    return {
        name: _one(path, folder, file_format)
        for name, (path, file_format) in paths.items()
        if path is not None
    }


def _one(path: str, folder: Path, file_format: str) -> InputFile:
    found = find_files(path, folder, file_format)
    if len(found) != 1:
        message = f"{path}: {len(found)} files; name one"
        raise DataError(message)
    return found[0]
