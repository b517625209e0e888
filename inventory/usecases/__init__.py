"""What inventory does, one module per topic."""
