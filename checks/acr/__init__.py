"""One cause, one file. Each holds one check, named like the file; its docstring is what operators read."""
