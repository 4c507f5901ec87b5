"""Failed pushes, noticed, diagnosed, mended and told, on this machine: `make demo`.

A real push client meets a local Azure; the bot is the real one, in the real Functions worker, with its state in
Azurite. What happened is told on the terminal and on pages in demo-output/.
"""
