"""One cure, one file. Each holds one remediation, named like the file; its docstring is what operators read."""
