"""The simulator's command; `python run.py --help` says what it can do."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    try:
        from sim.cli import main

        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
