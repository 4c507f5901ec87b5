"""The half that acts: it decides, writes through one door, verifies, undoes, and tells people."""
