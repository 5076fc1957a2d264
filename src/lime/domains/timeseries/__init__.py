"""Time series as instances: their segments are the features, which samples hide."""
