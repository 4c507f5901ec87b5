"""The half that knows: it turns signals into a diagnosis, and can change nothing."""
