"""Guards: rules that refuse. Pure functions of what would change, of the documents, and of the time.

`windows` says whether now is a time for changes, `stateful` what holds data, `protection` what to
write before something protected can go, `rules` has the other rules, `judge` runs them all. A
refusal says what to write to allow it, and where: permission is given in a reviewed document and has an end, never on a command line.
"""

from transom.guards.judge import beforehand, judge, refuse
from transom.guards.protection import only_protection
from transom.guards.rules import Refusal, minds_the_time

__all__ = ["Refusal", "beforehand", "judge", "minds_the_time", "only_protection", "refuse"]
