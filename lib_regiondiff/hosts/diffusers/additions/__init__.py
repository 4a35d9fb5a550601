"""What is added to a loaded model: LoRAs, another VAE, textual inversions, accelerators."""
