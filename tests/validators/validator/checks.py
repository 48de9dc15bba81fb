"""The one list of checks, in the order in which they are reported."""

from . import cloudrun, containers, data, documents, monitoring, shells, workflows

CHECKS = (
    *workflows.CHECKS,
    *shells.CHECKS,
    *containers.CHECKS,
    *cloudrun.CHECKS,
    *monitoring.CHECKS,
    *documents.CHECKS,
    *data.CHECKS,
)
