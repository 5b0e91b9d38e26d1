/* An OTLP trace request as tuples: `tracing/otlp/wire.py` says of what. It was inspected by protobuf's own parser before:
   what differs here from what SDKs write is left to it, and what cannot be a whole span is passed over. */
#include "module.h"
#include <math.h>

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

/* 1 where there was a field, 0 at the end, -1 where it cannot be read; groups are not read. A known field of another type
   is an unknown one, as to protobuf's own parser. */
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

/* ---- texts that come again: keys of attributes, chunks and what is said of them are held once, hashed once */

#define TEXTS (1 << 16)
#define LONGEST_TEXT 4000
#define MOST_HELD (32 << 20)
static PyObject *texts[TEXTS];
static size_t held;

#define WHOLE_AT_MOST 256 /* bytes: of longer texts only some words are hashed, and all are compared */

static uint64_t mixed(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const uint8_t *at, size_t size) {
    uint64_t hash = size, word = 0;
    size_t step = size <= WHOLE_AT_MOST ? 8 : size / 16, last = size < 8 ? 0 : size - 8;
    for (size_t place = 0; place < last; place += step) {
        memcpy(&word, at + place, 8);
        hash = mixed(hash, word);
    }
    memcpy(&word, at + last, size < 8 ? size : 8);
    return mixed(hash, word);
}

static int is_text(PyObject *text, Reader bytes, size_t size) {
    return text != NULL && (size_t)PyUnicode_GET_LENGTH(text) == size && !memcmp(PyUnicode_1BYTE_DATA(text), bytes.at, size);
}

static void let_go(PyObject **slot) {
    if (*slot != NULL) held -= PyUnicode_GET_LENGTH(*slot);
    Py_CLEAR(*slot);
}

/* In the place of what was there before, and where there is no room in that of all; only ASCII, whose characters are its
   bytes. */
static void hold(PyObject **slot, PyObject *text, size_t size) {
    if (!PyUnicode_IS_COMPACT_ASCII(text)) return;
    let_go(slot);
    if (held + size > MOST_HELD)
        for (PyObject **each = texts; each < texts + TEXTS; each++) let_go(each);
    held += size;
    *slot = Py_NewRef(text);
}

static PyObject *shared_text_of(Reader bytes) {
    size_t size = bytes.end - bytes.at;
    if (size == 0 || size > LONGEST_TEXT) return text_of(bytes);
    PyObject **slot = &texts[hash_of(bytes.at, size) & (TEXTS - 1)];
    if (is_text(*slot, bytes, size)) return Py_NewRef(*slot);
    PyObject *text = text_of(bytes);
    if (text != NULL) hold(slot, text, size);
    return text;
}

/* ---- a trace request. A function returns NULL or 0 with no exception set for what is left to Python. */

static PyObject *plain_value(Reader bytes) {
    Field field;
    Reader rest = bytes;
    if (bytes.at == bytes.end) return Py_NewRef(Py_None);
    if (next_field(&rest, &field) != 1 || rest.at != rest.end) return NULL;
    switch (TAG(field)) {
    case BYTES(1): return shared_text_of(field.bytes);
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
        Reader *part = TAG(field) == BYTES(1) ? &key : TAG(field) == BYTES(2) ? &value : NULL;
        if (part == NULL) continue;
        if (part->at != NULL) return 0;
        *part = field.bytes;
    }
    if (more < 0 || !append(pairs->keys, shared_text_of(key))) return 0;
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
    Pairs attributes;
    PyObject *events, *links;
} Span;

static int read_status(Span *span, Reader bytes) {
    Field field;
    int more;
    while ((more = next_field(&bytes, &field)) == 1) {
        if (TAG(field) == BYTES(2)) span->message = field.bytes;
        if (TAG(field) == VARINT(3)) span->code = field.value;
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
        }
        if (!done) return 0;
    }
    return more == 0;
}

static PyObject *told(const Span *span) {
    PyObject *name = text_of(span->name), *message = name ? text_of(span->message) : NULL;
    if (message == NULL) {
        Py_XDECREF(name);
        return NULL;
    }
    return Py_BuildValue(
        "(NNNNiKKOOOOOiNk)", bytes_of(span->trace_id), bytes_of(span->span_id), bytes_of(span->parent_id), name,
        (int)(int32_t)span->kind, (unsigned long long)span->start, (unsigned long long)span->end,
        span->attributes.keys, span->attributes.values, span->attributes.others, span->events, span->links,
        (int)(int32_t)span->code, message, (unsigned long)(uint32_t)span->dropped);
}

static PyObject *span_of(Reader bytes) {
    Span span = {0};
    PyObject *found = NULL;
    span.events = PyList_New(0);
    span.links = PyList_New(0);
    if (pairs_begin(&span.attributes) && span.events && span.links && read_span(&span, bytes)) found = told(&span);
    pairs_drop(&span.attributes);
    Py_XDECREF(span.events);
    Py_XDECREF(span.links);
    return found;
}

/* Where there is no room for a span's ids there is no span that is taken: no list is made for it. */
static int has_room(Reader bytes) { return bytes.end - bytes.at >= 28; }

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
            if (has_room(field.bytes) && !append(spans, span_of(field.bytes))) more = -1;
            break;
        }
    }
    while (more == 0 && (more = next_field(&scope, &field)) == 1) {
        more = 0;
        if (TAG(field) == BYTES(1)) name = field.bytes;
        if (TAG(field) == BYTES(2)) version = field.bytes;
    }
    PyObject *named = more == 0 ? text_of(name) : NULL, *versioned = named ? text_of(version) : NULL;
    if (versioned != NULL) found = Py_BuildValue("(OOO)", named, versioned, spans);
    Py_XDECREF(named);
    Py_XDECREF(versioned);
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
            if (has_room(field.bytes) && !append(scopes, scope_of(field.bytes))) more = -1;
            break;
        }
    }
    while (more == 0 && (more = next_field(&resource, &field)) == 1) {
        more = 0;
        if (TAG(field) == BYTES(1) && !pairs_add(&attributes, field.bytes)) more = -1;
    }
    if (more == 0) found = Py_BuildValue("(OOOO)", attributes.keys, attributes.values, attributes.others, scopes);
    pairs_drop(&attributes);
    Py_XDECREF(scopes);
    return found;
}

PyObject *request(PyObject *Py_UNUSED(module), PyObject *body) {
    if (!PyBytes_Check(body)) return PyErr_Format(PyExc_TypeError, "a body is bytes");
    Reader bytes = {(const uint8_t *)PyBytes_AS_STRING(body), NULL};
    bytes.end = bytes.at + PyBytes_GET_SIZE(body);
    PyObject *groups = PyList_New(0);
    Field field;
    int more = groups ? 1 : -1, is_request = bytes.at == bytes.end;
    while (more == 1 && (more = next_field(&bytes, &field)) == 1) {
        if (TAG(field) != BYTES(1)) continue;
        is_request = 1;
        if (has_room(field.bytes) && !append(groups, group_of(field.bytes))) more = -1;
    }
    if (more == 0 && is_request) return groups;
    Py_XDECREF(groups);
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return NULL;
    PyErr_Clear();
    Py_RETURN_NONE;
}
