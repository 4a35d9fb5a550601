"""Denoising: a plan and a host come in; `model(x, level) -> denoised` goes out, which an adapter installs."""
