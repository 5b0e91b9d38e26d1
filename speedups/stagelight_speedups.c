/* Two inner loops: an OTLP trace request as tuples (`tracing/otlp/wire.py` says of what), and many texts looked for in
   one (`tracing/occurrences.py`). Whatever is unusual is left to Python, which does the same for all. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are read as they lie in memory"
#endif

/* ---- protobuf's wire format: https://protobuf.dev/programming-guides/encoding/ */

typedef struct {
    const uint8_t *at, *end;
} Reader;

typedef struct {
    uint32_t number, type;
    uint64_t value; /* of types 0, 1 and 5 */
    Reader bytes;   /* of type 2 */
} Field;

#define VARINT(number) ((number) << 3)
#define FIXED64(number) ((number) << 3 | 1)
#define BYTES(number) ((number) << 3 | 2)
#define FIXED32(number) ((number) << 3 | 5)
#define TAG(field) ((field).number << 3 | (field).type)

static int read_varint(Reader *reader, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (reader->at == reader->end) return 0;
        uint8_t byte = *reader->at++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return 1;
    }
    return 0;
}

static int read_fixed(Reader *reader, size_t size, uint64_t *value) {
    if ((size_t)(reader->end - reader->at) < size) return 0;
    *value = 0;
    memcpy(value, reader->at, size);
    reader->at += size;
    return 1;
}

/* 1 where there was a field, 0 at the end, -1 where it cannot be read; groups are not read. */
static int next_field(Reader *reader, Field *field) {
    uint64_t tag, size;
    if (reader->at == reader->end) return 0;
    if (!read_varint(reader, &tag) || tag > UINT32_MAX || tag >> 3 == 0) return -1;
    field->number = (uint32_t)tag >> 3;
    field->type = tag & 7;
    switch (field->type) {
    case 0: return read_varint(reader, &field->value) ? 1 : -1;
    case 1: return read_fixed(reader, 8, &field->value) ? 1 : -1;
    case 5: return read_fixed(reader, 4, &field->value) ? 1 : -1;
    case 2:
        if (!read_varint(reader, &size) || size > (uint64_t)(reader->end - reader->at)) return -1;
        field->bytes = (Reader){reader->at, reader->at + size};
        reader->at += size;
        return 1;
    default: return -1;
    }
}

static PyObject *text_of(Reader bytes) {
    return PyUnicode_DecodeUTF8((const char *)bytes.at, bytes.end - bytes.at, NULL);
}

static PyObject *bytes_of(Reader bytes) {
    return PyBytes_FromStringAndSize((const char *)bytes.at, bytes.end - bytes.at);
}

/* ---- keys of attributes: the same few come again and again, and are held once, hashed once */

#define KEYS 4096
#define LONGEST_KEY 127
static PyObject *known_keys[KEYS];

static uint64_t hash_of(const uint8_t *at, size_t size) {
    uint64_t hash = size, word;
    while (size) {
        size_t step = size < 8 ? size : 8;
        word = 0;
        memcpy(&word, at, step);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
        at += step;
        size -= step;
    }
    return hash;
}

static PyObject *key_of(Reader bytes) {
    size_t size = bytes.end - bytes.at;
    if (size == 0 || size > LONGEST_KEY) return text_of(bytes);
    PyObject **slot = &known_keys[hash_of(bytes.at, size) & (KEYS - 1)];
    PyObject *key = *slot;
    if (key != NULL && (size_t)PyUnicode_GET_LENGTH(key) == size && !memcmp(PyUnicode_1BYTE_DATA(key), bytes.at, size))
        return Py_NewRef(key);
    key = text_of(bytes);
    if (key != NULL && PyUnicode_IS_COMPACT_ASCII(key)) Py_XSETREF(*slot, Py_NewRef(key));
    return key;
}

/* ---- a trace request. A function returns NULL or 0 with no exception set for what is left to Python. */

static PyObject *plain_value(Reader bytes) {
    Field field;
    Reader rest = bytes;
    if (bytes.at == bytes.end) return Py_NewRef(Py_None);
    if (next_field(&rest, &field) != 1 || rest.at != rest.end) return NULL;
    switch (TAG(field)) {
    case BYTES(1): return text_of(field.bytes);
    case VARINT(2): return PyBool_FromLong(field.value != 0);
    case VARINT(3): return PyLong_FromLongLong((int64_t)field.value);
    case FIXED64(4): {
        double number;
        memcpy(&number, &field.value, 8);
        return isfinite(number) ? PyFloat_FromDouble(number) : NULL;
    }
    default: return NULL;
    }
}

