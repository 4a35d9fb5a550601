"""What a WebUI's network can be asked beside plain rows, and how, by the kind of network."""
