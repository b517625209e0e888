"""The management commands of inventory."""
