"""Optimisers, the training loop, checkpoints and a data set to try them on."""
