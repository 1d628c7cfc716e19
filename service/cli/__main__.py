"""`python -m service.cli`: the command line of a clone."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
