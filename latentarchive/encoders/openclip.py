"""CLIP models of open_clip as encoders: by name, from a checkpoint file, from a folder."""

from __future__ import annotations

import difflib
import hashlib
import json
import logging
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive import cards
from latentarchive.encoders import precision as precisions
from latentarchive.encoders.base import Encoded, normalized
from latentarchive.encoders.preprocessing import Preprocessing
from latentarchive.encoders.shipped import ENCODERS, mend
from latentarchive.errors import EncoderError, nearest, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from PIL import Image

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
"""Endings of checkpoint files; safetensors, or torch files that hold nothing but tensors."""

BLOCK = 64
"""Images or texts that go through the model at once, whatever the size of the batch asked for."""

PROBE = ("", "a watercolor of red apples, 1908", "Äpfel, pommes, яблоки, 林檎")
"""Texts whose tokens tell one tokenizer from another, and show whether it fits the model."""


def load_openclip(encoder_id: str, *, precision: str | None = None) -> OpenCLIPEncoder:
    """The encoder ``openclip:ARCH/TAG`` or ``openclip:ARCH/PATH``.

    Args:
        encoder_id: An architecture of open_clip, then one of its pretrained tags (fetched from the network
            unless open_clip has it in its cache) or the path of a checkpoint file. Of a checkpoint the
            preprocessing is not known: it is that of the architecture's tags where they all agree,
            else open_clip's default.
        precision: One of `precision.PRECISIONS`; None: what suits the machine, see `precision.choose`.

    Raises:
        EncoderError: No such architecture, tag or file; weights of another architecture; no network.
        MissingExtra: open_clip is not installed.
    """
    open_clip = require("open_clip", extra="clip")
    arch, _, rest = encoder_id.removeprefix("openclip:").partition("/")
    if arch not in open_clip.list_models():
        close = difflib.get_close_matches(arch, open_clip.list_models(), n=1)
        hint = f"did you mean {close[0]!r}?" if close else "see open_clip.list_models()"
        message = f"encoder {encoder_id!r}: open_clip has no architecture {arch!r}; {hint}"
        raise EncoderError(message)
    tags = open_clip.list_pretrained_tags_by_model(arch)
    path = Path(rest).expanduser()
    options: dict[str, Any] = {"pretrained": rest}
    problem = "these weights cannot be loaded"
    if rest in tags:
        # Tags trained with QuickGELU give other vectors without it; open_clip only warns.
        options["force_quick_gelu"] = bool(open_clip.get_pretrained_cfg(arch, rest).get("quick_gelu"))
        problem = f"cannot fetch {rest} of {arch}; without a network give a path: openclip:{arch}/PATH"
    elif path.is_file() and path.suffix in WEIGHTS:
        options |= {"pretrained": str(path)} | _preprocessing_of(arch, tags)
    elif "/" in rest or path.suffix in WEIGHTS or path.is_file():
        found = "is not one of these" if path.is_file() else "does not exist"
        message = f"encoder {encoder_id!r}: wants a checkpoint file ({', '.join(WEIGHTS)}), {path} {found}"
        raise EncoderError(message)
    else:
        message = f"encoder {encoder_id!r}: {arch} has no pretrained tag {rest!r}; {nearest(rest, tags)}"
        raise EncoderError(message)
    model_cfg = dict(open_clip.get_model_config(arch))
    model_cfg["quick_gelu"] = model_cfg.get("quick_gelu", False) or options.get("force_quick_gelu", False)
    return _encoder(encoder_id, arch, model_cfg, problem, options, precision)


def load_local(encoder_id: str, folder: Path, *, precision: str | None = None) -> OpenCLIPEncoder:
    """The encoder of a folder that `latentarchive.train` or open_clip saved.

    Args:
        encoder_id: ``local:DIR``, or the name of a shipped model.
        folder: With ``open_clip_config.json``, weights and, unless the model takes open_clip's own
            tokenizer, the files of its tokenizer.
        precision: As in `load_openclip`.

    Raises:
        EncoderError: A file is missing; the weights are of another architecture; the tokenizer is
            of another vocabulary.
        MissingExtra: open_clip is not installed.
    """
    require("open_clip", extra="clip")
    model_cfg = _local_model_cfg(encoder_id, folder)
    problem = "its weights and its open_clip_config.json do not fit"
    return _encoder(encoder_id, f"local-dir:{folder}", model_cfg, problem, {}, precision)


