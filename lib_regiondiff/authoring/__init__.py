"""Authoring: a palette comes in; what helps people to improve it goes out: notices, cost, previews, presets."""
