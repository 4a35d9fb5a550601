"""A BLIP of a few dozen units that was taught what two pictures show, in a folder as transformers writes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import BlipConfig, BlipForConditionalGeneration

SIDE, PATCH, WIDTH = 32, 16, 32
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "wall", "blue", "lake", "at", "night", "##fall")
PAD, END, START = WORDS.index("[PAD]"), WORDS.index("[SEP]"), len(WORDS)
"""The first token of a caption is none of the tokenizer's, as in the BLIPs that people have."""
TAUGHT = {(220, 30, 20): "a red wall", (20, 40, 210): "a blue nightfall at a lake"}
MEAN, DEVIATION = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
STEPS, LENGTH = 30, 9


def write(folder: Path) -> BlipForConditionalGeneration:
    """The model, written to a folder with its tokenizer and what it wants of pictures."""
    model = _taught()
    model.save_pretrained(folder)
    wants = {"size": {"height": SIDE, "width": SIDE}, "image_mean": MEAN, "image_std": DEVIATION, "resample": 3}
    files = {
        "preprocessor_config.json": {"image_processor_type": "BlipImageProcessor", **wants},
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": True},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return model


def pixels(image: Image.Image) -> torch.Tensor:
    """What the model wants of a picture [1, 3, h, w], by numpy alone: squeezed to a square, then standardised."""
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float64) / 255
    return torch.from_numpy((small - MEAN) / DEVIATION).permute(2, 0, 1)[None].float()


def _taught() -> BlipForConditionalGeneration:
    """The model after a few steps of Adam on the two pictures."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = BlipForConditionalGeneration(_config())
        images = torch.cat([pixels(Image.new("RGB", (8, 8), colour)) for colour in TAUGHT])
        tokens = torch.tensor([_tokens(caption) for caption in TAUGHT.values()])
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        for _ in range(STEPS):
            labels = tokens.masked_fill(tokens == PAD, -100)
            loss = model(
                pixel_values=images, input_ids=tokens, attention_mask=(tokens != PAD).long(), labels=labels
            ).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


def _config() -> BlipConfig:
    shape = {"hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2}
    marks = {"bos_token_id": START, "pad_token_id": PAD, "sep_token_id": END, "eos_token_id": END}
    dropless = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    words = {"vocab_size": START + 1, "encoder_hidden_size": WIDTH, "max_position_embeddings": 64}
    return BlipConfig(
        text_config={**shape, **marks, **dropless, **words, "projection_dim": WIDTH},
        vision_config={**shape, "image_size": SIDE, "patch_size": PATCH},
        projection_dim=WIDTH,
    )


def _tokens(caption: str) -> list[int]:
    """A caption's tokens from start to end, filled up to the length of the longest."""
    words = caption.replace("nightfall", "night ##fall").split()
    tokens = [START, *(WORDS.index(word) for word in words), END]
    return tokens + [PAD] * (LENGTH - len(tokens))
