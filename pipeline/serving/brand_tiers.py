"""Which brand is worth more than another: a file of tiers."""

from typing import Final

import numpy as np

from pipeline.io.hand_files import read_hand_file
from pipeline.mining.baskets import Int64s
from pipeline.serving.remarked import remark
from pipeline.serving.remarks import near_hint
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE

FILE: Final = "brand_tiers"
_WORST: Final = 2**62


def brand_tiers(setting: Setting) -> Int64s | None:
    """Return the tier of each brand by its number, 1 is best; None where there is no file.

    Brands that the file does not name are together in the worst tier of all.
    """
    if FILE not in setting.files:
        return None
    brands = setting.shelf.brands
    tiers = np.full(len(brands.texts), _WORST, np.int64)
    for row in read_hand_file(setting.files[FILE], ["brand", "tier"]):
        number, tier = brands.number(row["brand"]), row["tier"]
        if number == NONE:
            hint = near_hint(row["brand"], brands.texts)
            message = f"no item is of the brand {row['brand']!r}{hint}; the line does nothing"
            remark(setting, FILE, row.line, kind="unknown_brand", message=message)
        elif not (tier.isdecimal() and 1 <= int(tier) < _WORST):
            message = f"tier {tier!r}: write a whole number from 1 on; the line is left out"
            remark(setting, FILE, row.line, kind="bad_tier", message=message)
        else:
            tiers[number] = int(tier)
    return tiers
