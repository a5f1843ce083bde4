"""The search over PyVRP's core: iterated local search, the pool of its routes, and their mix."""
