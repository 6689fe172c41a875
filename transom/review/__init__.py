"""The outlets of a change set that a person reads before and after a run: text for the terminal, JSON for programs.

Pure functions of frozen ChangeSets: nothing in here asks the engine, the cloud or the clock, and nothing reads Pulumi's text. The same
change set gives the same bytes, so whole outputs are golden files. Secrets were masked before they got into the change set.
"""

from transom.review.places import lacking, placed
from transom.review.text import Line, Tone, as_json, console, lines, text

__all__ = ["Line", "Tone", "as_json", "console", "lacking", "lines", "placed", "text"]
