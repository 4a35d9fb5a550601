"""Authoring: a palette comes in; what helps a person to make it better goes out: notices, cost, previews, presets."""
