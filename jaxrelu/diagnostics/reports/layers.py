"""One activation of a model, in figures."""

import dataclasses

import numpy as np

from ..units.statistics import Statistics


@dataclasses.dataclass(frozen=True)
class Layer:
    """The units of one activation, over all examples seen.

    Attributes:
      name: the layer whose weights are in front of the activation.
      function: the activation.
      statistics: the sums behind every figure.
    """

    name: str
    function: str
    statistics: Statistics

    @property
    def dead(self) -> np.ndarray:
        """Which units gave 0 for every example."""
        return np.asarray(self.statistics.dead)

    @property
    def gradient_dead(self) -> np.ndarray:
        """Which units have a slope of at most 1e-6 for every example."""
        return np.asarray(self.statistics.gradient_dead())

    @property
    def dormant(self) -> np.ndarray:
        """Which units have ReDo's score of at most 0.025."""
        return np.asarray(self.statistics.dormant(0.025))

    @property
    def figures(self) -> dict[str, float]:
        """The layer in numbers: shares of its units or observations, from 0 to 1, moments, and counts."""
        of = self.statistics
        number = of.observations.as_numpy() - of.nan.as_numpy() - of.infinite.as_numpy()
        weights = number / max(number.sum(), 1)
        mean = float(weights @ np.asarray(of.mean, np.float64))
        spread = np.asarray(of.variance, np.float64) + (np.asarray(of.mean, np.float64) - mean) ** 2
        return {
            "units": of.units,
            "observations": int(of.observations.as_numpy().max()),
            "dead": float(self.dead.mean()),
            "gradient_dead": float(self.gradient_dead.mean()),
            "dormant": float(self.dormant.mean()),
            "zeros": float(np.asarray(of.sparsity).mean()),
            "saturated": float(np.asarray(of.saturation).mean()),
            "mean": mean,
            "variance": float(weights @ spread),
            "rank": float(of.effective_rank),
            "nan": int(of.nan.as_numpy().sum()),
            "infinite": int(of.infinite.as_numpy().sum()),
        }
