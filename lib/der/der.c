/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DER through libtasn1; see der.h. The modules are arrays that asn1Parser made at build time; each is expanded once a process. */

#include <errno.h>
#include <libtasn1.h>
#include <pthread.h>
#include <string.h>

#include "der/der.h"

extern const asn1_static_node sygnet_asn1_cms[];
extern const asn1_static_node sygnet_asn1_ess[];

struct Der {
        asn1_node node;
        View source; /* what was decoded */
};

static asn1_node modules[2];
static int modules_error;
static pthread_once_t modules_once = PTHREAD_ONCE_INIT;

static void modules_load(void) {
        if (asn1_array2tree(sygnet_asn1_cms, &modules[0], NULL) != ASN1_SUCCESS ||
            asn1_array2tree(sygnet_asn1_ess, &modules[1], NULL) != ASN1_SUCCESS)
                modules_error = -ENOMEM;
}

__attribute__((destructor)) static void modules_unload(void) {
        for (size_t i = 0; i < ELEMENTSOF(modules); i++)
                asn1_delete_structure(&modules[i]);
}

static int error_from_asn1(int r) {
        switch (r) {
        case ASN1_SUCCESS:
                return 0;
        case ASN1_MEM_ALLOC_ERROR:
                return -ENOMEM;
        case ASN1_ELEMENT_NOT_FOUND:
        case ASN1_VALUE_NOT_FOUND:
                return -ENOENT;
        default:
                return -EBADMSG;
        }
}

Der *der_free(Der *d) {
        if (!d)
                return NULL;
        asn1_delete_structure(&d->node);
        free(d);
        return NULL;
}

int der_new(const char *type, Der **ret) {
        _cleanup_der_ Der *d = NULL;
        int r;

        pthread_once(&modules_once, modules_load);
        if (modules_error < 0)
                return modules_error;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        r = error_from_asn1(asn1_create_element(modules[strncmp(type, "ESS.", 4) == 0], type, &d->node));
        if (r < 0)
                return r == -ENOENT ? -EINVAL : r;
        *ret = TAKE_PTR(d);
        return 0;
}

int der_decode(const char *type, View der, Der **ret) {
        _cleanup_der_ Der *d = NULL;
        View rest = der, element, contents;
        int r;

        if (der.len > DER_SIZE_MAX)
                return -E2BIG;
        /* What follows the structure is refused here, and an empty one too, which libtasn1 takes for any. */
        r = der_next(&rest, &element, &contents);
        if (r < 0 || rest.len > 0 || contents.len == 0)
                return -EBADMSG;
        r = der_new(type, &d);
        if (r < 0)
                return r;
        r = error_from_asn1(asn1_der_decoding(&d->node, der.data, (int) der.len, NULL));
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        d->source = der;
        *ret = TAKE_PTR(d);
        return 0;
}

int der_encode(Der *d, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int len = 0, r;

        r = asn1_der_coding(d->node, "", NULL, &len, NULL);
        if (r != ASN1_MEM_ERROR)
                return r == ASN1_SUCCESS ? -EBADMSG : error_from_asn1(r) == -ENOMEM ? -ENOMEM : -EBADMSG;
        r = bytes_reserve(&b, (size_t) len);
        if (r < 0)
                return r;
        r = error_from_asn1(asn1_der_coding(d->node, "", b.data, &len, NULL));
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        b.len = (size_t) len;
        *ret = bytes_take(&b);
        return 0;
}

int der_element(const Der *d, const char *path, View *ret) {
        int start = 0, end = 0, r;

        r = error_from_asn1(asn1_der_decoding_startEnd(d->node, d->source.data, (int) d->source.len, path, &start, &end));
        if (r < 0)
                return r;
        /* An absent OPTIONAL field has no place; libtasn1 then leaves an empty or impossible range. */
        if (start < 0 || end < start || (size_t) end >= d->source.len || (end == 0 && start == 0))
                return -ENOENT;
        *ret = VIEW(d->source.data + start, (size_t) (end - start) + 1);
        return 0;
}

bool der_has(const Der *d, const char *path) {
        View v;

        return der_element(d, path, &v) == 0;
}

int der_value(const Der *d, const char *path, View *ret) {
        View element, contents;
        int r;

        r = der_element(d, path, &element);
        if (r < 0)
                return r;
        r = der_next(&element, &(View) { 0 }, &contents);
        if (r < 0)
                return r;
        *ret = contents;
        return 0;
}

int der_oid(const Der *d, const char *path, char ret[static DER_OID_MAX]) {
        int len = DER_OID_MAX, r;

        r = asn1_read_value(d->node, path, ret, &len);
        if (r == ASN1_MEM_ERROR)
                return -EBADMSG;
        return error_from_asn1(r);
}

