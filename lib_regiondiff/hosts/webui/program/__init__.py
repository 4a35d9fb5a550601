"""The WebUI around its network: its calls, settings, errors, notices, and what else is installed in it."""
