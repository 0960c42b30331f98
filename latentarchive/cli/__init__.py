"""The command line: each command parses, calls one library function and renders what it gives."""

from latentarchive.cli.main import main

__all__ = ["main"]
