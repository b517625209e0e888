"""What only the composition root can check: the walls between the schemas, and facts that several contexts state."""
