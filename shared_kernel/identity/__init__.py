"""Who asks: principals, and the three kinds of credentials that prove one."""
