"""What becomes of code that was written for the retired packages."""

from packager.migration.migrating import migrate
from packager.migration.report import Finding, MigrationReport

__all__ = ["Finding", "MigrationReport", "migrate"]
