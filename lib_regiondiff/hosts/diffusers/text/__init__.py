"""Text: a prompt comes in; chunks of tokens with emphasis go through the text encoder, and a condition goes out."""
