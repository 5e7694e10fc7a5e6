"""Redis: batches, partitions, checkpoints, dead letters; the embedded servers."""
