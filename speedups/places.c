/* Many texts looked for in one, in one pass: one place of at most sixteen is looked up among all eight bytes that a text may
   have there, so that wherever it stands, it is met exactly once. */
#include "module.h"

#define WINDOW sizeof(uint64_t)
#define LONGEST_STEP 16         /* units of text */
#define COMPARED_AT_MOST 32 /* times the text's length: texts that are too alike are looked for by Python, one by one */

typedef struct {
    const char *at; /* in units as wide as those of the text that is searched */
    void *own;      /* what to free, where they had to be widened */
    size_t size;    /* bytes */
    Py_ssize_t place;
    int again; /* whether it stands a second time */
} Part;

typedef struct {
    uint64_t bytes;
    size_t offset; /* within its part, in bytes */
    Part *part;
    int32_t next; /* with the same slot */
} Window;

typedef struct {
    const char *text;
    size_t size, step; /* bytes */
    int kind;          /* bytes a unit */
    Part *parts;
    Py_ssize_t count;
    Window *windows;
    int32_t *slots; /* the first window of each slot, -1 where there is none */
    int bits;
} Search;

static size_t slot_of(const Search *search, uint64_t bytes) {
    return (size_t)((bytes * 0x9E3779B97F4A7C15u) >> (64 - search->bits));
}

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

/* 1 where all parts can be looked for so, 0 where they are left to Python or an exception is set. */
static int set_out(Search *search, PyObject *parts) {
    size_t longest = (LONGEST_STEP - 1) * search->kind + WINDOW;
    for (Py_ssize_t which = 0; which < search->count; which++) {
        PyObject *text = PySequence_Fast_GET_ITEM(parts, which);
        Part *part = &search->parts[which];
        part->place = -1;
        if (!PyUnicode_Check(text)) {
            PyErr_SetString(PyExc_TypeError, "what is looked for is text");
            return 0;
        }
        size_t size = (size_t)PyUnicode_GET_LENGTH(text) * search->kind;
        if (size < WINDOW) return 0;
        if (size < longest) longest = size;
        if ((int)PyUnicode_KIND(text) > search->kind || size > search->size) continue; /* it cannot stand there */
        if (!widen(part, text, search->kind)) return 0;
    }
    size_t step = (longest - WINDOW) / search->kind + 1, units = search->size / search->kind;
    while (step > 1 && step * step * search->count > units) step--; /* as many windows as places, and no more */
    search->step = step * search->kind;
    return 1;
}

static int make_windows(Search *search) {
    size_t each = search->step / search->kind, most = each * search->count;
    if (most >= INT32_MAX) return 0;
    for (search->bits = 8; search->bits < 18 && (size_t)1 << search->bits < 2 * most;) search->bits++;
    search->windows = PyMem_Malloc(most * sizeof(Window) + 1);
    search->slots = PyMem_Malloc(sizeof(int32_t) << search->bits);
    if (search->windows == NULL || search->slots == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    memset(search->slots, 0xFF, sizeof(int32_t) << search->bits);
    int32_t made = 0;
    for (Part *part = search->parts; part < search->parts + search->count; part++) {
        if (part->at == NULL) continue;
        for (size_t offset = 0; offset < search->step; offset += search->kind) {
            Window *window = &search->windows[made];
            window->part = part;
            window->offset = offset;
            memcpy(&window->bytes, part->at + offset, WINDOW);
            int32_t *slot = &search->slots[slot_of(search, window->bytes)];
            window->next = *slot;
            *slot = made++;
        }
    }
    return 1;
}

static void meet(const Search *search, const Window *window, size_t at) {
    Part *part = window->part;
    if (window->offset > at) return;
    size_t start = at - window->offset;
    if (part->size > search->size - start || memcmp(search->text + start, part->at, part->size)) return;
    Py_ssize_t place = (Py_ssize_t)(start / search->kind);
    part->again = part->place >= 0;
    if (part->place < 0 || place < part->place) part->place = place;
}

/* 1 at the end of the text, 0 where too many parts are alike. */
static int scan(const Search *search) {
    uint64_t here, compared = 0, most = (uint64_t)search->size * COMPARED_AT_MOST;
    for (size_t at = 0; at + WINDOW <= search->size; at += search->step) {
        memcpy(&here, search->text + at, WINDOW);
        for (int32_t which = search->slots[slot_of(search, here)]; which >= 0; which = search->windows[which].next) {
            const Window *window = &search->windows[which];
            if (++compared > most) return 0;
            if (window->bytes != here) continue;
            compared += window->part->size / WINDOW;
            meet(search, window, at);
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
    } else if (set_out(&search, parts) && make_windows(&search) && scan(&search)) {
        found = places_of(&search);
    }
    for (Py_ssize_t which = 0; search.parts != NULL && which < search.count; which++) PyMem_Free(search.parts[which].own);
    PyMem_Free(search.parts);
    PyMem_Free(search.windows);
    PyMem_Free(search.slots);
    Py_DECREF(parts);
    return found == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : found;
}
