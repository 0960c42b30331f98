"""`PartWriter`: the inputs of a part to its files. Local threads and the processes of a cluster use the same class."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from latentarchive.build.inputs import Inputs
from latentarchive.build.parts import BATCH, Prepared, Vectors, encoded_by, lying_in, prepare, write_part
from latentarchive.build.plan import Part
from latentarchive.build.stock import Stock
from latentarchive.embeddings import Stacked, load_array
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.errors import EncoderMismatch, require
from latentarchive.items import Record, Rejected
from latentarchive.scale import ahead


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What parts are made with, told to another process: plain values, absolute paths."""

    #: Of the archive that is being built.
    folder: Path
    #: Id of the encoder and its fingerprint; "" and "" where nothing is encoded.
    encoder: str
    fingerprint: str
    #: The publisher's files, in order, where vectors are opened in place.
    published: tuple[Path, ...]
    #: The finished archive from which vectors are taken, None for a first build.
    earlier: Path | None
    #: Threads that read and decode.
    workers: int
    #: Threads that the encoder computes in; None: as many as this process is set to.
    threads: int | None = None


class PartWriter:
    """Writes parts: each is a function of its inputs and the setting alone, down to the bytes."""

    def __init__(self, setting: Setting, *, encoder: Encoder | None = None, stock: Stock | None = None) -> None:
        """Load what is needed.

        Args:
            setting: What the parts are made with.
            encoder: The setting's, where this process has it in memory; None: it is loaded.
            stock: As `encoder`, the opened earlier archive.

        Raises:
            EncoderError, MissingExtra: The encoder cannot be loaded.
            EncoderMismatch: It is another one here than where the build was begun.
        """
        self._setting = setting
        if setting.threads is not None and setting.encoder not in ("", "toy"):
            require("torch", extra="clip").set_num_threads(setting.threads)
        if encoder is None and setting.encoder:
            encoder = load_encoder(setting.encoder)
            if encoder.fingerprint != setting.fingerprint:
                message = (
                    f"encoder {setting.encoder} has fingerprint {encoder.fingerprint[:12]} in a worker, "
                    f"{setting.fingerprint[:12]} where the build was begun; give all machines the same weights"
                )
                raise EncoderMismatch(message)
        if stock is None and setting.earlier is not None:
            stock = Stock(setting.earlier)
        self._encoder, self._stock = encoder, stock
        self._vectors: Vectors | None = encoded_by(encoder, stock) if encoder is not None else None
        if setting.published:
            self._vectors = lying_in(Stacked([load_array(path) for path in setting.published]))

    def __call__(self, inputs: Inputs) -> tuple[int, Part]:
        """Write one part whose ids are its own, see `Inputs`; its number and its entry. Raises `WriteRefused`."""
        seen: set[str] = set()

        def is_new(item_id: str) -> bool:
            before = len(seen)
            seen.add(item_id)
            return len(seen) > before

        with closing(self.prepared(inputs.records)) as stream:
            return inputs.number, self.write(inputs.number, stream, is_new=is_new)

    def prepared(self, records: Iterable[Record | Rejected]) -> Generator[Prepared | Rejected, None, None]:
        """Inputs read and decoded, in order and somewhat ahead; also of several parts in one go."""
        encoder, stock = self._encoder, self._stock
        return ahead(
            lambda record: prepare(record, encoder, stock), records, workers=self._setting.workers, depth=2 * BATCH
        )

    def write(self, number: int, inputs: Iterable[Prepared | Rejected], *, is_new: Callable[[str], bool]) -> Part:
        """Write one part; see `write_part`."""
        return write_part(self._setting.folder, number, inputs, is_new=is_new, vectors=self._vectors)
