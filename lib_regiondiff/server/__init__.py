"""The server: requests and sockets of a page come in; its files, verdicts on palettes, progress and pictures go out."""
