"""The acting half's way out: the registry writer, state, and the channels to people."""
