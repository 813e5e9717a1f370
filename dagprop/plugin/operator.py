"""Operator: a forward rule and a local-derivative rule, both ordinary NumPy code.

Fed arrays a rule computes, fed nodes it extends their graph, fed symbols it writes the equation: what an operand makes
of an operator it says itself, in `__dagprop_apply__`, as NumPy's own protocols let it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dagprop import arguments
from dagprop.arguments import shown
from dagprop.errors import OperandError, UnpicklableError
from dagprop.plugin.calling import MISFITS, Called, exact
from dagprop.plugin.inference import Result, by_shapes, per_element
from dagprop.plugin.interpretation import Interpretation, Simplification
from dagprop.plugin.rule import Rule
from dagprop.plugin.signs import Sign
from dagprop.spec import Spec


class Operator(Called):
    """A named pair of rules.  Made by `@elementwise` or `@operator`, and called like the function it was.

    Attributes
    ----------
    name, namespace : str
        `id` is `namespace:name`, e.g. `core:sigmoid`.  A plugin's namespace is its entry point's name; an
        operator that no plugin brought has its module's.
    owner : str
        The distribution and version it came from, e.g. `dagprop 0.1.0`.
    operands : tuple of str
        The names of the operands; the last one takes any number where `variadic`.
    attributes : dict
        The names of the attributes, each with its default (`inspect.Parameter.empty` where there is none).
    elementwise : bool
        Whether the rule is per element.
    singular : callable
        Whether, for these operands, the derivative may be infinite or NaN where the value was not chosen (√ at 0):
        a gradient of exactly 0 then stays 0.
    numpy : tuple
        The NumPy functions that this operator answers when they are called on nodes.
    ufunc : numpy.ufunc or None
        The ufunc that the forward rule is, where it is one: then programs know what it works out, whoever brings it.
    view : bool
        Whether the result may share memory with the first operand.
    reduces : numpy.ufunc or None
        The ufunc whose reduction it is, along the attribute `axis`, with `keepdims`.
    repeats : bool
        Whether the result is the operand, broadcast to the attribute `shape`.
    reshapes : bool
        Whether the result has the operand's elements, in order, in another shape.
    advice : str
        What to do where it makes a NaN or an infinity of finite operands.
    conditions : tuple
        The slots of the operands that are conditions: a truth value anywhere else among numbers counts as 1 or 0.
    sign : Sign
        How it is written.

    Examples
    --------
    >>> import dagprop as dp
    >>> @dp.elementwise(latex=r"{x}^3")
    ... def cube(x):
    ...     return x * x * x
    >>> @cube.derivative
    ... def _(x):
    ...     return 3 * x * x
    >>> float(cube(2.0))
    8.0
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        elementwise: bool = False,
        singular: bool | Callable[..., bool] = False,
        numpy: Sequence[Callable[..., Any]] = (),
        view: bool = False,
        reduces: np.ufunc | None = None,
        repeats: bool = False,
        reshapes: bool = False,
        advice: str = "",
        conditions: Sequence[int] = (),
        latex: str = "",
        text: str = "",
        binding: str = "function",
        sign: Sign | None = None,
        module: str = "",
    ) -> None:
        super().__init__(forward, module)
        self.elementwise = elementwise
        always = singular if callable(singular) else arguments.truth(f"operator {self.name}: singular", singular)
        self.singular: Callable[..., bool] = always if callable(always) else lambda *_: always
        answers = arguments.several(f"operator {self.name}: numpy", numpy, "NumPy functions, in a list")
        self.numpy = tuple({id(answered): answered for answered in answers}.values())  # np.concat is np.concatenate
        self.ufunc = forward if isinstance(forward, np.ufunc) else None
        self.view, self.reduces, self.repeats, self.reshapes = view, reduces, repeats, reshapes
        self.advice = advice
        slots = arguments.several(f"operator {self.name}: conditions", conditions, "slots of operands, in a list")
        self.conditions = tuple(slots)
        self._check_facts()
        self.rule: Rule | None = None
        self._requires: Rule | None = None
        self.recipe: tuple[Callable[..., Any], tuple[Any, ...]] | None = None
        self.__doc__ = forward.__doc__
        if not isinstance(forward, np.ufunc):
            self.__wrapped__ = forward  # where documentation tools look for examples
        own = Sign(self.name, self.operands, text, latex, binding, self.variadic)
        self.sign = own if sign is None else arguments.instance(f"operator {self.name}: sign", sign, Sign, "a Sign")
        if len(self.sign.operands) != len(self.operands):
            raise OperandError(
                f"operator {self.name}: the sign {self.sign.name!r} is of {len(self.sign.operands)} operands, "
                f"and there are {len(self.operands)}"
            )
        self._infer: Callable[..., Result] | None = None
        self._inferred: dict[Any, Result] = {}

    def _check_facts(self) -> None:
        """Refuse facts that are none, or do not go with the operands and attributes."""
        said = f"operator {self.name}: "
        for fact in ("view", "repeats", "reshapes"):
            arguments.truth(said + fact, getattr(self, fact))
        if self.reduces is not None:
            arguments.instance(f"{said}reduces", self.reduces, np.ufunc, "a ufunc")
        arguments.text(f"{said}advice", self.advice)
        for answered in self.numpy:
            arguments.function(f"{said}each of numpy", answered, "a NumPy function")
        for fact, needed in (("reduces", ("axis", "keepdims")), ("repeats", ("shape",))):
            missing = [name for name in needed if name not in self.attributes]
            if getattr(self, fact) and missing:
                raise OperandError(f"operator {self.name}: {fact}= goes with an attribute {missing[0]!r}")
        for slot in self.conditions:
            arguments.whole_number(f"{said}each of conditions", slot, 0, "the slot of an operand")
            if not self.variadic and slot not in range(len(self.operands)):
                raise OperandError(f"operator {self.name}: conditions= names the operand {slot}, and there is none")

    # ---- declaring the other rules ------------------------------------------------------------------------

    def derivative(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Declare ∂out/∂operand of an elementwise operator: one value per operand, in a tuple if several.

        The engine multiplies each by the arriving gradient and undoes broadcasting.  The rule may ask for `out`
        and for attributes, keyword-only.  `None` says that an operand has no derivative; a boolean value is a
        slope of 1 where it holds, and elsewhere lets nothing through, not even an infinite gradient.
        """
        if not self.elementwise:
            raise OperandError(f"operator {self.name} is not elementwise: declare .vjp, not .derivative")
        self.rule = self._checked(Rule(rule))
        return rule

    def vjp(self, rule: Callable[..., Any] | None = None, *, opaque: bool = False) -> Any:
        """Declare the vector-Jacobian product `rule(grad, *operands)`: one gradient per operand.

        With several outputs `grad` is a tuple.  `opaque=True` says that the rule cannot run on nodes (it loops,
        writes in place, calls C): it then becomes one node of the backward graph, of first order only.
        """
        arguments.truth("opaque", opaque)
        if rule is None:
            return lambda rule: self.vjp(rule, opaque=opaque)
        if self.elementwise:
            raise OperandError(f"operator {self.name} is elementwise: declare .derivative, not .vjp")
        self.rule = self._checked(Rule(rule, opaque=opaque))
        return rule

    def _checked(self, rule: Rule) -> Rule:
        rule.check(f"the local-derivative rule of {self.name}", self, "" if self.elementwise else "grad")
        return rule

    def infer(self, rule: Callable[..., Result]) -> Callable[..., Result]:
        """Declare the result's Spec from the operands' Specs, where running shapes through is not enough."""
        self._infer = arguments.function("rule", rule)
        self._inferred.clear()
        return rule

    def requires(self, rule: Callable[..., None]) -> Callable[..., None]:
        """Declare what it takes: `rule(*operands)` raises ValueError, with the reason, for what it does not.

        It is asked when the operator is applied, to nodes or to arrays, and never while a graph runs.  The rule may
        ask for attributes, keyword-only.
        """
        self._requires = Rule(rule)
        return rule

    def hold(self, operands: Sequence[Any], attributes: Mapping[str, Any]) -> None:
        """Refuse operands and attributes that it does not take, with what its rule for that raises."""
        if self._requires is not None:
            self._requires(*operands, out=None, attributes=attributes)

    def arguments(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Declare how a call is written, where that differs from the signature.

        The rule takes the call's arguments and returns the operands and the attributes given:
        `concatenate([a, b], axis=0)` takes its operands in a list.
        """
        self._arguments = arguments.function("rule", rule)
        return rule

    # ---- what it says of itself to other parts of dagprop --------------------------------------------------

    expand = Interpretation(
        """Declare what it is made of: `rule(*operands)`, the same function in simpler operators.

        Needed only where the forward rule does not say so itself, as that of `mean`, which is `np.mean`.  It must
        hold for every size of a named dimension; None leaves the operator as it is.
        """
    )
    lower = Interpretation(
        """Declare its instructions for the tape: `rule(to, *views)` returns the view of the result.

        `to` writes the instructions (see `dagprop.program.lowering.Lowering`); None leaves it a Python call.
        """,
        before="to",
    )
    source = Interpretation(
        """Declare its NumPy source: `rule(*texts)` returns an expression, as text.

        Each operand is given as text that can be put anywhere.  What is no text is written as a Python number.
        """
    )
    simplify = Simplification(
        """Declare something simpler that it is equal to: `rule(*nodes)`, for a pass, by its name.

        It returns a node, or None where nothing is simpler.  It may change what its pass says, and no more; a pass of
        your own is a `dp.Pass`, which says so.
        """
    )
    permutes = Interpretation(
        """Declare that the result is the operand with its axes in another order: `rule(x)` returns it.

        The order names, for each axis of the result, the operand's.
        """
    )
    bound = Interpretation(
        """Declare a number that no element of the result is below: `rule(bound, *operands)`.

        `bound(operand)` is the one known of an operand.
        """,
        before="bound",
    )
    cost = Interpretation(
        """Declare what making it again costs, in passes over the result: `rule(*operands)`; 1 if not."""
    )
    symbol = Interpretation(
        """Declare what it is of single numbers, in symbols: `rule(sympy, *expressions)` returns an expression.

        The rule may ask for attributes, keyword-only.  Conditions arrive as such, all else as numbers.
        """,
        before="sympy",
    )
    notation = Interpretation(
        """Declare a sign that depends on shapes or dtypes: `rule(*operands)` returns it, or None for its usual sign.

        The operands have a shape and a dtype.  The rule may ask for attributes and for `out`, which has them too.
        With a dict behind the sign, `return TOTAL, {"over": ...}`, the sign's strings show that, not the attributes.
        """
    )
    tidy = Interpretation(
        """Declare how its formula is tidied: `rule(*operands)` returns what is shorter, or None.

        The operands are formulas that NumPy code and operators take for arrays; a number stands for itself, a
        string for what goes by that name.  The rule may ask for attributes and for `out`, with a shape and a dtype.
        """
    )

    # ---- calling ------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply it: to arrays its forward rule, to anything else whatever that makes of an operator."""
        if self._arguments is not None:
            return self._called(args, kwargs)
        if kwargs or self.attributes or len(args) != len(self.operands):
            operands, attributes = self.bind_arguments(args, kwargs)
        else:
            operands, attributes = args, {}
        return self._applied(operands, attributes)

    def _called(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Apply it as its `.arguments` say: where that is refused, what they made of nodes on the way is undone."""
        mark = _mark(args)
        try:
            return self._applied(*self.bind_arguments(args, kwargs))
        except BaseException:
            if mark is not None:
                graph, count = mark
                graph.discard(count, set())
            raise

    def _applied(self, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        for operand in operands:
            apply = getattr(type(operand), "__dagprop_apply__", None)
            if apply is not None:
                return apply(operand, self, operands, attributes)
        try:
            self.hold(operands, attributes)
            return self.forward(*operands, **attributes)
        except MISFITS as error:
            raise self.misfit([_described(operand) for operand in operands], attributes, error) from error

    # ---- inferring ----------------------------------------------------------------------------------------

    @property
    def runs_to_infer(self) -> bool:
        """Whether its rule is run on ones to find the shape and dtype of its result: no `.infer` says them."""
        return self._infer is None and not self.elementwise

    def specs(self, operands: Sequence[Spec], attributes: Mapping[str, Any]) -> Result:
        """The Spec of the result (a tuple of Specs with several outputs); an error where the operands do not fit."""
        key = (*operands, *exact(attributes.values())) if attributes else tuple(operands)
        try:
            known = self._inferred.get(key)
        except TypeError:  # an attribute that cannot be hashed, such as an index array
            return self._specs(operands, attributes)
        if known is None:
            if len(self._inferred) > 4096:
                self._inferred.clear()
            known = self._specs(operands, attributes)
            known = next((spec for spec in operands if spec == known), known)  # what is one object is found faster
            self._inferred[key] = known
        return known

    def _specs(self, operands: Sequence[Spec], attributes: Mapping[str, Any]) -> Result:
        if self._infer is not None:
            said = self._infer(*operands, **attributes)
            if not all(isinstance(spec, Spec) for spec in (said if type(said) is tuple else (said,))):
                raise TypeError(f"@{self.name}.infer returned {shown(said)}, no dp.Spec, and no tuple of them")
            return said
        found = (per_element if self.elementwise else by_shapes)(self.forward, operands, attributes)
        if self.elementwise and isinstance(found, tuple):
            raise OperandError(f"{self.name} has several outputs: declare it with @operator, not @elementwise")
        if any(spec.dtype.kind not in "biufc" for spec in (found if isinstance(found, tuple) else (found,))):
            raise OperandError(
                f"{self.name} makes objects, as what np.frompyfunc gives does: cast its result to numbers"
            )
        return found

    def check_rules(self) -> None:
        """Refuse rules that do not take this operator's operands, or ask for attributes that it has not."""
        for table in vars(Operator).values():
            if isinstance(table, Interpretation | Simplification):
                table.check(self)
        if self._requires is not None:
            self._requires.check(f"the rule @{self.name}.requires", self, "")

    # ---- showing ------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<operator {self.id}>"

    def __copy__(self) -> Operator:
        return self  # an operator is one: nodes, and tables of what it says, know it by itself

    def __deepcopy__(self, memo: Any) -> Operator:
        return self

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        if self.recipe is None and getattr(sys.modules.get(self.__module__), self.name, None) is not self:
            raise UnpicklableError(
                f"the operator {self.id} is pickled by name, and its module has none of it: define it at the top level "
                "of a module"
            )
        return self.recipe or (_defined, (self.__module__, self.name))


def _mark(args: Sequence[Any]) -> tuple[Any, int] | None:
    """Where new nodes go, and how many are there: of the first operand, or the first in a list, that is a node."""
    first = args[0] if args else None
    if isinstance(first, tuple | list) and first:
        first = first[0]
    mark = getattr(type(first), "__dagprop_mark__", None)
    return None if mark is None else mark(first)


def _described(operand: Any) -> str:
    """An operand that is no node: an array by its shape and dtype, anything else as it is."""
    array = isinstance(operand, np.ndarray) and operand.ndim
    return f"{operand.shape} {operand.dtype}" if array else shown(operand)


def _defined(module: str, name: str) -> Operator:
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Operator)
    return found
