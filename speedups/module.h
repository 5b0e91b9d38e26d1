/* The two functions of the module; neither decides anything, and each leaves what is unusual to Python. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are read as they lie in memory"
#endif

PyObject *request(PyObject *module, PyObject *body);
PyObject *places(PyObject *module, PyObject *args);
