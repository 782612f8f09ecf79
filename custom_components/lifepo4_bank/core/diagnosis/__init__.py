"""What is wrong with a bank, and why."""
