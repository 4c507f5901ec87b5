"""Plays the Functions host to the real Functions worker.

The host is a .NET program that no package registry has; the worker that runs our code in Azure is on PyPI. So
the worker here is the real one, and what the host would say to it is written down in `payloads`.
"""
