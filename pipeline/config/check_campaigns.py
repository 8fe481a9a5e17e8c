"""What the options of campaigns and bundles must fulfil beyond types and ranges."""

from collections.abc import Iterator

from pipeline.config.model import Config
from pipeline.config.problems import Problem, suggestion


def check_campaigns(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the options of campaigns and bundles, given all others."""
    segments = [one.name for one in config.rfm.used_segments]
    for position, channel in enumerate(config.campaigns.channels):
        if channel.segment not in segments:
            message = f"{channel.segment!r} is no segment; {suggestion(channel.segment, segments)}"
            yield Problem(("campaigns", "channels", position, "segment"), message)
    cost, known = config.bundles.cost_attribute, config.catalogue and config.catalogue.attributes
    if cost is not None and cost not in (known or ()):
        message = f"{cost!r} is none of catalogue.attributes: map the column of the cost there"
        yield Problem(("bundles", "cost_attribute"), message)
