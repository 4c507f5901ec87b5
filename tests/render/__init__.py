"""Shows what people will be shown: Adaptive Cards, in the renderer that Microsoft publishes."""
