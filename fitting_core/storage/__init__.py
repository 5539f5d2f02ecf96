"""Folders at an address such as s3://bucket/results: listed, read and written through fsspec, which is loaded only for them."""
