/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamps of CAdES; see cades-timestamps.h. */

#include <errno.h>
#include <string.h>

#include "der/oids.h"
#include "sign/cms/cades-timestamps.h"

/* One that is read. */
typedef struct Stamping {
        const CadesStamped *stamped;
        const Attribute *attribute;
        View token;
} Stamping;

static int digest_value(const Stamping *s, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return digest_of(algorithm, s->stamped->value, ret);
}

static const struct {
        const char *type;
        TimestampKind kind;
        int (*digest)(const Stamping *s, gnutls_digest_algorithm_t algorithm, Digest *ret);
} kinds[] = {
        { OID_SIGNATURE_TIME_STAMP, TIMESTAMP_SIGNATURE, digest_value },
};

typedef struct Reading {
        Stamping stamping;
        size_t kind;
} Reading;

static int digest_stamped(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Reading *r = userdata;

        return kinds[r->kind].digest(&r->stamping, algorithm, ret);
}

static int read_attribute(Reading *reading, CadesTimestamps *t) {
        View values = reading->stamping.attribute->values;
        int r = 0;

        while (r >= 0 && t->n < SIGNATURE_TIMESTAMPS_MAX && der_next(&values, &reading->stamping.token, NULL) >= 0) {
                r = timestamp_read(kinds[reading->kind].kind, reading->stamping.token, digest_stamped, reading, &t->list[t->n]);
                t->attributes[t->n] = reading->stamping.attribute;
                t->n += r >= 0;
        }
        return r;
}

static int read_from(const CadesStamped *s, const Attributes *a, bool content, CadesTimestamps *t) {
        Reading reading = { .stamping = { .stamped = s } };
        int r = 0;

        for (size_t i = 0; r >= 0 && a && i < a->n; i++)
                for (reading.kind = 0; r >= 0 && reading.kind < ELEMENTSOF(kinds); reading.kind++)
                        if (strcmp(a->list[i].type, kinds[reading.kind].type) == 0 && (kinds[reading.kind].kind == TIMESTAMP_CONTENT) == content) {
                                reading.stamping.attribute = &a->list[i];
                                r = read_attribute(&reading, t);
                        }
        return r;
}

int cades_timestamps_read(const CadesStamped *s, CadesTimestamps *ret) {
        CadesTimestamps t = { .n = 0 };
        int r;

        r = read_from(s, s->signed_attributes, true, &t);
        if (r >= 0)
                r = read_from(s, s->unsigned_attributes, false, &t);
        if (r >= 0)
                *ret = t;
        return r;
}

bool cades_timestamps_have(const CadesTimestamps *t, TimestampKind kind) {
        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].kind == kind && t->list[i].state == TIMESTAMP_FITS)
                        return true;
        return false;
}
