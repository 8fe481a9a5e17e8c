"""Options of what a run tells other programs about itself."""

from pipeline.config.section import PathText, Section


class Reports(Section):
    """Files for the programs that watch over runs, written once a run is published."""

    metrics_file: PathText | None = None
    """Prometheus text file of the last run, such as one in the folder of node_exporter's textfile
    collector; relative to the configuration file, null writes none."""
    lineage_file: PathText | None = None
    """OpenLineage events of the last run, one JSON object a line; null writes none."""
    lineage_namespace: str = "basket"
    """Namespace of the job in OpenLineage."""
