"""What contexts promise each other, held against files that only grow."""
