"""The vocabulary of a collection's captions: learned once, stored with the model, found by open_clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive import storage
from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PAD, START, END = "<pad>", "<start>", "<end>"
FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def learn(captions: Iterable[str], *, size: int, context: int, folder: Path) -> None:
    """Learn a byte-pair vocabulary and write its files into a folder.

    Any text can be written with it, because it begins with all 256 bytes. The start and end tokens have the
    two highest ids: open_clip reads a text's vector at its highest token.

    Args:
        captions: What to learn from; each counts as often as it occurs.
        size: Most tokens that the vocabulary may have, special ones included.
        context: Tokens of the longest text that the model takes.
        folder: Where the files go: those that `transformers.AutoTokenizer` reads.
    """
    tokenizers = require("tokenizers", extra="clip")
    bytes_ = tokenizers.pre_tokenizers.ByteLevel
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.NFKC(), tokenizers.normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = bytes_(add_prefix_space=True)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size - 2,
        special_tokens=[PAD],
        initial_alphabet=sorted(bytes_.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.add_special_tokens([START, END])
    start, end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, start), (END, end)]
    )
    special = {"bos_token": START, "eos_token": END, "pad_token": PAD, "unk_token": None}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": context} | special
    storage.write_bytes(folder / FILES[0], tokenizer.to_str(pretty=True).encode())
    storage.write_json(folder / FILES[1], config | {"clean_up_tokenization_spaces": False})
    storage.write_json(folder / FILES[2], {key: value for key, value in special.items() if value})


def load(folder: Path, *, context: int) -> Any:
    """The tokenizer that `learn` wrote, set to cut and pad every text to the context."""
    tokenizer = require("tokenizers", extra="clip").Tokenizer.from_file(str(folder / FILES[0]))
    tokenizer.enable_truncation(context)
    tokenizer.enable_padding(length=context, pad_id=tokenizer.token_to_id(PAD), pad_token=PAD)
    return tokenizer


def encode(tokenizer: Any, texts: Sequence[str]) -> NDArray[np.int64]:
    """Token ids, shape (n, context)."""
    return np.array([encoding.ids for encoding in tokenizer.encode_batch(list(texts))], np.int64)