class OpenCLIPEncoder:
    """A CLIP model behind the `Encoder` contract; see `load_openclip` and `load_local`.

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


def _encoder(
    encoder_id: str, name: str, model_cfg: Mapping[str, Any], problem: str, options: Mapping[str, Any],
    precision: str | None,
) -> OpenCLIPEncoder:  # fmt: skip
    """Let open_clip load model, preprocessing and tokenizer; whatever it raises becomes one line."""
    open_clip = require("open_clip", extra="clip")
    text_cfg = model_cfg["text_cfg"]
    if text_cfg.get("hf_tokenizer_name") or text_cfg.get("hf_model_name") or "siglip" in name.lower():
        require("transformers", extra="clip")
    try:
        with _quiet():
            model, _, transform = open_clip.create_model_and_transforms(name, **options)
            tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:  # open_clip, torch, safetensors and the hub client raise what they like
        message = f"encoder {encoder_id!r}: {problem} ({_reason(error)})"
        raise EncoderError(message) from error
    names = {"hf_tokenizer_name", "hf_model_pretrained", "timm_model_pretrained"}
    towers = {key: value for key, value in model_cfg.items() if not isinstance(value, dict)}
    for key in ("text_cfg", "vision_cfg"):
        towers[key] = {k: v for k, v in model_cfg[key].items() if k not in names}
    config = {"model": towers, "preprocess": dict(model.visual.preprocess_cfg)}
    return OpenCLIPEncoder(encoder_id, model, transform, tokenizer, config, precision=precision)


def _local_model_cfg(encoder_id: str, folder: Path) -> dict[str, Any]:
    """The model_cfg of an open_clip folder; every file that it needs is there."""
    config = folder / "open_clip_config.json"
    ships = encoder_id in ENCODERS
    if why := cards.problem(folder, needed=ships):
        message = f"encoder {encoder_id!r}: {why}; {mend(ships=ships)}"
        raise EncoderError(message)
    try:
        model_cfg: dict[str, Any] = json.loads(config.read_bytes())["model_cfg"]
        wants_tokenizer = bool(model_cfg["text_cfg"].get("hf_tokenizer_name"))
        names = [path.name for path in folder.iterdir()]
        if not any(name.endswith((".safetensors", ".bin", ".pth")) for name in names):
            why = f"no weights in {folder} (open_clip_model.safetensors)"
        elif wants_tokenizer and not any("token" in name or name.endswith(".model") for name in names):
            why = f"no tokenizer in {folder} (tokenizer.json, tokenizer_config.json)"
    except FileNotFoundError:
        why = f"{config} is missing; train a model there with: latentarchive train RECIPE --out {folder}"
        if (folder / "model_index.json").exists():
            why = f"{folder} holds a generator, not an encoder"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{config} does not describe a model ({error!r})"
    if why:
        message = f"encoder {encoder_id!r}: {why}"
        raise EncoderError(message)
    return model_cfg


def _preprocessing_of(arch: str, tags: Sequence[str]) -> dict[str, Any]:
    """Options that give a checkpoint file the preprocessing that all pretrained tags of its architecture share."""
    open_clip = require("open_clip", extra="clip")
    keys = ("mean", "std", "interpolation", "resize_mode")
    found = {tuple(open_clip.get_pretrained_cfg(arch, tag).get(key) for key in keys) for tag in tags}
    if len(found) != 1:
        return {}
    return {f"image_{key}": value for key, value in zip(keys, found.pop(), strict=True) if value is not None}


def _weights_sha256(model: Any) -> str:
    """SHA-256 over names, types, shapes and bytes of all weights, in the order of their names."""
    torch = require("torch", extra="clip")
    sha = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        sha.update(f"{name}\t{flat.dtype}\t{tuple(tensor.shape)}\n".encode())
        sha.update(flat.view(torch.uint8).numpy().data)
    return sha.hexdigest()


def _reason(error: BaseException) -> str:
    """The telling line of an error: one about a key or a size, else the first line of its first cause."""
    chain = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    lines = [line.strip() for link in chain for line in str(link).splitlines()]
    telling = [line for line in lines if line.startswith(("size mismatch", "Missing key", "Unexpected key"))]
    line = (telling or str(chain[-1]).splitlines() or [type(chain[-1]).__name__])[0]
    return line if len(line) <= 200 else line[:199] + "…"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what libraries log while they load off the screen: what matters of it is in the error."""
    root, hub, handler = logging.getLogger(), logging.getLogger("huggingface_hub"), logging.NullHandler()
    level = hub.level
    root.addHandler(handler)  # open_clip logs to the root logger, which sets itself up for the process if it is bare
    hub.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.removeHandler(handler)
        hub.setLevel(level)
