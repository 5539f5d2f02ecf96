"""One operator a file: it unpacks the context, calls one function and reports."""
