"""What a name that is not known may have been meant as."""

import difflib
from collections.abc import Collection


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`did you mean relu or relu6?`, of up to three known names that are like this one, or nothing."""
    nearest = difflib.get_close_matches(name, known, n=3)
    return f"did you mean {' or '.join(nearest)}?" if nearest else ""