typedef struct {
    PyObject *keys, *values, *others; /* `others`: which of the values are left as bytes */
} Pairs;

static int pairs_begin(Pairs *pairs) {
    pairs->keys = PyList_New(0);
    pairs->values = PyList_New(0);
    pairs->others = PyList_New(0);
    return pairs->keys && pairs->values && pairs->others;
}

static void pairs_drop(Pairs *pairs) {
    Py_CLEAR(pairs->keys);
    Py_CLEAR(pairs->values);
    Py_CLEAR(pairs->others);
}

static int append(PyObject *list, PyObject *stolen) {
    int done = stolen != NULL && PyList_Append(list, stolen) == 0;
    Py_XDECREF(stolen);
    return done;
}

static int pairs_add(Pairs *pairs, Reader bytes) {
    Reader key = {NULL, NULL}, value = {NULL, NULL};
    Field field;
    int more;
    while ((more = next_field(&bytes, &field)) == 1) {
        if (field.number > 2) continue;
        Reader *part = field.number == 1 ? &key : &value;
        if (field.type != 2 || part->at != NULL) return 0;
        *part = field.bytes;
    }
    if (more < 0 || !append(pairs->keys, key_of(key))) return 0;
    PyObject *found = plain_value(value);
    if (found == NULL) {
        if (PyErr_Occurred()) return 0;
        if (!append(pairs->others, PyLong_FromSsize_t(PyList_GET_SIZE(pairs->values)))) return 0;
        found = bytes_of(value);
    }
    return append(pairs->values, found);
}

typedef struct {
    Reader trace_id, span_id, parent_id, name, message;
    uint64_t kind, start, end, code, dropped;
    int has_status;
    Pairs attributes;
    PyObject *events, *links;
} Span;

static int read_status(Span *span, Reader bytes) {
    Field field;
    int more;
    if (span->has_status) return 0;
    span->has_status = 1;
    while ((more = next_field(&bytes, &field)) == 1) {
        switch (TAG(field)) {
        case BYTES(2): span->message = field.bytes; break;
        case VARINT(3): span->code = field.value; break;
        default:
            if (field.number <= 3) return 0;
        }
    }
    return more == 0;
}

static int read_span(Span *span, Reader bytes) {
    Field field;
    int more;
    while ((more = next_field(&bytes, &field)) == 1) {
        int done = 1;
        switch (TAG(field)) {
        case BYTES(1): span->trace_id = field.bytes; break;
        case BYTES(2): span->span_id = field.bytes; break;
        case BYTES(4): span->parent_id = field.bytes; break;
        case BYTES(5): span->name = field.bytes; break;
        case VARINT(6): span->kind = field.value; break;
        case FIXED64(7): span->start = field.value; break;
        case FIXED64(8): span->end = field.value; break;
        case BYTES(9): done = pairs_add(&span->attributes, field.bytes); break;
        case VARINT(10): span->dropped = field.value; break;
        case BYTES(11): done = append(span->events, bytes_of(field.bytes)); break;
        case BYTES(13): done = append(span->links, bytes_of(field.bytes)); break;
        case BYTES(15): done = read_status(span, field.bytes); break;
        case BYTES(3): case VARINT(12): case VARINT(14): case FIXED32(16): break;
        default: done = field.number > 16;
        }
        if (!done) return 0;
    }
    return more == 0;
}

static PyObject *span_of(Reader bytes) {
    Span span = {0};
    PyObject *found = NULL;
    span.events = PyList_New(0);
    span.links = PyList_New(0);
    if (pairs_begin(&span.attributes) && span.events && span.links && read_span(&span, bytes)) {
        found = Py_BuildValue(
            "(NNNNiKKOOOOOiNk)", bytes_of(span.trace_id), bytes_of(span.span_id), bytes_of(span.parent_id),
            text_of(span.name), (int)(int32_t)span.kind, (unsigned long long)span.start, (unsigned long long)span.end,
            span.attributes.keys, span.attributes.values, span.attributes.others, span.events, span.links,
            (int)(int32_t)span.code, text_of(span.message), (unsigned long)(uint32_t)span.dropped);
    }
    pairs_drop(&span.attributes);
    Py_XDECREF(span.events);
    Py_XDECREF(span.links);
    return found;
}

