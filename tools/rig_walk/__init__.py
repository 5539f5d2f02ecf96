"""One photo walked through everything that an animator does with its figure, with pictures and numbers of each step."""
