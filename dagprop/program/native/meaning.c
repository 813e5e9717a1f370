/* NumPy's own ufuncs, told from all others. */
#include "meaning.h"

#define AS_ROW(name, cost) {means_##name, cost, #name, NULL},
static struct {
    Meaning meaning;
    double cost;
    const char *name; /* where in the module numpy it is looked up, once */
    PyObject *ufunc;
} known[] = {KNOWN_UFUNCS(AS_ROW)};
#define KNOWN_COUNT (sizeof known / sizeof *known)

int meaning_prepare(void)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    for (size_t i = 0; i < KNOWN_COUNT && numpy != NULL; i++) {
        known[i].ufunc = PyObject_GetAttrString(numpy, known[i].name); /* held as long as the process lives */
        if (known[i].ufunc == NULL)
            Py_CLEAR(numpy);
    }
    if (numpy == NULL)
        return -1;
    Py_DECREF(numpy);
    return 0;
}

Meaning find_meaning(const PyUFuncObject *ufunc, double *cost)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (known[i].ufunc == (const PyObject *)ufunc) {
            *cost = known[i].cost;
            return known[i].meaning;
        }
    *cost = COST_UNKNOWN;
    return means_unknown;
}
