"""Options of what is published about people."""

from typing import Literal

from pipeline.config.section import Count, PathText, Section


class Privacy(Section):
    """What is published about people."""

    customer_ids: Literal["plain", "keyed"] = "plain"
    """Customer ids as they stand in the input, or in place of each its HMAC-SHA256 in hexadecimal:
    the same customer has the same one as long as the key is the same."""
    customer_key_file: PathText | None = None
    """File that holds the key, readable by its owner only (mode 0600); null takes the key from the
    environment variable `BASKET_CUSTOMER_KEY`. 16 bytes or more."""
    min_group_size: Count = 1
    """Rows about fewer customers or visitors than this are left out and counted; in item_stats
    such counts are NULL. 1 leaves nothing out."""
    mask_rejects: bool = True
    """In the raw text of quarantined lines, letters become x and digits 9."""
