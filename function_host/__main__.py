"""`python -m function_host`."""

from function_host.cli import main
from function_host.leaving import leave

leave(main())
