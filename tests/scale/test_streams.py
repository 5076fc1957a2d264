"""Data that comes as a stream."""

import numpy as np

from lime.scale.data import Source


def test_a_stream_is_read_as_the_work_goes_on():
    """Not more of it is taken ahead than the chunks that are under way."""
    taken = 0

    def stream():
        nonlocal taken
        for _ in range(10):
            taken += 1
            yield np.zeros((520, 4))

    chunks = Source(stream(), (1,)).chunks(512)
    assert next(chunks).start == 0
    assert taken == 1
    sizes = [len(chunk.rows) for chunk in chunks]
    assert sum(sizes) == 5200 - 512
    assert taken == 10
