import numpy as np
from dagprop.operator import Spec, Value, broadcast, operator
@operator(numpy=[np.broadcast_to])
def broadcast_to(x, *, shape):
    return np.broadcast_to(x, shape)
@broadcast_to.infer
def _(x,*,shape): return Spec(shape, x.dtype)
from dagprop.operators.structure import sum_to
@broadcast_to.vjp
def _(grad, x): return sum_to(grad, shape=x.shape)
@operator(numpy=[np.swapaxes])
def swapaxes(x,*,axis1,axis2): return np.swapaxes(x,axis1,axis2)
@operator(numpy=[np.sum])
def sum(x,*,axis=None): return np.sum(x,axis=axis)
@sum.vjp
def _(grad,x,*,axis): return np.broadcast_to(grad if axis is None else np.expand_dims(grad,axis), x.shape)
OPERATORS=(broadcast_to,swapaxes,sum)
