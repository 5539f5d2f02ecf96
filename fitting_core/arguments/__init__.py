"""Words of a command line or JSON fields in, a checked request out: every option of `fit`, `batch`, `inspect` and `convert`."""
