"""The outlet of a change set of purpose `drift`: what is really out of place, what only looks so, and what cannot be put back.

Pure functions: a change set in, a report out, the report as text or JSON. The rules of what is noise (`rules`) and of whose hand on an
object is nobody's business (`managers`) are data, each with the page or the measurement that it comes from. Nothing in here heals: healing
is an apply with refresh, and what nobody declared is taken away by `transom.live`.
"""

from transom.drift.findings import Acknowledged, Finding, Property, State, Unmanaged
from transom.drift.report import Report, only, report
from transom.drift.rules import BUILT_IN, Cause, Rule
from transom.drift.text import as_json, console, lines, summary, text, told, totals
from transom.drift.witness import witnessed

__all__ = [
    "BUILT_IN",
    "Acknowledged",
    "Cause",
    "Finding",
    "Property",
    "Report",
    "Rule",
    "State",
    "Unmanaged",
    "as_json",
    "console",
    "lines",
    "only",
    "report",
    "summary",
    "text",
    "told",
    "totals",
    "witnessed",
]
