"""`python -m function_host`."""

import gc

# Imports make many objects that stay; looking through them again and again is a tenth of the start.
gc.set_threshold(100_000, 50, 100)

from function_host.cli import main  # noqa: E402 - most of the imports are its
from function_host.leaving import leave  # noqa: E402 - as above

leave(main())
