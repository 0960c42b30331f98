"""Every family of pipelines as the smallest model of its real class, randomly initialised and saved to a folder."""

import string
from pathlib import Path

import diffusers
import safetensors.torch
import torch
import transformers
from diffusers.pipelines.stable_diffusion import StableUnCLIPImageNormalizer

from latentarchive.diffusion.quiet import quiet

WIDTH = 16
"""Of text tokens and image vectors alike."""

CONTEXT = 10
"""Tokens of CLIP; a letter is one of them."""

SIDE = 16
"""Pixels."""


def clip_tokenizer():
    """One token a letter."""
    letters = string.ascii_lowercase + string.digits + ",."
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    return transformers.CLIPTokenizer(
        vocab={piece: number for number, piece in enumerate(pieces)},
        merges=[],
        unk_token="<|endoftext|>",
        model_max_length=CONTEXT,
    )


def t5_tokenizer():
    pieces = ["<pad>", "</s>", "<unk>", "▁", *string.ascii_lowercase, ",", "."]
    return transformers.T5Tokenizer(vocab=[(piece, -1.0) for piece in pieces], extra_ids=0)


def clip_settings():
    tokens = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    sizes = {"hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}
    return transformers.CLIPTextConfig(
        vocab_size=len(clip_tokenizer()), max_position_embeddings=CONTEXT, projection_dim=WIDTH, **sizes, **tokens
    )


def clip_text(projected=False):
    kind = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return kind(clip_settings())


def t5_text():
    return transformers.T5EncoderModel(
        transformers.T5Config(
            vocab_size=len(t5_tokenizer()), d_model=WIDTH, d_kv=4, d_ff=WIDTH, num_layers=1, num_heads=2
        )
    )


def image_encoder():
    return transformers.CLIPVisionModelWithProjection(
        transformers.CLIPVisionConfig(
            hidden_size=WIDTH,
            intermediate_size=WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=16,
            patch_size=8,
            projection_dim=WIDTH,
        )
    )


def image_processor():
    return transformers.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})


def autoencoder(channels=4, scale=2, **settings):
    blocks = {2: (8, 8), 4: (8, 8, 8)}[scale]
    return diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=channels,
        sample_size=SIDE,
        block_out_channels=blocks,
        down_block_types=("DownEncoderBlock2D",) * len(blocks),
        up_block_types=("UpDecoderBlock2D",) * len(blocks),
        layers_per_block=1,
        norm_num_groups=4,
        mid_block_add_attention=False,
        **settings,
    )


def denoiser(**settings):
    usual = {
        "sample_size": SIDE // 2,
        "in_channels": 4,
        "out_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "cross_attention_dim": WIDTH,
        "attention_head_dim": 2,
        "norm_num_groups": 4,
    }
    return diffusers.UNet2DConditionModel(**usual | settings)


