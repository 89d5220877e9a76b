"""What owners ask for in a policy file."""