static PyObject *scope_of(Reader bytes) {
    Reader scope = {NULL, NULL}, name = {NULL, NULL}, version = {NULL, NULL};
    PyObject *spans = PyList_New(0), *found = NULL;
    Field field;
    int more = spans ? 1 : -1;
    while (more == 1 && (more = next_field(&bytes, &field)) == 1) {
        switch (TAG(field)) {
        case BYTES(1):
            if (scope.at != NULL) more = -1;
            scope = field.bytes;
            break;
        case BYTES(2):
            if (!append(spans, span_of(field.bytes))) more = -1;
            break;
        case BYTES(3): break;
        default:
            if (field.number <= 3) more = -1;
        }
    }
    while (more == 0 && (more = next_field(&scope, &field)) == 1) {
        more = 0;
        switch (TAG(field)) {
        case BYTES(1): name = field.bytes; break;
        case BYTES(2): version = field.bytes; break;
        case BYTES(3): case VARINT(4): break;
        default:
            if (field.number <= 4) more = -1;
        }
    }
    if (more == 0) found = Py_BuildValue("(NNO)", text_of(name), text_of(version), spans);
    Py_XDECREF(spans);
    return found;
}

static PyObject *group_of(Reader bytes) {
    Reader resource = {NULL, NULL};
    Pairs attributes = {0};
    PyObject *scopes = PyList_New(0), *found = NULL;
    Field field;
    int more = pairs_begin(&attributes) && scopes ? 1 : -1;
    while (more == 1 && (more = next_field(&bytes, &field)) == 1) {
        switch (TAG(field)) {
        case BYTES(1):
            if (resource.at != NULL) more = -1;
            resource = field.bytes;
            break;
        case BYTES(2):
            if (!append(scopes, scope_of(field.bytes))) more = -1;
            break;
        case BYTES(3): break;
        default:
            if (field.number <= 3) more = -1;
        }
    }
    while (more == 0 && (more = next_field(&resource, &field)) == 1) {
        more = 0;
        switch (TAG(field)) {
        case BYTES(1):
            if (!pairs_add(&attributes, field.bytes)) more = -1;
            break;
        case VARINT(2): case BYTES(3): break;
        default:
            if (field.number <= 3) more = -1;
        }
    }
    if (more == 0) found = Py_BuildValue("(OOOO)", attributes.keys, attributes.values, attributes.others, scopes);
    pairs_drop(&attributes);
    Py_XDECREF(scopes);
    return found;
}

PyDoc_STRVAR(request_doc, "request(body) -> list | None\n\nThe groups of a trace request; None for what is left to Python.");

static PyObject *request(PyObject *Py_UNUSED(module), PyObject *body) {
    if (!PyBytes_Check(body)) return PyErr_Format(PyExc_TypeError, "a body is bytes");
    Reader bytes = {(const uint8_t *)PyBytes_AS_STRING(body), NULL};
    bytes.end = bytes.at + PyBytes_GET_SIZE(body);
    PyObject *groups = PyList_New(0);
    Field field;
    int more = groups ? 1 : -1;
    while (more == 1 && (more = next_field(&bytes, &field)) == 1) {
        if (TAG(field) == BYTES(1) ? !append(groups, group_of(field.bytes)) : field.number == 1) more = -1;
    }
    if (more == 0) return groups;
    Py_XDECREF(groups);
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return NULL;
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* ---- many texts in one: the first eight bytes of each are looked for at once */

#define SLOTS 2048
#define FIRST sizeof(uint64_t)
#define MOST_SOUGHT INT32_MAX

typedef struct {
    const char *at; /* in the units of the text that is searched */
    void *own;      /* what to free, where it had to be made */
    size_t size, free_from;
    uint64_t first;
    int32_t next;
} Sought;

static unsigned slot_of(uint64_t first) { return (unsigned)((first * 0x9E3779B97F4A7C15u) >> 53); }

static int widen(Sought *sought, PyObject *part, int kind) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(part);
    int own_kind = PyUnicode_KIND(part);
    const void *data = PyUnicode_DATA(part);
    sought->size = (size_t)length * kind;
    if (own_kind == kind) {
        sought->at = data;
        return 1;
    }
    char *wide = sought->own = PyMem_Malloc(sought->size ? sought->size : 1);
    if (wide == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 unit = PyUnicode_READ(own_kind, data, i);
        if (kind == 2) ((Py_UCS2 *)wide)[i] = (Py_UCS2)unit;
        else ((Py_UCS4 *)wide)[i] = unit;
    }
    sought->at = wide;
    return 1;
}

