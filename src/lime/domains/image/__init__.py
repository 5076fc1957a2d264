"""Images: what a picture is made of, how parts of it are hidden, and their explainer."""
