"""One source, one file: what arrives, read strictly, into signals."""
