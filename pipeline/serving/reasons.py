"""Why a row is there, as a sentence."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Floats, Int64s
from pipeline.serving.lists import Pool

_FIELD = re.compile(r"\{(share|n|lift|note)\}")


def sentences(template: str, evidence: Pool, rows: Int64s | None = None) -> pa.Array:
    """Return a sentence for each row, or for some.

    Args:
        template: The sentence, in which {share}, {n}, {lift} and {note} stand for evidence.
        evidence: The rows.
        rows: Places of those that are asked for; None for all.

    Example:
        >>> from pipeline.serving.lists import pool_of
        >>> pool = pool_of(np.array([7]), counts=np.array([80]), shares=np.array([0.125]))
        >>> sentences("bought by {share} of {n}", pool).to_pylist()
        ['bought by 12.5 % of 80']
    """
    places = np.arange(len(evidence)) if rows is None else rows
    parts = [_part(part, evidence, places) for part in _split(template)]
    texts = pc.binary_join_element_wise(*parts, "")
    return pa.repeat(texts, len(places)) if isinstance(texts, pa.Scalar) else texts


def _split(template: str) -> list[str]:
    """Return text and `{field}` by turns, without empty text."""
    pieces = _FIELD.split(template)
    return [f"{{{one}}}" if at % 2 else one for at, one in enumerate(pieces) if one]


def _part(part: str, evidence: Pool, rows: Int64s) -> pa.Array | pa.Scalar:
    if part == "{share}":
        return _tenths(evidence.shares[rows] * 100, " %")
    if part == "{lift}":
        return _tenths(evidence.lifts[rows], "")
    if part == "{n}":
        return pa.array(evidence.counts[rows]).cast(pa.string())
    if part == "{note}":
        return pa.scalar("") if evidence.notes is None else _notes(evidence.notes, rows)
    return pa.scalar(part)


def _tenths(numbers: Floats, unit: str) -> pa.Array:
    """Return numbers, none below 0, with one decimal."""
    whole, tenth = np.divmod(np.rint(np.nan_to_num(numbers) * 10).astype(np.int64), 10)
    units, decimals = (pa.array(part).cast(pa.string()) for part in (whole, tenth))
    return pc.binary_join_element_wise(units, ".", decimals, unit, "")


def _notes(notes: pa.Array, rows: Int64s) -> pa.Array:
    return notes.take(pa.array(rows)).cast(pa.string())
