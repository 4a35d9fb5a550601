"""The document: a palette of brushes as plain data. Text or data come in, checked records go out, and text again."""
