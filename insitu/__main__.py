"""`python -m insitu` is the `insitu` command."""

import sys

from insitu.command import main

if __name__ == "__main__":
    sys.exit(main())
