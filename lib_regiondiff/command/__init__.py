"""The command line: words and files come in; pictures, lines and an exit code go out."""
