"""What the benchmark itself rests on."""
