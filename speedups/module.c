#include "module.h"

PyDoc_STRVAR(request_doc, "request(body) -> list | None\n\n"
                          "The groups of a trace request, as tracing/otlp/wire.py says; None for what is left to Python.");
PyDoc_STRVAR(places_doc, "places(text, parts) -> list[tuple[int, bool]] | None\n\n"
                               "Where each part first stands, -1 where it does not, and whether it stands again;\n"
                               "None for what is left to Python.");

static PyMethodDef methods[] = {
    {"request", request, METH_O, request_doc},
    {"places", places, METH_VARARGS, places_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "stagelight_speedups", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_stagelight_speedups(void) { return PyModule_Create(&module); }
