/* What one call of a tape is made of.
 *
 *   state.c   its memory, with the caller's arrays bound to it
 *   run.c     walks over the ops
 *   call.c    runs those that are Python's
 */
#ifndef DAGPROP_RUN_H
#define DAGPROP_RUN_H

#include "tape.h"

typedef struct {
    const Tape *tape;
    State *state;
    PyObject *inputs, *outputs;
} Run;

/* ---- state.c ---- */

State *state_new(Tape *tape);

/* A tuple of new arrays. */
PyObject *state_outputs(const Tape *tape);

/* Points the operands to these arrays; -1 and a Python error where they do not fit. */
int state_bind(const Tape *tape, State *state, PyObject *inputs, PyObject *outputs);

/* ---- call.c ---- */

int run_call(const Run *run, const Op *op);

#endif
