/* What a loop computes, as far as the tape knows more of it than where its code is.
 *
 * A ufunc of NumPy is told by the object: a name says nothing, for another package's "power" may be something else.
 * Whatever is not in this list means `means_unknown`, and its own inner loop runs. */
#ifndef DAGPROP_MEANING_H
#define DAGPROP_MEANING_H

#include "tape.h"

/* The ufuncs that the tape knows, and what one element costs: in the tape's unit of work, 0.1 to 0.3 ns. */
#define COST_UNKNOWN 8
#define KNOWN_UFUNCS(X)                                                                                             \
    X(add, 1)                                                                                                       \
    X(subtract, 1)                                                                                                  \
    X(multiply, 1)                                                                                                  \
    X(divide, 1)                                                                                                    \
    X(reciprocal, 1)                                                                                                \
    X(negative, 1)                                                                                                  \
    X(positive, 1)                                                                                                  \
    X(absolute, 1)                                                                                                  \
    X(fabs, 1)                                                                                                      \
    X(sign, 1)                                                                                                      \
    X(square, 1)                                                                                                    \
    X(sqrt, 1)                                                                                                      \
    X(maximum, 1)                                                                                                   \
    X(minimum, 1)                                                                                                   \
    X(fmax, 1)                                                                                                      \
    X(fmin, 1)                                                                                                      \
    X(greater, 1)                                                                                                   \
    X(greater_equal, 1)                                                                                             \
    X(less, 1)                                                                                                      \
    X(less_equal, 1)                                                                                                \
    X(equal, 1)                                                                                                     \
    X(not_equal, 1)                                                                                                 \
    X(logical_not, 1)                                                                                               \
    X(power, 8)                                                                                                     \
    X(exp, 8)                                                                                                       \
    X(expm1, 8)                                                                                                     \
    X(log, 8)                                                                                                       \
    X(log1p, 8)                                                                                                     \
    X(tanh, 8)                                                                                                      \
    X(sinh, 8)                                                                                                      \
    X(cosh, 8)                                                                                                      \
    X(sin, 8)                                                                                                       \
    X(cos, 8)                                                                                                       \
    X(tan, 8)                                                                                                       \
    X(arctan, 8)

#define AS_MEANING(name, cost) means_##name,
typedef enum {
    means_unknown,
    means_copy,        /* the tape's own loops: no ufunc */
    means_scatter_add,
    KNOWN_UFUNCS(AS_MEANING)
} Meaning;
#undef AS_MEANING

/* The meaning of a ufunc, and the cost of one of its elements. */
Meaning find_meaning(const PyUFuncObject *ufunc, double *cost);

/* Looks NumPy's ufuncs up; -1 and a Python error where one is missing. To be called once, when the module is
   imported. */
int meaning_prepare(void);

#endif
