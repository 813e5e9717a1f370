"""Optimisers, the training loop, checkpoints and a data set to try them on."""

from dagprop.training.checkpoints import load_parameters, save_parameters
from dagprop.training.loop import Step, Training

__all__ = ["Step", "Training", "load_parameters", "save_parameters"]
