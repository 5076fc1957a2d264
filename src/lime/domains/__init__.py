"""What an instance is made of: how each data type is described, perturbed and named, and the explainers."""
