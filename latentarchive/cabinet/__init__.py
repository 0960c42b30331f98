"""The cabinet: a collection that the program draws itself, with a catalogue, and faults that were planted in it."""
