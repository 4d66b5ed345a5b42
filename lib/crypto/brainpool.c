/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Brainpool curves; see brainpool.h. */

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/brainpool.h"
#include "crypto/gcrypt-library.h"

#define UNCOMPRESSED 4

/* RFC 5639 section 4.1. */
static const struct {
        const char *oid, *name;
        size_t size;
} curves[] = {
        [BRAINPOOL_P256R1] = { "1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 32 },
        [BRAINPOOL_P384R1] = { "1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 48 },
        [BRAINPOOL_P512R1] = { "1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 64 },
};

static void expression_done(gcry_sexp_t *e) {
        if (*e)
                gcry_sexp_release(*e);
}

BrainpoolCurve brainpool_curve_of_oid(const char *oid) {
        for (unsigned i = BRAINPOOL_P256R1; i < ELEMENTSOF(curves); i++)
                if (strcmp(curves[i].oid, oid) == 0)
                        return (BrainpoolCurve) i;
        return BRAINPOOL_NONE;
}

const char *brainpool_name(BrainpoolCurve curve) {
        return curves[curve].name;
}

size_t brainpool_size(BrainpoolCurve curve) {
        return curves[curve].size;
}

int brainpool_key_set(BrainpoolCurve curve, View point, BrainpoolKey *ret) {
        if (curve == BRAINPOOL_NONE || point.len != 1 + 2 * brainpool_size(curve) || point.data[0] != UNCOMPRESSED)
                return -EBADMSG;
        *ret = (BrainpoolKey) { .curve = curve };
        memcpy(ret->point, point.data, point.len);
        return 0;
}

static int from_error(gcry_error_t e) {
        switch (gcry_err_code(e)) {
        case GPG_ERR_NO_ERROR:
                return 0;
        case GPG_ERR_ENOMEM:
                return -ENOMEM;
        case GPG_ERR_UNKNOWN_CURVE:
        case GPG_ERR_NOT_SUPPORTED:
                return -EOPNOTSUPP;
        default:
                return -EKEYREJECTED;
        }
}

/* The leftmost bits of a digest that is longer than the group's order count (FIPS 186-5 section 6.4.2); libgcrypt leaves that to the caller. */
static int build(const BrainpoolKey *k, View digest, View r, View s, gcry_sexp_t *ret_key, gcry_sexp_t *ret_data, gcry_sexp_t *ret_value) {
        size_t size = brainpool_size(k->curve), used = digest.len < size ? digest.len : size;
        gcry_error_t e;

        e = gcry_sexp_build(ret_key, NULL, "(public-key (ecc (curve %s) (q %b)))", curves[k->curve].name, (int) (1 + 2 * size), k->point);
        if (!e)
                e = gcry_sexp_build(ret_data, NULL, "(data (flags raw) (value %b))", (int) used, digest.data);
        if (!e)
                e = gcry_sexp_build(ret_value, NULL, "(sig-val (ecdsa (r %b) (s %b)))", (int) r.len, r.data, (int) s.len, s.data);
        return from_error(e);
}

/* Leading zeros tell nothing. */
static View significant(View v) {
        while (v.len > 0 && v.data[0] == 0)
                v = VIEW(v.data + 1, v.len - 1);
        return v;
}

int brainpool_verify(const BrainpoolKey *k, View digest, View r, View s) {
        _cleanup_(expression_done) gcry_sexp_t key = NULL, data = NULL, value = NULL;
        size_t size = brainpool_size(k->curve);
        int q;

        r = significant(r);
        s = significant(s);
        if (digest.len == 0 || r.len == 0 || r.len > size || s.len == 0 || s.len > size)
                return -EKEYREJECTED;
        if (gcrypt_library_load() < 0)
                return -EOPNOTSUPP;
        q = build(k, digest, r, s, &key, &data, &value);
        return q < 0 ? q : from_error(gcry_pk_verify(value, data, key)); /* which looks whether the point is on the curve */
}
