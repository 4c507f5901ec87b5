"""What a notice wants of its reader, in words and in a symbol, so that no channel says it by colour alone."""

from typing import Final

from remediations.model import Severity

WORDS: Final = {
    Severity.GOOD: "Good news",
    Severity.INFO: "For your information",
    Severity.WARNING: "Please have a look",
    Severity.URGENT: "Needs you now",
}

# Each is in the fonts of every mail client and terminal, which emoji are not.
SYMBOLS: Final = {
    Severity.GOOD: "\N{HEAVY CHECK MARK}",
    Severity.INFO: "\N{INFORMATION SOURCE}",
    Severity.WARNING: "\N{WARNING SIGN}",
    Severity.URGENT: "\N{DOUBLE EXCLAMATION MARK}",
}
