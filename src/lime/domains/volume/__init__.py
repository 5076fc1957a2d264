"""Volumes and videos: pictures that lie one behind the other, in segments of three dimensions."""