static int append_place(PyObject *found, size_t at, size_t which) {
    return append(found, Py_BuildValue("(nn)", (Py_ssize_t)at, (Py_ssize_t)which));
}

static int scan(PyObject *found, const char *text, size_t size, int kind, Sought *sought, const int32_t *slots) {
    uint64_t word;
    for (size_t at = 0; at + FIRST <= size; at += kind) {
        memcpy(&word, text + at, FIRST);
        for (int32_t which = slots[slot_of(word)]; which >= 0; which = sought[which].next) {
            Sought *one = &sought[which];
            if (one->first != word || at < one->free_from || one->size > size - at) continue;
            if (memcmp(text + at, one->at, one->size)) continue;
            one->free_from = at + one->size;
            if (!append_place(found, at / kind, which)) return 0;
        }
    }
    return 1;
}

/* A part that is shorter than FIRST bytes, the plain way. */
static int scan_short(PyObject *found, const char *text, size_t size, int kind, const Sought *one, size_t which) {
    for (size_t at = 0; one->size && at + one->size <= size;) {
        int here = !memcmp(text + at, one->at, one->size);
        if (here && !append_place(found, at / kind, which)) return 0;
        at += here ? one->size : (size_t)kind;
    }
    return 1;
}

static int search(PyObject *found, PyObject *text, PyObject *parts, Sought *sought) {
    int32_t slots[SLOTS];
    int kind = PyUnicode_KIND(text);
    const char *data = PyUnicode_DATA(text);
    size_t size = (size_t)PyUnicode_GET_LENGTH(text) * kind;
    memset(slots, 0xFF, sizeof slots);
    for (Py_ssize_t which = PySequence_Fast_GET_SIZE(parts) - 1; which >= 0; which--) {
        PyObject *part = PySequence_Fast_GET_ITEM(parts, which);
        Sought *one = &sought[which];
        if (!PyUnicode_Check(part)) return PyErr_Format(PyExc_TypeError, "what is looked for is text") != NULL;
        if ((int)PyUnicode_KIND(part) > kind || PyUnicode_GET_LENGTH(part) > PyUnicode_GET_LENGTH(text)) continue;
        if (!widen(one, part, kind)) return 0;
        if (one->size < FIRST) {
            if (!scan_short(found, data, size, kind, one, which)) return 0;
            continue;
        }
        memcpy(&one->first, one->at, FIRST);
        one->next = slots[slot_of(one->first)];
        slots[slot_of(one->first)] = (int32_t)which;
    }
    return scan(found, data, size, kind, sought, slots) && PyList_Sort(found) == 0;
}

PyDoc_STRVAR(occurrences_doc, "occurrences(text, parts) -> list[tuple[int, int]]\n\n"
                              "(place, which part), sorted; those of one part do not overlap, and an empty one has none.");

static PyObject *occurrences(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *text, *given;
    if (!PyArg_ParseTuple(args, "UO", &text, &given)) return NULL;
    PyObject *parts = PySequence_Fast(given, "what is looked for is a sequence of texts");
    if (parts == NULL) return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(parts);
    PyObject *found = NULL;
    if (count > MOST_SOUGHT) {
        PyErr_Format(PyExc_ValueError, "%d texts at most are looked for at once", MOST_SOUGHT);
    } else {
        Sought *sought = PyMem_Calloc(count ? count : 1, sizeof(Sought));
        found = sought ? PyList_New(0) : PyErr_NoMemory();
        if (found != NULL && !search(found, text, parts, sought)) Py_CLEAR(found);
        for (Py_ssize_t which = 0; sought != NULL && which < count; which++) PyMem_Free(sought[which].own);
        PyMem_Free(sought);
    }
    Py_DECREF(parts);
    return found;
}

static PyMethodDef methods[] = {
    {"request", request, METH_O, request_doc},
    {"occurrences", occurrences, METH_VARARGS, occurrences_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "stagelight_speedups", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_stagelight_speedups(void) { return PyModule_Create(&module); }
