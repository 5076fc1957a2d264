"""Series: what happens at several time steps, explained step by step."""
