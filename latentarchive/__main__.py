"""``python -m latentarchive``."""

from latentarchive.cli import main

if __name__ == "__main__":
    main()
