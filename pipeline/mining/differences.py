"""Is a rule stronger here than there? Log odds ratios of two 2x2 tables, and their difference.

Source: B. Woolf, On estimating the relation between blood group and disease, 1955;
J. B. S. Haldane, The estimation and significance of the logarithm of a ratio of frequencies, 1956.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.mining.baskets import Floats, Int64s

_HALDANE = 0.5


@dataclass(frozen=True)
class Fourfold:
    """2x2 tables by their four counts, one row a table.

    Attributes:
        joint: Baskets with both sides.
        left: Baskets with the left side.
        right: Baskets with the right side.
        baskets: All baskets.
    """

    joint: Int64s
    left: Int64s
    right: Int64s
    baskets: Int64s

    def map(self, change: Callable[[Int64s], Int64s]) -> "Fourfold":
        """Return tables with each of the four counts changed in one way."""
        return Fourfold(*map(change, (self.joint, self.left, self.right, self.baskets)))

    def minus(self, other: "Fourfold") -> "Fourfold":
        """Return the tables of the baskets that the other tables do not count."""
        return Fourfold(
            self.joint - other.joint,
            self.left - other.left,
            self.right - other.right,
            self.baskets - other.baskets,
        )

    @property
    def cells(self) -> tuple[Floats, Floats, Floats, Floats]:
        """The cells, half a basket added to each, so that none is empty."""
        only_left, only_right = self.left - self.joint, self.right - self.joint
        neither = self.baskets - self.left - only_right
        cells = (self.joint, only_left, only_right, neither)
        both, left, right, none = (cell.astype(np.float64) + _HALDANE for cell in cells)
        return both, left, right, none


def log_odds_ratio(tables: Fourfold) -> Floats:
    """Return ln(a d / (b c)), with half a basket added to each cell.

    0: the sides do not influence each other; above 0 they attract each other.

    Example:
        Of 10 baskets 4 hold A, 4 hold B, 3 both: ln(3.5 x 5.5 / (1.5 x 1.5)).

        >>> one = Fourfold(*(np.array([count]) for count in (3, 4, 4, 10)))
        >>> log_odds_ratio(one).round(4).tolist()
        [2.1466]
    """
    both, left, right, none = tables.cells
    ratio: Floats = np.log(both * none / (left * right))
    return ratio


def log_odds_variance(tables: Fourfold) -> Floats:
    """Return the variance of `log_odds_ratio`: the sum of 1 / cell."""
    both, left, right, none = tables.cells
    return 1 / both + 1 / left + 1 / right + 1 / none


def z_scores(inside: Fourfold, outside: Fourfold) -> Floats:
    """Return the difference of the log odds ratios in standard errors; above 0 inside is larger.

    z = (ln OR_in - ln OR_out) / sqrt(var_in + var_out): normal where the odds are the same.

    Example:
        >>> one = Fourfold(*(np.array([count]) for count in (3, 4, 4, 10)))
        >>> z_scores(one, one).tolist()
        [0.0]
    """
    difference = log_odds_ratio(inside) - log_odds_ratio(outside)
    return difference / np.sqrt(log_odds_variance(inside) + log_odds_variance(outside))


def two_sided_p(z: Floats) -> Floats:
    """Return the chance of a standard normal value at least so far from 0.

    Example:
        >>> two_sided_p(np.array([0.0, 1.959963985])).round(6).tolist()
        [1.0, 0.05]
    """
    from scipy.special import erfc

    return np.asarray(erfc(np.abs(z) / np.sqrt(2.0)))
