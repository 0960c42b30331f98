"""Spreading work: over the threads of this machine, and over the processes and machines of a Ray cluster."""

from latentarchive.scale.ahead import ahead, default_workers

__all__ = ["ahead", "default_workers"]
