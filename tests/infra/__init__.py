"""The templates, held against the code that they install and against Azure's rules."""
