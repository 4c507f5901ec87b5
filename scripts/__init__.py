"""What people run now and then to keep this repository as it should be."""
