"""The nets that keep a context closed, and the shape of the tree."""
