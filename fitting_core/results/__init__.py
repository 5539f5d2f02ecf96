"""The solutions of a fit in, people with a judgement of their quality out, and the files of the result folder."""
