"""What a figure means, and what helps."""

from collections.abc import Mapping

REMEDY = (
    "lower the learning rate, match the initialisation (jaxrelu.initializers.for_activation), leave a slope "
    "below zero (leaky_relu; surrogate_relu, for the backward pass alone), or normalise in front of the "
    "activation; diagnostics.Recycler gives dead units a new start"
)


def problem(name: str, figures: Mapping[str, float], threshold: float) -> str:
    """One sentence, if something is wrong with the layer, else an empty string."""
    broken = figures.get("nan", 0) + figures.get("infinite", 0)
    dead, stuck = figures["dead"], figures.get("gradient_dead", 0.0)
    if broken:
        return f"{name}: {broken:.0f} outputs are NaN or infinite; the other figures leave them out"
    if dead > threshold:
        return f"{name}: {dead:.0%} of the units are dead, they gave 0 for every example"
    if stuck > threshold:
        return (
            f"{name}: {stuck:.0%} of the units pass no gradient for any example, where the function is flat"
        )
    return ""
