"""One command each; results as JSON with machine and versions in ``results/``."""
