"""How many slices keep a wide step within memory."""

ROWS_PER_SLICE = 4_000_000
"""Rows that one slice groups; a group takes about 100 bytes, so a slice stays near 400 MB."""

KEYS_PER_ROW = 4
"""A key that is sorted in an array takes about 10 bytes, copies included: 160 MB a slice."""


def slices_for(rows: int) -> int:
    """Return into how many slices a step that groups so many rows is cut; at least 1."""
    return max(1, -(-rows // ROWS_PER_SLICE))


def slices_for_keys(rows: int) -> int:
    """Return into how many slices a step that sorts so many keys is cut; at least 1."""
    return slices_for(-(-rows // KEYS_PER_ROW))
