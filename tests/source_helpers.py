"""What every source must do, in one place for the tests of all sources."""

import pickle

from latentarchive.catalogue import to_table
from latentarchive.items import Record, Rejected


def items(source):
    return [r.item for r in source.records() if isinstance(r, Record)]


def rejected(source):
    return {r.path: r.reason for r in source.records() if isinstance(r, Rejected)}


def keeps_its_promises(source):
    """Resumes at any input, has unique and stable ids, reads that pickle, items that Arrow can hold."""
    everything = list(source.records())
    for start in range(len(everything) + 2):
        assert list(source.records(start)) == everything[start:], start
    assert list(source.records()) == everything
    assert source.count() in (None, len(everything))
    found = [r.item for r in everything if isinstance(r, Record)]
    assert len({item.id for item in found}) == len(found)
    assert to_table(found).num_rows == len(found)
    for record in everything:
        if isinstance(record, Record) and record.read is not None:
            assert pickle.loads(pickle.dumps(record.read))() == record.read() == source.locate(record.item.image)
    return everything
