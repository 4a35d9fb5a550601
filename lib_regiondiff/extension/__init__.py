"""The extension: the WebUI's accordion, its jobs and plots. Requests come in; hosts draw, and errors are shown."""
