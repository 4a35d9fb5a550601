"""Other people's documents become palettes: prompts with region words, wildcards, tags of extra networks."""
