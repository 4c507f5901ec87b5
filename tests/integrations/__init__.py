"""What pipelines take from here."""
