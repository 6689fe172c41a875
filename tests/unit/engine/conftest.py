"""Makes `recordings` importable for the tests of this folder and of the outlets'."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
