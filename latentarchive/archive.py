"""`Archive`: one collection that can be searched, described and looked after."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive import manifest as layout
from latentarchive.description import Description, nearest_terms, own_subjects, read_vocabulary
from latentarchive.embeddings import Embeddings
from latentarchive.encoders import Encoder
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.holdings import Holdings
from latentarchive.manifest import Manifest
from latentarchive.neighborhood import Neighborhood, neighborhood
from latentarchive.query import Query, Results, Term, compose, parse_term
from latentarchive.reranking import BY_LIKENESS, Rerank, parse_rerank
from latentarchive.retrieval import retrieve
from latentarchive.shown import ShownItems
from latentarchive.terms import closest_terms, image_bytes, term_vector


class Archive(ShownItems):
    """An archive on disk, opened read-only but for its log of withheld items.

    Row i is the same item in every file. Opening and browsing need no torch: the encoder is loaded by
    the first query that holds words or a file.
    """

    @classmethod
    def open(cls, archive: str | Path, *, encoder: str | None = None, mend: bool = True) -> Archive:
        """Open an archive.

        Args:
            archive: Its directory, or its name under ``./archives``.
            encoder: Encoder id in place of the archive's, where the weights lie elsewhere; they must be the same.
            mend: Write derived files that are missing; False: make them in a temporary folder.

        Raises:
            ArchiveNotFound: There is none; `UnfinishedBuild` if its build was interrupted.
            ArchiveDamaged: It is of another format version, or its files cannot be read.
        """
        path = layout.locate(archive)
        return cls(Holdings(path, Manifest.load(path), encoder=encoder, mend=mend))

    @property
    def has_vectors(self) -> bool:
        """False for an archive of metadata only."""
        return self.holdings.has_vectors

    @property
    def embeddings(self) -> Embeddings:
        """The vectors. Raises `EncoderError` for an archive of metadata only."""
        return self.holdings.embeddings

    @property
    def encoder(self) -> Encoder:
        """The archive's own encoder, loaded at its first use; see `Holdings.encoder`."""
        return self.holdings.encoder

    # Searching.

    def search(
        self,
        text: str | None = None,
        *,
        like: Sequence[str | Term] = (),
        unlike: Sequence[str] = (),
        by: str = "both",
        where: str = "",
        k: int = 10,
        diverse: float = 0.0,
        rerank: str | Rerank | None = None,
    ) -> Results:
        """Find items.

        Args:
            text: Words, taken as they stand.
            like: More terms: an item id, an image file or words, with ``@weight``; see `query.parse_term`.
            unlike: Terms to search away from, in the same form.
            by: ``meaning`` (vectors), ``words`` (the catalogue's text) or ``both``, fused by rank.
            where: DuckDB expression over the item columns; see `filters.matching`.
            k: At most this many hits.
            diverse: From 0 (by relevance alone) to 1 (by difference alone): short for ``rerank="mmr@..."``.
            rerank: Another order than that of relevance, ``METHOD[:FIELD][@L]``; see `reranking.parse_rerank`. Hits
                keep the rank they have without it, and `Results.reranked` says what it costs.

        Raises:
            QueryError: The question cannot be answered as put.
            EncoderError, MissingExtra: Its words or files need an encoder that cannot be loaded.
        """
        asked = self.query(text, like=like, unlike=unlike, by=by, where=where, k=k, diverse=diverse, rerank=rerank)
        return self.answer(asked)

    def query(
        self,
        text: str | None = None,
        *,
        like: Sequence[str | Term] = (),
        unlike: Sequence[str] = (),
        by: str = "both",
        where: str = "",
        k: int = 10,
        diverse: float = 0.0,
        rerank: str | Rerank | None = None,
    ) -> Query:
        """The question that `search` asks; see there for the arguments and what is raised."""
        for name, given in (("like", like), ("unlike", unlike)):
            if isinstance(given, str | Term):
                message = f"{name} must be a list of terms, got {given!r}"
                raise QueryError(message)
        terms = [Term("text", text)] if text is not None else []
        terms += [t if isinstance(t, Term) else self._term(t) for t in like]
        terms += [self._term(t, unlike=True) for t in unlike]
        order = parse_rerank(rerank) if isinstance(rerank, str) else rerank
        return Query(terms=tuple(terms), by=by, where=where, k=k, diverse=diverse, rerank=order)

    def neighbors(self, item_id: str, *, k: int = 10) -> Results:
        """The items nearest to one of them, which is not among them."""
        return self.answer(Query(terms=(Term("item", item_id),), by="meaning", k=k))

    def neighborhood(self, item_id: str, *, by: Sequence[str] = (), k: int = 10) -> Neighborhood:
        """The items nearest to one of them, beside its neighbours of other kinds: shelf, maker, place, decade, donor.

        Args:
            item_id: One that is shown.
            by: Facets (see `facets`), and ``shelf`` for the order of the catalogue; none: those of
                `neighborhood.KINDS` that the item states.
            k: At most this many of each kind.

        Raises:
            QueryError: The item is unknown or withheld, there is no such facet, or the item does not state it.
        """
        nearest = self.neighbors(item_id, k=k).hits if self.has_vectors else ()
        return neighborhood(self.holdings, self.row(item_id), nearest, by=by, k=k, visible=self.visible)

    def answer(self, query: Query) -> Results:
        """The results of a query. An item that is asked with is not among its own hits; copies of it are marked."""
        notes: list[str] = []
        allowed = self.allowed(query.where)
        asked = [term for term in query.terms if term.kind == "item"]
        whole = [self.row(term.value) for term in asked if term.region is None]
        if whole:
            allowed = allowed.copy()
            allowed[whole] = False
        by = query.by
        if not self.has_vectors and query.order and query.order.method in BY_LIKENESS:
            query = replace(query, diverse=0.0, rerank=None)
            notes.append("this archive holds only metadata: not re-ranked, since no images can be compared")
        if not self.has_vectors and by == "both":
            by = "words"
            notes.append("this archive holds only metadata: searched by words")
        if by == "words" and not query.words:
            message = "searching by words needs words" + (
                "" if self.has_vectors else ": this archive holds only metadata"
            )
            raise QueryError(message)
        if by == "words" and any(term.kind != "text" or term.weight < 0 for term in query.terms):
            notes.append("searched by words: images, items and what to search away from do not count")
        vectors = None if by == "words" else self._vectors(query, notes)
        vector = None if vectors is None else self._composed(query, vectors)
        copies = {self.item(term.value).sha256 for term in asked}
        files = (image_bytes(term) for term in query.terms if term.kind in ("file", "picture"))
        copies |= {hashlib.sha256(data).hexdigest() for data in files}
        hits, rows, reranked = retrieve(self.holdings, query, vector, allowed=allowed, copies=copies - {""})
        notes += [str(reranked)] if reranked else []
        nearest: tuple[int, ...] = ()
        if vectors is not None and self.holdings.bands is not None and rows:
            nearest = closest_terms(query.terms, vectors, self.embeddings.take(rows), self.holdings.bands)
        return Results(str(query), self.name, hits, tuple(notes), reranked, nearest)

    def vector(self, query: Query) -> NDArray[np.float32]:
        """The one vector of a query's terms: float32 (dim,), unit length. Raises as `search` does."""
        return self._composed(query, self._vectors(query, []))

    def describe(self, image: str, *, vocabulary: Path | None = None, k: int = 10) -> Description:
        """The nearest terms of a vocabulary to an image.

        Args:
            image: An item id or an image file, in the forms of `query.parse_term`.
            vocabulary: Text file, one term a line; None: the archive's own subjects.
            k: At most this many terms.

        Raises:
            QueryError: No such image, or no vocabulary.
        """
        if k < 1:
            message = f"k must be 1 or more, got {k}"
            raise QueryError(message)
        term = self._term(image)
        if term.kind == "text":
            message = f"{image!r} is neither an item of archive {self.name} nor an image file"
            raise QueryError(message)
        if vocabulary is not None:
            terms, source = read_vocabulary(vocabulary), str(vocabulary)
        else:
            shown = self.collection.take(self.rows(), ["subjects"])["subjects"].to_pylist()
            terms, source = own_subjects(shown), "the archive's own subjects"
        if not terms:
            message = f"archive {self.name} has no subjects of its own; give a vocabulary file with one term a line"
            raise QueryError(message)
        vector = self._term_vector(term, [])
        nearest = nearest_terms(vector, terms, self.encoder.encode_texts(terms).unit, self.embeddings.mean, k)
        return Description(str(term), self.name, source, len(terms), nearest)

    # How terms become vectors.

    def _term(self, text: str, *, unlike: bool = False) -> Term:
        prefix = self.collection[0].id.partition(":")[0] if len(self.collection) else ""
        return parse_term(
            text, unlike=unlike, prefix=prefix, is_item=lambda item_id: self.collection.row(item_id) is not None
        )

    def _vectors(self, query: Query, notes: list[str]) -> NDArray[np.float32]:
        """Of each term its unit vector: float32 (t, dim)."""
        if self.holdings.unverified and any(t.kind != "item" or t.region for t in query.terms):
            notes.append(f"whether {self.manifest.encoder} made these published vectors was not verified")
        return np.stack([self._term_vector(term, notes) for term in query.terms])

    def _composed(self, query: Query, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        bands = self.holdings.bands
        assert bands is not None
        spreads = [bands.spread("text" if term.kind == "text" else "image") for term in query.terms]
        return compose(vectors, [term.weight for term in query.terms], spreads)

    def _term_vector(self, term: Term, notes: list[str]) -> NDArray[np.float32]:
        return term_vector(
            term,
            encoder=lambda: self.encoder,
            item_vector=lambda item_id: self.embeddings.take([self.row(item_id)])[0],
            item_image=lambda item_id: self._best_image(item_id, notes),
        )

    def _best_image(self, item_id: str, notes: list[str]) -> bytes:
        try:
            return self.original(item_id)
        except ArchiveError:
            if thumbnail := self.thumbnail(item_id):
                notes.append(f"the original of {item_id} is not at hand: its region was cut from the thumbnail")
                return thumbnail
            raise
