"""What a battery bank is and what is wrong with it: pure Python, no clock, no I/O."""
