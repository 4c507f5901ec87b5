"""What is written often enough to be written once: ways to use a table's conditional writes."""

from remediations.ports import Table


def put[T](table: Table[T], partition: str, key: str, value: T) -> None:
    """Let the row say this, whatever it said before and whoever else writes it meanwhile."""
    while not table.insert(partition, key, value):
        row = table.read(partition, key)
        if row and (row.value == value or table.replace(partition, key, value, row.version)):
            return
