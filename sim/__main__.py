"""`python -m sim` is the same command as `python run.py`."""

import sys

if __name__ == "__main__":
    try:
        from sim.cli import main

        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
