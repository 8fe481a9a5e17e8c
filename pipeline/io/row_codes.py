"""Numbers that stand for the rows of a file: equal rows have equal numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as kinds
from numpy.typing import NDArray

Codes = NDArray[np.int64]


def row_codes(file: pq.ParquetFile, columns: tuple[str, ...]) -> Codes:
    """Return one number per row, equal where all the columns are equal (NULL equals NULL)."""
    codes = np.zeros(file.metadata.num_rows, dtype=np.int64)
    for place, name in enumerate(columns):
        column_codes = _encoded(column_of(file, name))
        codes = paired(codes, column_codes) if place else column_codes
    return codes


def list_digests(file: pq.ParquetFile, name: str) -> Codes:
    """Return 64 bits of each list, the same for equal lists: a row group is held at a time.

    Each element has random bits, which stand in the sum times an odd number of its place.
    """
    bits, known = np.random.default_rng(0), pa.array([], pa.string())
    of_element = np.zeros(0, dtype=np.int64)
    digests = [np.zeros(0, dtype=np.int64)]
    for number in range(file.num_row_groups):
        lists = file.read_row_group(number, columns=[name])[name].combine_chunks()
        lists = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
        distinct = pc.unique(lists.flatten())
        known = pa.concat_arrays([known, distinct.filter(pc.invert(pc.is_in(distinct, known)))])
        wanted = len(known) - len(of_element)
        fresh = bits.integers(-(2**63), 2**63 - 1, wanted, dtype=np.int64)
        of_element = np.concatenate([of_element, fresh])
        elements = of_element[pc.index_in(lists.flatten(), known).to_numpy()]
        digests.append(_sums_by_place(elements, pc.list_value_length(lists).to_numpy()))
    return np.concatenate(digests)


def _sums_by_place(elements: Codes, lengths: Codes) -> Codes:
    offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    places = np.arange(len(elements)) - np.repeat(offsets[:-1], lengths)
    weighted = np.concatenate((elements * (2 * places + 1), [0]))
    sums = np.add.reduceat(weighted, offsets[:-1]) if len(lengths) else weighted[:0]
    return np.where(lengths > 0, sums, 0)


def paired(left: Codes, right: Codes) -> Codes:
    """Return one number per pair of numbers; dense codes first, so that it never overflows."""
    dense = _encoded(pa.array(left))
    return np.asarray(dense * (right.max(initial=0) + 1) + right)


def count_distinct(codes: Codes) -> int:
    """Return how many different numbers there are."""
    ordered = np.sort(codes)  # far quicker than a hash table
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + min(1, len(ordered))


def _encoded(values: pa.Array) -> Codes:
    """Return the dictionary code of each value; no code reaches the number of rows."""
    if kinds.is_list(values.type):
        values = _list_keys(values)
    if kinds.is_dictionary(values.type):  # as the file has them; NULL is one code more
        filled = pc.fill_null(values.indices, len(values.dictionary))
        return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)
    indices = pc.dictionary_encode(values, null_encoding="encode").indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _list_keys(values: pa.ListArray) -> pa.StringArray:
    """Return one text per list: the codes of its elements, which no comma can confuse."""
    elements = pc.dictionary_encode(values.flatten()).indices.cast(pa.string())
    lengths = pc.list_value_length(values).to_numpy(zero_copy_only=False)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), elements), ",")


def column_of(file: pq.ParquetFile, name: str) -> pa.Array:
    """Return a column of a file, in one piece."""
    chunks = file.read(columns=[name])[name].unify_dictionaries().combine_chunks()
    return chunks.combine_chunks() if isinstance(chunks, pa.ChunkedArray) else chunks
