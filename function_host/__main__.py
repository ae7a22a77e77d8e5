"""`python -m function_host`."""

import sys

from function_host.cli import main

sys.exit(main())
