"""A folder and the library, both of them worked on: which of the two has gone ahead."""

from collections.abc import Collection
from typing import Literal

Standing = Literal["in step", "folder ahead", "library ahead", "both ahead"]


def standing(
    folder: str, library: str, base: str | None, published: Collection[str], *, is_new: bool
) -> Standing:
    """How one document of a folder stands to the same of the library. All are digests of texts.

    Args:
        folder: of the text in the folder.
        library: of the version in force.
        base: of the text when the two were last in step, as far as anybody noted it.
        published: of every version that there is.
        is_new: nobody has changed the document in the library since the first start.
    """
    if folder == library:
        return "in step"
    if base not in published:  # nothing noted, or of another library
        base = folder if folder in published else library if is_new else None
    if base == library:
        return "folder ahead"
    return "library ahead" if base == folder else "both ahead"
