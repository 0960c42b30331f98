"""Pure measures: arrays in, numbers out; no files, no models, no display."""
