"""Why a row is there, as a sentence."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Floats
from pipeline.serving.lists import Pool

_FIELD = re.compile(r"\{(share|n|lift|note)\}")


def sentences(template: str, evidence: Pool) -> pa.Array:
    """Return a sentence for each row of a list.

    Args:
        template: The sentence, in which {share}, {n}, {lift} and {note} stand for evidence.
        evidence: The rows.

    Example:
        >>> from pipeline.serving.lists import pool_of
        >>> row = pool_of(np.array([7]), counts=np.array([80]), shares=np.array([0.125]))
        >>> sentences("bought by {share} of {n}", row).to_pylist()
        ['bought by 12.5 % of 80']
    """
    parts = [_part(part, evidence) for part in _split(template)]
    texts = pc.binary_join_element_wise(*parts, "")
    if isinstance(texts, pa.Scalar):
        return pa.array([texts.as_py()] * len(evidence), pa.string())
    return texts


def _split(template: str) -> list[str]:
    """Return text and `{field}` by turns, without empty text."""
    pieces = _FIELD.split(template)
    return [f"{{{one}}}" if at % 2 else one for at, one in enumerate(pieces) if one]


def _part(part: str, evidence: Pool) -> pa.Array | pa.Scalar:
    if part == "{share}":
        return _tenths(evidence.shares * 100, " %")
    if part == "{lift}":
        return _tenths(evidence.lifts, "")
    if part == "{n}":
        return pa.array(evidence.counts).cast(pa.string())
    if part == "{note}":
        return _notes(evidence.notes, len(evidence))
    return pa.scalar(part)


def _tenths(numbers: Floats, unit: str) -> pa.Array:
    """Return numbers, none below 0, with one decimal."""
    whole, tenth = np.divmod(np.rint(np.nan_to_num(numbers) * 10).astype(np.int64), 10)
    units, decimals = (pa.array(part).cast(pa.string()) for part in (whole, tenth))
    return pc.binary_join_element_wise(units, ".", decimals, unit, "")


def _notes(notes: Sequence[str] | None, count: int) -> pa.Array:
    return pa.array(notes if notes is not None else [""] * count, pa.string())
