"""The smallest models of the real classes, trained for seconds on a handful of the cabinet's works."""

from contextlib import contextmanager
from pathlib import Path

import torch

from latentarchive.recipes import Recipe
from latentarchive.sources import SOURCES
from latentarchive.trainings import GeneratorTraining, LoraTraining, Training

WIDTH = 32
"""Of everything: the encoder's vectors, its text tokens, and what the denoiser is told."""

CLIP = {
    "embed_dim": WIDTH,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "patch_size": 8, "head_width": 16},
    "text_cfg": {"context_length": 12, "width": WIDTH, "heads": 2, "layers": 2},
}
AUTOENCODER = {
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "sample_size": 32,
    "block_out_channels": [8, 8, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "mid_block_add_attention": False,
}
DENOISER = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": [16, 32],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "cross_attention_dim": WIDTH,
    "attention_head_dim": 2,
}
SELECTION = {"captions": ("text", "title"), "group_by": ("extra.series",), "holdout": 0.2}


def cabinet(**changes):
    """Sixty works of the cabinet."""
    return SOURCES["cabinet"](**{"name": "cabinet", "root": Path(), "works": 60} | changes)


def encoder_recipe(**changes):
    settings = {"model": CLIP, "samples": 20 * 24, "batch_size": 24, "learning_rate": 3e-3, "vocabulary": 300}
    return Recipe(
        name="small", title="Sixty works", collection=cabinet(), train=Training(**settings | SELECTION | changes)
    )


def generator_recipe(encoder, *, collection=None, **changes):
    settings = {
        "encoder": encoder,
        "autoencoder": AUTOENCODER,
        "denoiser": DENOISER,
        "side": 32,
        "autoencoder_samples": 10 * 8,
        "autoencoder_batch": 8,
        "samples": 14 * 8,
        "batch_size": 8,
    }
    return Recipe(
        name="small-generator",
        title="Sixty works",
        collection=collection or cabinet(),
        generator=GeneratorTraining(**settings | SELECTION | changes),
    )


def lora_recipe(generator, **changes):
    settings = {
        "generator": str(generator),
        "layers": ("to_q", "to_v", "conv1"),
        "rank": 2,
        "samples": 8 * 8,
        "batch_size": 8,
        "learning_rate": 2e-2,
    }
    return Recipe(
        name="small-lora",
        title="Sixty cyanotypes",
        collection=cabinet(technique="cyanotype"),
        lora=LoraTraining(**settings | SELECTION | changes),
    )


@contextmanager
def one_thread():
    """Models this small are faster on one thread, and do not stall where other work has the second core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