int der_set(Der *d, const char *path, View value) {
        return error_from_asn1(asn1_write_value(d->node, path, value.data, (int) value.len));
}

int der_append(Der *d, const char *path) {
        return error_from_asn1(asn1_write_value(d->node, path, "NEW", 1));
}

int der_omit(Der *d, const char *path) {
        return error_from_asn1(asn1_write_value(d->node, path, NULL, 0));
}

int der_append_header(Bytes *b, uint8_t tag, uint64_t length) {
        uint8_t header[2 + sizeof(length)];
        size_t n = 0, octets = 0;

        header[n++] = tag;
        if (length < 0x80) {
                header[n++] = (uint8_t) length;
                return bytes_append(b, header, n);
        }
        for (uint64_t l = length; l > 0; l >>= 8)
                octets++;
        header[n++] = (uint8_t) (0x80 | octets);
        while (octets > 0)
                header[n++] = (uint8_t) (length >> (8 * --octets));
        return bytes_append(b, header, n);
}

int der_append_element(Bytes *b, uint8_t tag, View contents) {
        size_t before = b->len;
        int r;

        r = der_append_header(b, tag, contents.len);
        if (r >= 0)
                r = bytes_append_view(b, contents);
        if (r < 0)
                b->len = before;
        return r;
}

int der_append_oid(Bytes *b, const char *oid) {
        uint8_t encoded[DER_OID_MAX];
        int len = sizeof(encoded), r;

        r = asn1_object_id_der(oid, encoded, &len, 0);
        if (r != ASN1_SUCCESS)
                return -EINVAL;
        return bytes_append(b, encoded, (size_t) len);
}

int der_read_oid(View element, char ret[static DER_OID_MAX]) {
        char oid[DER_OID_MAX];
        int used = 0, r;

        if (element.len < 3 || element.len > DER_OID_MAX || element.data[0] != 0x06)
                return -EBADMSG;
        r = asn1_get_object_id_der(element.data + 1, (int) element.len - 1, &used, oid, sizeof(oid));
        if (r != ASN1_SUCCESS || (size_t) used != element.len - 1)
                return -EBADMSG;
        strcpy(ret, oid);
        return 0;
}

int der_next(View *v, View *ret_element, View *ret_contents) {
        size_t header = 2, length, octets;

        if (v->len < 2 || (v->data[0] & 0x1f) == 0x1f)
                return -EBADMSG;
        length = v->data[1];
        if (length >= 0x80) {
                octets = length & 0x7f;
                if (octets == 0 || octets > sizeof(length) || v->len - header < octets || v->data[2] == 0)
                        return -EBADMSG;
                for (length = 0; octets > 0; octets--)
                        length = length << 8 | v->data[header++];
                if (length < 0x80)
                        return -EBADMSG;
        }
        if (length > v->len - header)
                return -EBADMSG;
        if (ret_contents)
                *ret_contents = VIEW(v->data + header, length);
        *ret_element = VIEW(v->data, header + length);
        *v = VIEW(v->data + header + length, v->len - header - length);
        return 0;
}

int der_expect(View *v, uint8_t tag, View *ret_contents) {
        View element;

        if (v->len == 0 || v->data[0] != tag)
                return -EBADMSG;
        return der_next(v, &element, ret_contents);
}

int der_optional(View *v, uint8_t tag, View *ret_contents) {
        int r;

        if (v->len == 0 || v->data[0] != tag)
                return 0;
        r = der_expect(v, tag, ret_contents);
        return r < 0 ? r : 1;
}

int der_count_elements(View contents, size_t *ret) {
        View element;
        size_t n = 0;
        int r;

        for (; contents.len > 0; n++) {
                r = der_next(&contents, &element, NULL);
                if (r < 0)
                        return r;
        }
        *ret = n;
        return 0;
}

/* X.690 §11.6: as octet strings, the shorter padded with zeros. */
static int compare_encodings(const void *x, const void *y) {
        const View *a = x, *b = y;
        size_t n = a->len < b->len ? a->len : b->len;
        int r = memcmp(a->data, b->data, n);

        return r != 0 ? r : (a->len > b->len) - (a->len < b->len);
}

int der_append_set_of(Bytes *b, uint8_t tag, View contents) {
        _cleanup_free_ View *elements = NULL;
        size_t before = b->len, n;
        int r;

        r = der_count_elements(contents, &n);
        if (r < 0)
                return r;
        if (n > DER_SET_OF_MAX)
                return -E2BIG;
        elements = calloc(n + 1, sizeof(*elements));
        if (!elements)
                return -ENOMEM;
        r = der_append_header(b, tag, contents.len);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = der_next(&contents, &elements[i], NULL);
        if (r >= 0)
                qsort(elements, n, sizeof(elements[0]), compare_encodings);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = bytes_append_view(b, elements[i]);
        if (r < 0)
                b->len = before;
        return r;
}
