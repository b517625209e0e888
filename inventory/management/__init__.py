"""What the shell can ask of inventory."""
