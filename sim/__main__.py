"""`python -m sim` is the same command as `python run.py`."""

import sys

if __name__ == "__main__":
    from sim.cli import main

    sys.exit(main())
