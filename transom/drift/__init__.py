"""The outlet of a change set of purpose `drift`: what is really out of place, what only looks so, and what cannot be put back.

Pure functions: a change set in, a report out, the report as text or JSON. The rules of what is noise are data (`rules`), each with the page
or the measurement that it comes from. Nothing in here heals: healing is an apply with refresh.
"""

from transom.drift.report import Finding, Property, Report, State, only, report
from transom.drift.rules import BUILT_IN, Cause, Rule
from transom.drift.text import as_json, console, lines, text

__all__ = ["BUILT_IN", "Cause", "Finding", "Property", "Report", "Rule", "State", "as_json", "console", "lines", "only", "report", "text"]
