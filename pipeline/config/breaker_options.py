"""Options of the breakers: how far a run may be from the one before."""

from typing import Annotated

from pydantic import Field

from pipeline.config.section import Section

Share = Annotated[float, Field(ge=0, le=1)]


class Breakers(Section):
    """A run that differs more than this from the run that `latest` names fails (exit code 65) and
    is not published; null turns a breaker off. Nothing is compared with a later as_of."""

    max_volume_ratio: Annotated[float, Field(ge=1)] | None = 5.0
    """How many times more lines a source may have, or fewer; sources that are read from other
    files than then are not compared."""
    max_row_change: Annotated[float, Field(ge=0)] | None = None
    """Largest change of a table's number of rows, as a share of the earlier number."""
    min_kept_sources: Share | None = None
    """Smallest share of the source items with a list that must still have one."""
    max_churn: Share | None = None
    """Largest mean share of the ten best targets of a source item that may be replaced."""
