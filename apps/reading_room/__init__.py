"""The front end of latentarchive: thin pages over the library. Nothing here searches, measures or generates itself."""
