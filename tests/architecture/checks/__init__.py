"""What import contracts cannot see: checks over source trees, each one shown to bite by a planted violation."""
