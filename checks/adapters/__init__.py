"""The knowing half's way out: reads of Azure. Each module imports its SDK, and is itself imported at first use."""