def ddim():
    return diffusers.DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def stable_diffusion():
    return diffusers.StableDiffusionPipeline(
        vae=autoencoder(),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        unet=denoiser(),
        scheduler=ddim(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl():
    return diffusers.StableDiffusionXLPipeline(
        vae=autoencoder(),
        text_encoder=clip_text(),
        text_encoder_2=clip_text(projected=True),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=denoiser(
            cross_attention_dim=2 * WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=4,
            projection_class_embeddings_input_dim=6 * 4 + WIDTH,
            transformer_layers_per_block=1,
        ),
        scheduler=diffusers.EulerDiscreteScheduler(beta_schedule="scaled_linear", steps_offset=1),
        add_watermarker=False,
    )


def stable_diffusion_3():
    return diffusers.StableDiffusion3Pipeline(
        transformer=diffusers.SD3Transformer2DModel(
            sample_size=SIDE // 2,
            patch_size=2,
            in_channels=4,
            out_channels=4,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=2,
            caption_projection_dim=16,
            joint_attention_dim=2 * WIDTH,
            pooled_projection_dim=2 * WIDTH,
            pos_embed_max_size=SIDE,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06),
        text_encoder=clip_text(projected=True),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip_text(projected=True),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=None,
        tokenizer_3=None,
    )


def flux():
    return diffusers.FluxPipeline(
        transformer=diffusers.FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=WIDTH,
            axes_dims_rope=(4, 4, 8),
            guidance_embeds=True,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5_text(),
        tokenizer_2=t5_tokenizer(),
    )


def stable_unclip():
    return diffusers.StableUnCLIPImg2ImgPipeline(
        feature_extractor=image_processor(),
        image_encoder=image_encoder(),
        image_normalizer=StableUnCLIPImageNormalizer(embedding_dim=WIDTH),
        image_noising_scheduler=diffusers.DDPMScheduler(beta_schedule="squaredcos_cap_v2"),
        tokenizer=clip_tokenizer(),
        text_encoder=clip_text(),
        unet=denoiser(class_embed_type="projection", projection_class_embeddings_input_dim=2 * WIDTH),
        scheduler=ddim(),
        vae=autoencoder(),
    )


def kandinsky():
    return diffusers.KandinskyV22Pipeline(
        unet=denoiser(
            out_channels=8,
            block_out_channels=(32, 32),
            norm_num_groups=32,
            addition_embed_type="image",
            encoder_hid_dim=WIDTH,
            encoder_hid_dim_type="image_proj",
            resnet_time_scale_shift="scale_shift",
            down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
            up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
            mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        ),
        scheduler=diffusers.DDPMScheduler(variance_type="learned_range", num_train_timesteps=1000),
        movq=diffusers.VQModel(
            block_out_channels=(32, 32),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=4,
            num_vq_embeddings=8,
            vq_embed_dim=4,
            norm_type="spatial",
            mid_block_add_attention=False,
        ),
    )


def kandinsky_prior():
    prior = diffusers.PriorTransformer(
        num_attention_heads=2,
        attention_head_dim=4,
        num_layers=1,
        embedding_dim=WIDTH,
        num_embeddings=CONTEXT,
        additional_embeddings=4,
    )
    torch.nn.init.ones_(prior.clip_std)  # 0 at first: every text would have one vector
    return diffusers.KandinskyV22PriorPipeline(
        prior=prior,
        image_encoder=image_encoder(),
        text_encoder=clip_text(projected=True),
        tokenizer=clip_tokenizer(),
        scheduler=diffusers.UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", num_train_timesteps=1000, clip_sample_range=5.0
        ),
        image_processor=image_processor(),
    )


FAMILIES = {
    "sd": stable_diffusion,
    "sdxl": stable_diffusion_xl,
    "sd3": stable_diffusion_3,
    "flux": flux,
    "unclip": stable_unclip,
    "kandinsky": kandinsky,
    "prior": kandinsky_prior,
}


def save_all(folder):
    """Write every family, and an IP-Adapter for the first with an image encoder beside it."""
    with torch.random.fork_rng(devices=[]):
        for number, (name, make) in enumerate(FAMILIES.items()):
            torch.manual_seed(number)
            with quiet():
                make().save_pretrained(folder / name)
        save_ip_adapter(folder / "ip-adapter")
    return folder


def save_ip_adapter(folder: Path):
    """Four tokens of an image vector, and the keys and values of each cross-attention."""
    weights = {
        "image_proj.proj.weight": torch.randn(4 * WIDTH, WIDTH),
        "image_proj.proj.bias": torch.randn(4 * WIDTH),
        "image_proj.norm.weight": torch.ones(WIDTH),
        "image_proj.norm.bias": torch.zeros(WIDTH),
    }
    attentions = [name for name in denoiser().attn_processors if name.endswith("attn2.processor")]
    widths = {"down_blocks": 16, "mid_block": 16, "up_blocks": 16}
    for number, name in enumerate(attentions):
        for letter in "kv":
            weights[f"ip_adapter.{2 * number + 1}.to_{letter}_ip.weight"] = torch.randn(
                widths[name.partition(".")[0]], WIDTH
            )
    folder.mkdir()
    safetensors.torch.save_file(weights, folder / "ip-adapter.safetensors")
    with quiet():
        image_encoder().save_pretrained(folder / "image_encoder")
