"""Payment providers behind one port: which adapter serves which method, and how a provider is asked."""
