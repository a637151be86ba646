"""What the hot paths cost. `python -m tests.benchmarks` prints it; nothing here fails by time."""
