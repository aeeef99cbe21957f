"""What a figure means, and what helps."""

from collections.abc import Mapping

_REMEDIES = (
    "lower the learning rate, match the initialisation (jaxrelu.initializers.for_activation), leave a slope "
    "below zero (leaky_relu, or surrogate_relu for the backward pass alone) or normalise in front of it; "
    "diagnostics.Recycler gives dead units a new start"
)


def remedies(name: str, figures: Mapping[str, float], threshold: float) -> str:
    """One sentence with the remedies, if the layer needs them, else an empty string."""
    nan = figures.get("nan", 0) + figures.get("infinite", 0)
    if nan:
        return f"{name}: {nan:.0f} outputs are NaN or infinite; the other figures leave them out"
    if figures["dead"] > threshold:
        return (
            f"{name}: {figures['dead']:.0%} of the units are dead, they gave 0 for every example; {_REMEDIES}"
        )
    stuck = figures.get("gradient_dead", 0.0)
    if stuck > threshold:
        return (
            f"{name}: {stuck:.0%} of the units pass no gradient for any example, at a ceiling or in a flat "
            f"tail; {_REMEDIES}"
        )
    return ""
