"""Where a review is told: the hosts of pull requests. A small base class, the real hosts and one in memory beside it.

Content is made elsewhere (`transom.review`): an outlet carries finished text, finds again what it said before, and turns what a host
answers into our errors. Nothing in here knows documents, plans or the engine. The hosts' libraries are imported at the first call; no
token is ever part of a message.
"""

from transom.outlets.base import Host, Posted, Release, Target

__all__ = ["Host", "Posted", "Release", "Target"]
