"""Motions in, their word and the files of the result folder out."""
