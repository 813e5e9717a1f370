"""The source of a program by itself: nothing but its text."""

import numpy as np


def run_alone(step, feeds):
    """What the text makes of these feeds: the value, and the other outputs by name."""
    assert not step.written.needs, f"the source needs {list(step.written.needs)}"
    namespace = {}
    exec(step.source, namespace)
    values = {**step.parameters, **{getattr(key, "name", key): np.asarray(value) for key, value in feeds.items()}}
    arguments = step.written.arguments
    with np.errstate(all="ignore"):
        return namespace["step"](**{argument: values[name] for name, argument in arguments.items()})
