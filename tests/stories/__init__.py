"""The whole story, told by the real worker against the local Azure."""
