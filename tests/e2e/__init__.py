"""Real push clients, unmodified, against the bot and the local Azure: `python -m tests.e2e`.

`clients`, `bot` and `pipeline` serve the demonstration, too, which needs neither root nor real host names.
"""
