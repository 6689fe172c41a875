"""The room that drives Pulumi.

In here: the seam (`Engine`) with the real engine (`real`) and the in-memory one (`memory`), the translation of the engine's events into a
ChangeSet, of its complaints into our error tree, and the running of many stacks as one (`fleet`). Nothing outside this room talks to
Pulumi's command line or reads its text; nothing in this room knows documents, kinds or clouds. Importing it is cheap: `pulumi` itself is
imported at the first call.
"""

from transom.engine.seam import Engine, Listener, Move, Progress, Request, Step, quiet

__all__ = ["Engine", "Listener", "Move", "Progress", "Request", "Step", "quiet"]
