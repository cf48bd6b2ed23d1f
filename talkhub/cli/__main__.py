"""`python -m talkhub.cli`."""

import sys

from talkhub.cli.program import run

sys.exit(run(sys.argv[1:]))
