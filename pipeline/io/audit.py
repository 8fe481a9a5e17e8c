"""Audits of a staged file: does it hold what `names.py` promises?

A file is read back by row groups; only key and rank columns are ever held whole, as codes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as kinds

from pipeline import names
from pipeline.errors import AuditError
from pipeline.io.durable import storage_errors
from pipeline.io.row_codes import column_of, count_distinct, list_digests, paired, row_codes
from pipeline.io.write import arrow_schema

_ROUNDING = 1e-9  # Wilson bounds and sums of weights may miss their limit by a few ulps
_SHARES = (
    "support",
    "confidence",
    "confidence_low",
    "confidence_high",
    "jaccard",
    "cosine",
    "kulczynski",
    "imbalance",
    "p_value",
    "q_value",
    "stitch_rate",
    "share",
    "overall_share",
    "outside_confidence",
    "p_value",
    "q_value",
    "top_share",
    "baseline_share",
    "repeat_share",
    "p_value",
    "q_value",
    "direction_p_value",
    "attach_rate",
    "attach_rate_low",
    "attach_rate_high",
    "order_p_value",
    "left_share",
    "right_share",
    "same_order_share",
    "expected_probability",
    "recency_weight",
    "timing_weight",
    "offer_score",
    "refund_rate_together",
    "refund_rate_alone",
    "context_q_value",
)
_POSITIVE = (
    *("rank", "line", "frequency", "item_count", "category_rank", "segment_rank"),
    "offer_rank",
)
_SCORES = ("score", "recency_score", "frequency_score", "monetary_score")

BOUNDS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(_SHARES, (0, 1)),
    **dict.fromkeys(_POSITIVE, (1, float("inf"))),
    **dict.fromkeys(_SCORES, (1, 5)),
    "zhang": (-1, 1),
    "leverage": (-1, 1),
    "lift": (0, float("inf")),
    "order_lift": (0, float("inf")),
    "customer_lift": (0, float("inf")),
    "outside_lift": (0, float("inf")),
    "lift_low": (0, float("inf")),
    "decayed_weight": (0, float("inf")),
    "decayed_lift_low": (0, float("inf")),
    "lift_vs_base": (0, float("inf")),
    "conviction": (0, float("inf")),
    "recency_days": (0, float("inf")),
}
AT_MOST = (
    ("order_count", "left_order_count"),
    ("order_count", "right_order_count"),
    ("same_order_customer_count", "joint_customer_count"),
    ("item_count", "cluster_item_count"),
    ("joint_count", "antecedent_count"),
    ("joint_count", "consequent_count"),
    ("joint_count", "source_count"),
    ("joint_count", "target_count"),
    ("joint_count", "basket_count"),
    ("antecedent_count", "basket_count"),
    ("consequent_count", "basket_count"),
    ("joint_count", "evidence_count"),
    ("source_count", "basket_count"),
    ("target_count", "basket_count"),
    ("n_buyers", "n_viewers"),
    ("n_target", "n_viewers"),
    ("baseline_target_count", "baseline_count"),
    ("customer_count", "buyer_count"),
    ("order_count", "source_count"),
    ("order_count", "main_order_count"),
    ("attached_count", "order_count"),
    ("total_attached_count", "total_order_count"),
    ("switch_count", "n_buyers"),
    ("gap_lower_days", "gap_median_days"),
    ("gap_median_days", "gap_upper_days"),
    ("window_start", "window_end"),
    ("customer_count", "joint_count"),
    ("outside_joint_count", "outside_antecedent_count"),
    ("outside_joint_count", "outside_consequent_count"),
    ("outside_antecedent_count", "outside_basket_count"),
    ("outside_consequent_count", "outside_basket_count"),
    ("outside_customer_count", "outside_joint_count"),
    ("first_sold_at", "last_sold_at"),
    ("first_order_at", "last_order_at"),
)


def audit_table(table: names.Table, path: Path, row_count: int) -> None:
    """Check a staged file against its definition.

    Checked: the exact schema; the number of rows; no NULL where none may be; every measure a
    finite number; counts, shares and percentages within their bounds; the smaller of two nested
    counts at most the larger; the key unique; ranks unique, from 1.

    Args:
        table: What the file should hold.
        path: The file.
        row_count: Number of rows that were written.

    Raises:
        AuditError: The file breaks its definition; the message names column and rule.
        StorageError: The file cannot be read.
    """
    texts = [column.name for column in table.columns if column.type == "string"]
    with (
        storage_errors(path, f"audit table {table.name}"),
        _corruption_errors(table),
        pq.ParquetFile(path, read_dictionary=texts) as file,  # texts as codes, read much faster
    ):
        schema = pq.read_schema(path)
        _check(schema.equals(arrow_schema(table), check_metadata=True), table, "schema")
        found = file.metadata.num_rows
        _check(found == row_count, table, f"{found} rows, {row_count} were written")
        for rows in _row_groups(file):
            _audit_values(table, rows)
        _audit_key(table, file)
        if "rank" in table.column_names:
            _audit_rank(table, file)


@contextmanager
def _corruption_errors(table: names.Table) -> Iterator[None]:
    try:
        yield
    except pa.ArrowInvalid as error:
        message = f"the file of table {table.name} cannot be read back: {error}; not published"
        raise AuditError(message) from error


def _check(is_right: object, table: names.Table, problem: str) -> None:
    if not is_right:
        message = f"table {table.name} breaks its definition in names.py: {problem}; not published"
        raise AuditError(message)


def _row_groups(file: pq.ParquetFile) -> Iterator[pa.Table]:
    for number in range(file.num_row_groups):
        yield file.read_row_group(number)


def _audit_values(table: names.Table, rows: pa.Table) -> None:
    names_of_columns = set(table.column_names)
    for column in table.columns:
        _audit_column(table, column, rows[column.name])
    for smaller, larger in AT_MOST:
        if {smaller, larger} <= names_of_columns:
            ordered = pc.all(pc.less_equal(rows[smaller], rows[larger]), min_count=0).as_py()
            _check(ordered, table, f"{smaller} above {larger}")


def _audit_column(table: names.Table, column: names.Column, values: pa.ChunkedArray) -> None:
    has_null = bool(values.null_count)
    _check(column.is_nullable or not has_null, table, f"NULL in {column.name}")
    if kinds.is_floating(values.type):
        is_finite = pc.all(pc.is_finite(values), min_count=0).as_py()
        _check(is_finite, table, f"{column.name} is not a finite number")
    low, high = _bounds(column)
    if (low, high) != (-np.inf, np.inf):
        extremes = pc.min_max(values).as_py()
        is_within = extremes["min"] is None or (
            low - _ROUNDING <= extremes["min"] and extremes["max"] <= high + _ROUNDING
        )
        _check(is_within, table, f"{column.name} is not between {low:g} and {high:g}")


def _bounds(column: names.Column) -> tuple[float, float]:
    if column.name in BOUNDS:
        return BOUNDS[column.name]
    if column.name.startswith("pct_"):
        return 0, 100
    if column.name.startswith("n_") or column.name.endswith("count"):
        return 0, np.inf
    return -np.inf, np.inf


def _audit_key(table: names.Table, file: pq.ParquetFile) -> None:
    if len(table.key) == 1 and kinds.is_list(file.schema_arrow.field(table.key[0]).type):
        digests = list_digests(file, table.key[0])
        if count_distinct(digests) == len(digests):
            return  # different digests come of different lists; equal ones need a closer look
    codes = row_codes(file, table.key)
    repeated = len(codes) - count_distinct(codes)
    _check(repeated == 0, table, f"{repeated} rows repeat the key ({', '.join(table.key)})")


def _audit_rank(table: names.Table, file: pq.ParquetFile) -> None:
    """Ranks are unique and start at 1, within what the table says or the source item.

    Gaps are right: `view_then_bought` keeps a viewed item's own row whatever its rank.
    """
    source = ("source_item_id",) if "source_item_id" in table.column_names else ()
    groups = row_codes(file, table.ranked_within or source)
    ranks = column_of(file, "rank")
    is_ranked = ranks.is_valid().to_numpy(zero_copy_only=False)
    groups, ranks = groups[is_ranked], ranks.drop_null().to_numpy()
    places = paired(groups, ranks)
    _check(count_distinct(places) == len(places), table, "a rank is given twice")
    is_first_missing = count_distinct(groups) != np.count_nonzero(ranks == 1)
    _check(not is_first_missing, table, "rank does not start at 1")
