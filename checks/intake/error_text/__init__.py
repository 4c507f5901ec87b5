"""Explains what a client printed about a failed push: the cause, and what it names.

One classifier for the operators' command, a pipeline's report and the custom event.
"""

from checks.intake.error_text.verdict import Explanation, explain

__all__ = ["Explanation", "explain"]
