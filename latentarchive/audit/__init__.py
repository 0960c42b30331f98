"""Audits: small checks bound by a suite, run over an archive or a table, kept as a report that can be run again."""

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.report import Report
from latentarchive.audit.runner import run_suite
from latentarchive.audit.subject import Subject
from latentarchive.audit.suite import Suite, load_suite

__all__ = ["Finding", "Picture", "Report", "Subject", "Suite", "Table", "load_suite", "run_suite"]
