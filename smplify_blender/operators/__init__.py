"""Operators, one a file: unpack the context, call one function, report."""
