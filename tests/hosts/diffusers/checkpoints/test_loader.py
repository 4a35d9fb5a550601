"""Loading: every form of a model paints the same without a network, and every fault gets one sentence that names it."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import torch
from accelerate import init_empty_weights
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from known_single_file import checkpoint, unet_name
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.layout import ASSETS, UNET, read_unet_sizes, read_vae_sizes
from lib_regiondiff.hosts.diffusers.checkpoints.loader import compute_fingerprint, load_pipeline
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import list_vocabulary, make_clip_tokenizer
from lib_regiondiff.hosts.diffusers.files.headers import read_header

pytestmark = pytest.mark.diffusers
CPU = torch.device("cpu")


def load(source: str | Path, dtype: torch.dtype = torch.float32) -> Any:
    return load_pipeline(source, CPU, dtype)


def complaint(source: str | Path) -> str:
    """What loading says is wrong, which is one line."""
    with pytest.raises(HostError) as caught:
        load(source)
    text = str(caught.value)
    assert "\n" not in text and Path(source).name in text
    return text


def weights(path: Path, **shapes: tuple[int, ...]) -> Path:
    """A safetensors file with zeros of these shapes; double underscores in the names stand for dots."""
    save_file({name.replace("__", "."): torch.zeros(shape) for name, shape in shapes.items()}, path)
    return path


def paint(pipeline: Any) -> np.ndarray:
    """A picture in grey levels."""
    pipeline.set_progress_bar_config(disable=True)
    options = {"num_inference_steps": 3, "guidance_scale": 1.0, "height": 64, "width": 64, "output_type": "np"}
    return 255 * pipeline("a red cat", generator=torch.Generator().manual_seed(0), **options).images[0]


def no_network(*_: object) -> None:
    raise AssertionError("somebody asked the network")


def test_folder_and_single_file_paint_the_same_without_network(
    known_pipeline: Any, known_folder: Path, known_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", no_network)
    wanted = paint(known_pipeline)
    assert wanted.std((0, 1)).max() < 5 and wanted[..., 0].min() > 200
    for source in (known_folder, str(known_file)):
        np.testing.assert_allclose(paint(load(source)), wanted, atol=0.01)


def test_what_is_loaded_is_for_inference_only(known_file: Path, known_folder: Path) -> None:
    for source, dtype in ((known_file, torch.bfloat16), (known_folder, torch.float16)):
        pipeline = load(source, dtype)
        assert pipeline.safety_checker is None
        for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
            assert not part.training
            assert {p.dtype for p in part.parameters()} == {dtype}
            assert not any(p.requires_grad for p in part.parameters())


def test_a_folder_may_hold_half_precision_files_only(known_folder: Path, tmp_path: Path) -> None:
    folder = linked(known_folder, tmp_path / "half")
    for path in list(folder.rglob("*.safetensors")):
        path.rename(path.with_suffix(".fp16.safetensors"))
    assert load(folder).unet.conv_in.out_channels == 96


def linked(folder: Path, copy: Path) -> Path:
    """A copy of a folder whose weights are links."""
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.safetensors"))
    for path in folder.rglob("*.safetensors"):
        (copy / path.relative_to(folder)).symlink_to(path)
    return copy


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


@pytest.mark.parametrize("name", ["none.safetensors", "./none", "a/b/c", "C:\\models\\none.ckpt"])
def test_nothing_there(name: str) -> None:
    with pytest.raises(HostError, match="expected a model's file or folder, got nothing there"):
        load(name)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"model_index\.json: expected a JSON file .*No such file"):
        load(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "KandinskyPipeline"}', encoding="utf-8")
    assert "expected a text-to-image model of Stable Diffusion 1 or 2, SDXL, " in complaint(tmp_path)


def test_a_folder_for_inpainting(known_folder: Path, tmp_path: Path) -> None:
    folder = linked(known_folder, tmp_path / "model")
    change(folder / "unet" / "config.json", in_channels=9)
    assert "got 9 (an inpainting or editing model)" in complaint(folder)


def test_a_folder_with_damaged_or_missing_weights(known_folder: Path, tmp_path: Path) -> None:
    folder = linked(known_folder, tmp_path / "model")
    vae, text = folder / "vae/diffusion_pytorch_model.safetensors", folder / "text_encoder/model.safetensors"
    vae.unlink()
    assert "expected a whole diffusers model" in complaint(folder)
    vae.write_bytes(b"too short")
    assert "expected a whole diffusers model" in complaint(folder)
    text.unlink()
    with pytest.raises(HostError, match=r"text_encoder: expected model\.safetensors, got no such file"):
        load(folder)
    weights(text, embeddings__token_embedding__weight=(3, 5))
    with pytest.raises(HostError, match=r"expected CLIP's text encoder, got .*Missing key"):
        load(folder)


NO_SAFETENSORS = (
    b"",
    b"12345",
    b"PK\x03\x04 a zip, as .ckpt is",
    b"{" * 400,
    b"\4\0\0\0\0\0\0\0[{}]",
)


@pytest.mark.parametrize("content", NO_SAFETENSORS)
def test_not_a_safetensors_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert "expected a .safetensors file" in complaint(path)
    path = path.rename(path.with_suffix(".ckpt"))
    other = (
        "expected a .safetensors file" if content[8:9] == b"{" else "expected a file that PyTorch wrote, got a damaged"
    )
    assert other in complaint(path)


def test_a_truncated_file(tmp_path: Path) -> None:
    path = weights(tmp_path / "model.safetensors", model__diffusion_model__x=(100,))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert f"expected {len(whole)} bytes, got {len(whole) - 1} bytes; the file is truncated" in complaint(path)
    path.write_bytes(whole[:20])
    assert "only its beginning" in complaint(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lora_unet_mid_block__alpha", "got a LoRA"),
        ("something__else", "with UNet, VAE and text encoder, got no UNet (no weights named model.diffusion_model.*)"),
        ("model__diffusion_model__out__0__weight", "got no VAE (no weights named first_stage_model.*)"),
    ],
)
def test_another_kind_of_checkpoint(tmp_path: Path, name: str, kind: str) -> None:
    path = weights(tmp_path / "model.safetensors", **{name: (1,)})
    text = complaint(path)
    assert "expected a whole checkpoint of Stable Diffusion 1, Stable Diffusion 2 or SDXL" in text and kind in text


def test_an_inpainting_checkpoint(tmp_path: Path) -> None:
    path = weights(
        tmp_path / "model.safetensors",
        model__diffusion_model__input_blocks__0__0__weight=(4, 9, 3, 3),
        first_stage_model__x=(1,),
        cond_stage_model__transformer__x=(1,),
    )
    assert "expected a UNet with 4 input channels, got 9" in complaint(path)


@pytest.mark.parametrize(
    "name",
    [
        "model.diffusion_model.out.2.weight",
        "model.diffusion_model.input_blocks.0.0.weight",
        "first_stage_model.encoder.down.1.block.0.conv2.weight",
        "first_stage_model.decoder.up.3.block.1.norm2.bias",
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
        "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc2.bias",
    ],
)
def test_a_checkpoint_that_lacks_a_weight(known_pipeline: Any, tmp_path: Path, name: str) -> None:
    state = checkpoint(known_pipeline)
    words = state["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"]
    state["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"] = words[:8].clone()
    del state[name]
    save_file(state, tmp_path / "model.safetensors")
    complaint(tmp_path / "model.safetensors")


def test_a_hub_model_out_of_reach() -> None:
    assert "expected a model on the hub, or a file or folder, got none within reach" in complaint(
        "nobody/no-such-model"
    )


def test_fingerprints(known_file: Path, known_folder: Path, tmp_path: Path) -> None:
    assert compute_fingerprint(known_file) == hashlib.sha256(known_file.read_bytes()).hexdigest()[:10]
    (tmp_path / "b").mkdir()
    for name in ("b/1.safetensors", "a.safetensors", "notes.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert compute_fingerprint(tmp_path) == hashlib.sha256(b"a.safetensorsb/1.safetensors").hexdigest()[:10]
    assert compute_fingerprint("nobody/no-such-model") == compute_fingerprint(tmp_path / "none") == ""


def test_sizes_are_read_off_the_shapes(known_file: Path) -> None:
    shapes, _ = read_header(known_file)
    assert (
        read_unet_sizes(shapes)["block_out_channels"]
        == read_vae_sizes(shapes)["block_out_channels"]
        == (96, 96, 96, 96)
    )
    assert read_vae_sizes(shapes)["layers_per_block"] == 1
    config = json.loads((ASSETS / "unet" / "config.json").read_text(encoding="utf-8"))
    with init_empty_weights():
        unet: Any = UNet2DConditionModel.from_config(config)
    full = {UNET + unet_name(name): tuple(value.shape) for name, value in unet.state_dict().items()}
    assert {
        name: list(v) if isinstance(v, tuple) else v for name, v in read_unet_sizes(full).items()
    }.items() <= config.items()


def test_the_tokenizer_is_clips() -> None:
    tokenizer = make_clip_tokenizer()
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokenizer("A  Photo of\na CAT").input_ids == tokenizer("a photo of a cat").input_ids
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (49406, 49407, 49407)
    assert len(tokenizer) == len(set(list_vocabulary())) == 49408
    assert list_vocabulary()[320] == "a</w>" and list_vocabulary()[49406:] == ["<|startoftext|>", "<|endoftext|>"]


@pytest.mark.parametrize(
    "text", ["", "word " * 500, "猫と犬 🐱 naïve Ærøskøbing", "\x00\ufeff\u202e\ud7ff", "don't 1234 :-) <|endoftext|>"]
)
def test_the_tokenizer_takes_any_text(text: str) -> None:
    ids = make_clip_tokenizer()(text, truncation=True, padding="max_length", max_length=77).input_ids
    assert len(ids) == 77 and ids[0] == 49406 and ids[-1] == 49407
    assert all(0 <= i < 49408 for i in ids)
