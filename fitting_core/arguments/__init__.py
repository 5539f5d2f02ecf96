"""The command line's words in, a checked request out: every option of `fit`, `batch`, `inspect` and `convert`."""
