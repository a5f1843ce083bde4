"""Audits: whether the guarantees hold on live data, told by the data alone."""

from linli.audit.model import Finding, Snapshot, Verdict
from linli.audit.run import run

__all__ = ["Finding", "Snapshot", "Verdict", "run"]
