"""A CLIP model that open_clip loaded, behind the contract of encoders."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.encoders import precision as precisions
from latentarchive.encoders.base import Encoded, normalized
from latentarchive.encoders.preprocessing import Preprocessing
from latentarchive.errors import EncoderError, require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from PIL import Image

BLOCK = 64
"""Images or texts that go through the model at once, whatever the size of the batch asked for."""

PROBE = ("", "a watercolor of red apples, 1908", "Äpfel, pommes, яблоки, 林檎")
"""Texts whose tokens tell one tokenizer from another, and show whether it fits the model."""


class OpenCLIPEncoder:
    """A CLIP model behind the `Encoder` contract; see `openclip.load_openclip` and `openclip.load_local`.

    Encoding may run in several threads at once.
    """

    def __init__(
        self, encoder_id: str, model: Any, transform: Any, tokenizer: Any, config: Mapping[str, Any],
        *, precision: str | None = None,
    ) -> None:  # fmt: skip
        """Settle the precision of a model that open_clip loaded in float32 with its transform and tokenizer.

        `config` is what decides the vectors beside the weights and goes into the fingerprint with them.
        Raises `EncoderError` if the tokenizer was made for another model.
        """
        self._torch = require("torch", extra="clip")
        self.id = encoder_id
        self._preprocessing, self._tokenizer = Preprocessing(transform), tokenizer
        self._tokenizing = threading.Lock()  # fast tokenizers refuse to be used by two threads at once
        model.eval().requires_grad_(False)
        self._check_tokens(model)
        digest = _weights_sha256(model)
        self.weights: int = sum(p.numel() for p in model.parameters())
        device, chosen = precisions.choose(self.weights)
        self.device = device
        self._device = self._torch.device(device)
        size = model.visual.image_size
        self._shape = (*(size if isinstance(size, tuple | list) else (size, size)), 3)
        self._model, self.precision = precisions.reduced(model.to(device), precision or chosen, self._trial)
        self.dim = int(self._texts(self._model, self._tokens(PROBE[:1])).shape[1])
        versions = {name: require(name, extra="clip").__version__.split(".")[0] for name in ("open_clip", "torch")}
        # Not the precision: two machines that round differently still make vectors that can be compared.
        parts: dict[str, Any] = {"weights": digest, "config": config, "versions": versions}
        parts["tokens"] = self._tokens(PROBE).tolist()
        canonical = json.dumps(parts, sort_keys=True, default=str)
        self.fingerprint = hashlib.sha256(canonical.encode()).hexdigest()

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """The pixels of the image that the model sees: uint8, shape (h, w, 3)."""
        return self._preprocessing.pixels(image.convert("RGB"))

    def encode_prepared(self, batch: Sequence[NDArray[np.generic]]) -> Encoded:
        """Encode arrays that `prepare` made.

        Raises:
            EncoderError: An array has another shape, or the model gave a vector that is not finite.
        """
        for row, array in enumerate(batch):
            if array.shape != self._shape or array.dtype != np.uint8:
                found = f"{array.dtype} of {array.shape} at {row}"
                message = f"encoder {self.id!r} takes arrays of uint8 of shape {self._shape}, got {found}"
                raise EncoderError(message)
        blocks = [batch[start : start + BLOCK] for start in range(0, len(batch), BLOCK)]
        return self._encoded([self._images(self._model, block) for block in blocks], "image")

    def encode_images(self, images: Sequence[Image.Image]) -> Encoded:
        """Encode RGB images."""
        return self.encode_prepared([self.prepare(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Encoded:
        """Encode texts; what exceeds the model's context is cut off as its tokenizer does."""
        blocks = [list(texts[start : start + BLOCK]) for start in range(0, len(texts), BLOCK)]
        return self._encoded([self._texts(self._model, self._tokens(block)) for block in blocks], "text")

    def _encoded(self, blocks: list[NDArray[np.float32]], kind: str) -> Encoded:
        raw = np.concatenate([np.empty((0, self.dim), np.float32), *blocks])
        finite = np.isfinite(raw).all(axis=1)
        if not finite.all():
            message = f"encoder {self.id!r} gave a vector that is not finite for {kind} {int(finite.argmin())}"
            raise EncoderError(message)
        return normalized(raw)

    def _images(self, model: Any, batch: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        dtype = next(model.visual.parameters()).dtype
        with self._torch.inference_mode():
            numbers = self._preprocessing.numbers(batch, self._device, dtype)
            raw: NDArray[np.float32] = model.encode_image(numbers).float().cpu().numpy()
        return raw

    def _texts(self, model: Any, tokens: Any) -> NDArray[np.float32]:
        with self._torch.inference_mode():
            raw: NDArray[np.float32] = model.encode_text(tokens.to(self._device)).float().cpu().numpy()
        return raw

    def _tokens(self, texts: Sequence[str]) -> Any:
        with self._tokenizing:
            return self._tokenizer(list(texts))

    def _trial(self, model: Any) -> NDArray[np.float32]:
        """Raw vectors of fixed inputs: four drifts from smooth to noisy, and the probe texts."""
        noise = np.random.default_rng(0).integers(256, size=(4, *self._shape))
        slope = np.linspace(0, 255, self._shape[1])[:, None]
        share = np.linspace(0, 1, 4)[:, None, None, None]
        images = self._images(model, list((share * noise + (1 - share) * slope).astype(np.uint8)))
        return np.concatenate([images, self._texts(model, self._tokens(PROBE))])

    def _check_tokens(self, model: Any) -> None:
        """Refuse a tokenizer that was not made for this model: its vectors would be nonsense without a sign."""
        tower = getattr(model, "text", model)
        own = getattr(tower, "token_embedding", None)
        if own is None:
            return  # a text tower of transformers: its tokenizer comes by the tower's own name
        size, tokens = own.num_embeddings, self._tokens(PROBE)
        default = getattr(self._tokenizer, "vocab_size", size)  # open_clip's own tokenizer tells its size
        if default != size or int(tokens.max()) >= size:
            other = max(default, int(tokens.max()) + 1)
            message = f"encoder {self.id!r}: its tokenizer has {other} tokens or more, the model {size}"
            message += "; is text_cfg.hf_tokenizer_name missing in open_clip_config.json?"
            raise EncoderError(message)
        end = getattr(getattr(self._tokenizer, "tokenizer", None), "eos_token_id", None)
        pooling = getattr(model, "text_pool_type", getattr(tower, "pool_type", ""))
        if end is not None and pooling == "argmax" and (tokens.amax(dim=1) != end).any():
            message = f"encoder {self.id!r}: the model reads texts at their highest token, which is not the end {end}"
            raise EncoderError(message)


def _weights_sha256(model: Any) -> str:
    """SHA-256 over names, types, shapes and bytes of all weights, in the order of their names."""
    torch = require("torch", extra="clip")
    sha = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        sha.update(f"{name}\t{flat.dtype}\t{tuple(tensor.shape)}\n".encode())
        sha.update(flat.view(torch.uint8).numpy().data)
    return sha.hexdigest()
