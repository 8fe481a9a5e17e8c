"""What a published run tells the programs that watch over runs: Prometheus and OpenLineage.

Formats: the text format of Prometheus 0.0.4 as node_exporter's textfile collector reads it, and
OpenLineage's run events, version 2 of its schema.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from pipeline.config.load import LoadedConfig
from pipeline.io.durable import storage_errors, write_file
from pipeline.io.manifest import Manifest, TableEntry, read_manifest
from pipeline.outcome import RunReport

_PRODUCER = "urn:basket-pipeline"
_EVENT_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FIELDS_SCHEMA = "https://openlineage.io/spec/facets/1-1-1/SchemaDatasetFacet.json"

Sample = tuple[dict[str, str], float]


def write_reports(report: RunReport, loaded: LoadedConfig) -> None:
    """Write the configured files; each is replaced in one step.

    Raises:
        StorageError: A file cannot be written; the run stays published.
    """
    reports = loaded.config.reports
    manifest = read_manifest(report.folder)
    if reports.metrics_file is not None:
        _replace(loaded.folder / reports.metrics_file, metrics_text(report, manifest))
    if reports.lineage_file is not None:
        text = lineage_text(report, manifest, reports.lineage_namespace)
        _replace(loaded.folder / reports.lineage_file, text)


def _replace(path: Path, text: str) -> None:
    """Write a file that no reader sees half; the collector reads `*.prom` only."""
    beside = path.with_name(f".{path.name}.new")
    with storage_errors(path, "write a report; the run itself is published"):
        beside.unlink(missing_ok=True)
        write_file(beside, text.encode())
        beside.replace(path)


def metrics_text(report: RunReport, manifest: Manifest) -> str:
    """Return the metrics of a run in the text format of Prometheus."""
    started = datetime.fromisoformat(manifest.started_at).timestamp()
    tables = [({"table": table.name}, float(table.rows)) for table in report.tables]
    seconds = [({"stage": one.stage}, one.seconds) for one in report.timings]
    processor = [({"stage": one.stage}, one.processor_seconds) for one in report.timings]
    peak = max((one.peak_megabytes for one in report.timings), default=0.0)
    families: tuple[tuple[str, str, list[Sample]], ...] = (
        ("run_started_timestamp_seconds", "When the last published run started.", [({}, started)]),
        (
            "run_as_of_timestamp_seconds",
            "The instant that it stands for.",
            [({}, manifest.instant.timestamp())],
        ),
        ("run_stage_seconds", "Wall time of each stage.", seconds),
        ("run_stage_processor_seconds", "Processor time of each stage.", processor),
        ("run_peak_bytes", "Highest memory of the process.", [({}, peak * 2**20)]),
        ("run_table_rows", "Rows of each table.", tables),
        ("run_input_lines", "Physical lines by what became of them.", list(_lines(report))),
    )
    return "".join(_family(*family) for family in families)


def _lines(report: RunReport) -> Iterator[Sample]:
    for account in report.accounts:
        counts = {
            "accepted": account.accepted,
            "quarantined": account.quarantined,
            "duplicate": account.duplicates,
            **account.filtered,
        }
        for outcome, count in counts.items():
            yield {"source": account.source, "outcome": outcome}, float(count)


def _family(name: str, meaning: str, samples: Iterable[Sample]) -> str:
    head = f"# HELP basket_{name} {meaning}\n# TYPE basket_{name} gauge\n"
    return head + "".join(f"basket_{name}{_labels(of)} {value!r}\n" for of, value in samples)


def _labels(labels: dict[str, str]) -> str:
    """Return labels as written: JSON escapes what the format wants escaped, and the same way."""
    pairs = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}" if pairs else ""


def lineage_text(report: RunReport, manifest: Manifest, namespace: str) -> str:
    """Return the start and the completion of a run as OpenLineage events, one a line."""
    started = datetime.fromisoformat(manifest.started_at)
    took = timedelta(seconds=sum(timing.seconds for timing in report.timings))
    key = f"{_PRODUCER}:{manifest.run_id}/{manifest.started_at}"
    common = {
        "producer": _PRODUCER,
        "schemaURL": _EVENT_SCHEMA,
        "run": {"runId": str(uuid5(NAMESPACE_URL, key)), "facets": {}},
        "job": {"namespace": namespace, "name": "run", "facets": {}},
        "inputs": [{"namespace": "file", "name": one.path} for one in manifest.inputs],
    }
    outputs = [_dataset(report.folder, table) for table in manifest.tables]
    events = (
        {**common, "eventType": "START", "eventTime": started.isoformat(), "outputs": []},
        {
            **common,
            "eventType": "COMPLETE",
            "eventTime": (started + took).isoformat(),
            "outputs": outputs,
        },
    )
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def _dataset(folder: Path, table: TableEntry) -> dict[str, object]:
    fields = [{"name": str(one["name"]), "type": str(one["type"])} for one in table.columns]
    schema = {"_producer": _PRODUCER, "_schemaURL": _FIELDS_SCHEMA, "fields": fields}
    name = str(folder / table.file)
    return {"namespace": "file", "name": name, "facets": {"schema": schema}}
