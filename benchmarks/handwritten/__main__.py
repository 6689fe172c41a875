"""Teams and their services on one cluster."""

from teams import declare

declare()
