/* Many texts looked for in one, in one pass: the first eight bytes of each are looked up at every place. */
#include "module.h"

#define SLOTS 2048
#define FIRST sizeof(uint64_t)
#define COMPARED_AT_MOST 32 /* times the text's length: texts that begin alike are looked for by Python, one by one */

typedef struct {
    const char *at; /* in units as wide as those of the text that is searched */
    void *own;      /* what to free, where they had to be widened */
    size_t size;    /* bytes */
    uint64_t first;
    Py_ssize_t place;
    int again; /* whether it stands a second time */
    int32_t next; /* with the same slot */
} Part;

typedef struct {
    const char *text;
    size_t size;
    int kind; /* bytes a unit */
    Part *parts;
    Py_ssize_t count;
    int32_t slots[SLOTS]; /* the first part of each slot, -1 where there is none */
} Search;

static unsigned slot_of(uint64_t first) { return (unsigned)((first * 0x9E3779B97F4A7C15u) >> 53); }

static int widen(Part *part, PyObject *text, int kind) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int narrow = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    part->size = (size_t)length * kind;
    part->at = data;
    if (narrow == kind) return 1;
    char *wide = part->own = PyMem_Malloc(part->size);
    if (wide == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 unit = PyUnicode_READ(narrow, data, i);
        if (kind == 2) ((Py_UCS2 *)wide)[i] = (Py_UCS2)unit;
        else ((Py_UCS4 *)wide)[i] = unit;
    }
    part->at = wide;
    return 1;
}

/* 1 where the parts are set out to be looked for, 0 where they are left to Python or an exception is set. */
static int set_out(Search *search, PyObject *parts) {
    memset(search->slots, 0xFF, sizeof search->slots);
    for (Py_ssize_t which = search->count - 1; which >= 0; which--) {
        PyObject *text = PySequence_Fast_GET_ITEM(parts, which);
        Part *part = &search->parts[which];
        part->place = -1;
        if (!PyUnicode_Check(text)) {
            PyErr_SetString(PyExc_TypeError, "what is looked for is text");
            return 0;
        }
        size_t size = (size_t)PyUnicode_GET_LENGTH(text) * search->kind;
        if (size < FIRST) return 0;
        if ((int)PyUnicode_KIND(text) > search->kind || size > search->size) continue; /* it cannot stand there */
        if (!widen(part, text, search->kind)) return 0;
        memcpy(&part->first, part->at, FIRST);
        part->next = search->slots[slot_of(part->first)];
        search->slots[slot_of(part->first)] = (int32_t)which;
    }
    return 1;
}

/* 1 at the end of the text, 0 where too many parts begin alike. */
static int scan(Search *search) {
    uint64_t here, compared = 0, most = (uint64_t)search->size * COMPARED_AT_MOST;
    for (size_t at = 0; at + FIRST <= search->size; at += search->kind) {
        memcpy(&here, search->text + at, FIRST);
        int32_t *link = &search->slots[slot_of(here)];
        while (*link >= 0) {
            Part *part = &search->parts[*link];
            if (++compared > most) return 0;
            int stands = part->first == here && part->size <= search->size - at &&
                         !memcmp(search->text + at + FIRST, part->at + FIRST, part->size - FIRST);
            if (stands && part->place >= 0) {
                part->again = 1;
                *link = part->next; /* it is looked for no longer */
                continue;
            }
            if (stands) part->place = (Py_ssize_t)(at / search->kind);
            link = &part->next;
        }
    }
    return 1;
}

static PyObject *places_of(const Search *search) {
    PyObject *found = PyList_New(search->count);
    for (Py_ssize_t which = 0; found != NULL && which < search->count; which++) {
        const Part *part = &search->parts[which];
        PyObject *place = Py_BuildValue("(nO)", part->place, part->again ? Py_True : Py_False);
        if (place == NULL) Py_CLEAR(found);
        else PyList_SET_ITEM(found, which, place);
    }
    return found;
}

PyObject *places(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *text, *given, *found = NULL;
    if (!PyArg_ParseTuple(args, "UO", &text, &given)) return NULL;
    PyObject *parts = PySequence_Fast(given, "what is looked for is a sequence of texts");
    if (parts == NULL) return NULL;
    Search search = {.text = PyUnicode_DATA(text), .kind = PyUnicode_KIND(text), .count = PySequence_Fast_GET_SIZE(parts)};
    search.size = (size_t)PyUnicode_GET_LENGTH(text) * search.kind;
    search.parts = PyMem_Calloc(search.count ? search.count : 1, sizeof(Part));
    if (search.parts == NULL) {
        PyErr_NoMemory();
    } else if (search.count < INT32_MAX && set_out(&search, parts) && scan(&search)) {
        found = places_of(&search);
    }
    for (Py_ssize_t which = 0; search.parts != NULL && which < search.count; which++) PyMem_Free(search.parts[which].own);
    PyMem_Free(search.parts);
    Py_DECREF(parts);
    return found == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : found;
}
