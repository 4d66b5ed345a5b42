/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamps of CAdES; see cades-timestamps.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "der/oids.h"
#include "sign/cms/ats-hash-index.h"
#include "sign/cms/cades-timestamps.h"
#include "sign/trust/revocation-values.h"

/* One that is read. */
typedef struct Stamping {
        const CadesStamped *stamped;
        const Attribute *attribute;
        View token;
        gnutls_hash_hd_t hash;
} Stamping;

/* What a timestamp costs at least, in octets: its own signature is verified. */
#define TIMESTAMP_COST (UINT64_C(1024) * 1024)

static int spend(const CadesStamped *s, uint64_t cost) {
        if (cost > *s->context->budget)
                return -E2BIG;
        *s->context->budget -= cost;
        return 0;
}

static uint64_t size_of(const BerElement *e) {
        return e->end - e->at;
}

/* Of all unsigned attributes. */
static uint64_t attributes_size(const CadesStamped *s) {
        const Attributes *a = s->unsigned_attributes;
        uint64_t size = 0;

        for (size_t i = 0; a && i < a->n; i++)
                size += a->list[i].element.len;
        return size;
}

static int add(Stamping *s, View v) {
        int r = spend(s->stamped, v.len);

        if (r < 0 || v.len == 0)
                return r;
        return gnutls_hash(s->hash, v.data, v.len) < 0 ? -EIO : 0;
}

static int add_element(Stamping *s, const BerElement *e) {
        int r = spend(s->stamped, size_of(e));

        return r < 0 ? r : ats_hash_octets(s->hash, s->stamped->context->source, e->at, e->end);
}

/* What is signed: embedded, or beside. */
static int find_content(const Stamping *s, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Digest embedded = { .len = 0 }, external = { .len = 0 };
        int r;

        r = s->stamped->context->digest(s->stamped->context, algorithm, &embedded, &external);
        if (r < 0)
                return r;
        *ret = embedded.len > 0 ? embedded : external;
        return ret->len > 0 ? 0 : -ENOENT;
}

static int write_value(Stamping *s, gnutls_digest_algorithm_t algorithm) {
        return add(s, s->stamped->value);
}

/* A.1.5: types and values, without what is around them. */
static int write_attributes(Stamping *s, const char *type) {
        const Attributes *a = s->stamped->unsigned_attributes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < a->n; i++)
                if (strcmp(a->list[i].type, type) == 0)
                        r = add(s, a->list[i].contents);
        return r;
}

static int write_references(Stamping *s, gnutls_digest_algorithm_t algorithm) {
        int r = write_attributes(s, OID_CERTIFICATE_REFS);

        return r < 0 ? r : write_attributes(s, OID_REVOCATION_REFS);
}

static int write_value_and_references(Stamping *s, gnutls_digest_algorithm_t algorithm) {
        int r = write_value(s, algorithm);

        if (r >= 0)
                r = write_attributes(s, OID_SIGNATURE_TIME_STAMP);
        return r < 0 ? r : write_references(s, algorithm);
}

/* §5.5.3: content type, digest of the content, the SignerInfo but for its unsigned attributes, and the index. */
static int write_archived(Stamping *s, gnutls_digest_algorithm_t algorithm) {
        _cleanup_ats_hash_index_ AtsHashIndex x = { .by_value = false };
        _cleanup_bytes_ Bytes type = BYTES_NULL;
        Digest content;
        int r;

        r = ats_hash_index_read(s->token, &x);
        /* Without one it is a timestamp of something else. */
        if (r >= 0 || r == -ENOENT)
                r = find_content(s, algorithm, &content);
        if (r >= 0)
                r = der_append_oid(&type, s->stamped->context->signed_data->content_type);
        if (r >= 0)
                r = add(s, bytes_view(&type));
        if (r >= 0)
                r = add(s, digest_view(&content));
        if (r >= 0)
                r = add(s, s->stamped->core);
        return r < 0 ? r : add(s, x.element);
}

static bool is_archive(const Attribute *a) {
        return strcmp(a->type, OID_ARCHIVE_TIME_STAMP_V2) == 0 || strcmp(a->type, OID_ARCHIVE_TIME_STAMP_V3) == 0;
}

static int64_t time_of(View token) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        TimestampInfo info;

        return timestamp_token_read(token, &content, &info) < 0 ? INT64_MAX : info.time;
}

/* Whether an archive timestamp of version 2, which `own` holds, is over an attribute: not over itself, nor over what was added later. What is hashed and what is credited both go
 * by this; of an attribute with several values the first decides for all. */
static bool was_there(const Attribute *own, int64_t time, const Attribute *a) {
        View values = a->values, token;

        if (!is_archive(a))
                return true;
        return a != own && der_next(&values, &token, NULL) >= 0 && time_of(token) < time;
}

static bool is_single(const Attribute *a) {
        View values = a->values, value;

        return der_next(&values, &value, NULL) >= 0 && values.len == 0;
}

/* TS 101 733 §6.4.1: nearly all of SignedData as it stands, and the content where it is not in it. There may be several such attributes; in one with several values anybody may have
 * added one, since it is not over itself. */
static int write_signed_data(Stamping *s) {
        const CmsContext *c = s->stamped->context;
        const CmsSignedData *d = c->signed_data;
        int r;

        if (c->countersignature || (!d->has_content && !c->content->hash) || !is_single(s->attribute))
                return -EOPNOTSUPP;
        r = add_element(s, &d->encapsulation);
        if (r >= 0 && !d->has_content)
                r = spend(s->stamped, c->content->size);
        if (r >= 0 && !d->has_content)
                r = c->content->hash(c->content->userdata, s->hash);
        if (r >= 0)
                r = add_element(s, &d->certificate_set);
        if (r >= 0)
                r = add_element(s, &d->revocations);
        return r < 0 ? r : add(s, s->stamped->core);
}

static int write_unsigned(Stamping *s, bool header) {
        const Attributes *a = s->stamped->unsigned_attributes;
        _cleanup_bytes_ Bytes b = BYTES_NULL, head = BYTES_NULL;
        int64_t time = time_of(s->token);
        int r;

        r = spend(s->stamped, attributes_size(s->stamped)); /* tokens are read */
        for (size_t i = 0; r >= 0 && i < a->n; i++)
                if (was_there(s->attribute, time, &a->list[i]))
                        r = bytes_append_view(&b, a->list[i].element);
        if (r >= 0 && header)
                r = der_append_header(&head, 0xa1, b.len);
        if (r >= 0)
                r = add(s, bytes_view(&head));
        return r < 0 ? r : add(s, bytes_view(&b));
}

static int write_archived_v2(Stamping *s, gnutls_digest_algorithm_t algorithm) {
        int r = write_signed_data(s);

        return r < 0 ? r : write_unsigned(s, true);
}

/* Annex K of TS 101 733 before version 2.2.1 left the attributes' tag and length out; its note recommends to try both. */
static int write_archived_v2_former(Stamping *s, gnutls_digest_algorithm_t algorithm) {
        int r = write_signed_data(s);

        return r < 0 ? r : write_unsigned(s, false);
}

typedef int (*Writer)(Stamping *s, gnutls_digest_algorithm_t algorithm);

static const struct {
        const char *type;
        TimestampKind kind;
        Writer write, alternative;
} kinds[] = {
        { OID_CONTENT_TIME_STAMP, TIMESTAMP_CONTENT, NULL, NULL }, /* whose digest is at hand */
        { OID_SIGNATURE_TIME_STAMP, TIMESTAMP_SIGNATURE, write_value, NULL },
        { OID_CADES_C_TIME_STAMP, TIMESTAMP_SIGNATURE_REFERENCES, write_value_and_references, NULL },
        { OID_REFS_TIME_STAMP, TIMESTAMP_REFERENCES, write_references, NULL },
        { OID_ARCHIVE_TIME_STAMP_V2, TIMESTAMP_ARCHIVE, write_archived_v2, write_archived_v2_former },
        { OID_ARCHIVE_TIME_STAMP_V3, TIMESTAMP_ARCHIVE, write_archived, NULL },
};

typedef struct Reading {
        Stamping stamping;
        Writer write;
} Reading;

static int digest_stamped(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        Reading *reading = userdata;
        int r;

        if (!reading->write)
                return find_content(&reading->stamping, algorithm, ret);
        if (d.len == 0 || d.len > sizeof(d.data) || gnutls_hash_init(&reading->stamping.hash, algorithm) < 0)
                return -EOPNOTSUPP;
        r = reading->write(&reading->stamping, algorithm);
        gnutls_hash_deinit(reading->stamping.hash, d.data);
        if (r >= 0)
                *ret = d;
        return r;
}

/* §5.5.2: an index that lists what is not there makes the timestamp invalid. */
static int check_index(const CadesStamped *s, Timestamp *t) {
        _cleanup_ats_hash_index_ AtsHashIndex x = { .by_value = false };
        int r;

        r = ats_hash_index_read(t->token, &x);
        if (r >= 0)
                r = spend(s, size_of(&s->context->signed_data->certificate_set) + size_of(&s->context->signed_data->revocations) + attributes_size(s));
        if (r >= 0)
                r = x.algorithm == t->algorithm ? ats_hash_index_is_complete(&x, s->context->source, s->context->signed_data, s->unsigned_attributes) : 0;
        if (r == -ENOMEM)
                return r;
        if (r <= 0)
                t->state = TIMESTAMP_INCOMPLETE;
        return 0;
}

static int read_token(Reading *reading, size_t kind, Timestamp *ret) {
        Timestamp t;
        int r;

        reading->write = kinds[kind].write;
        r = timestamp_read(kinds[kind].kind, reading->stamping.token, digest_stamped, reading, &t);
        if (r >= 0 && t.state == TIMESTAMP_FOREIGN && kinds[kind].alternative) {
                reading->write = kinds[kind].alternative;
                r = timestamp_read(kinds[kind].kind, reading->stamping.token, digest_stamped, reading, &t);
        }
        if (r >= 0 && t.state == TIMESTAMP_FITS && kinds[kind].write == write_archived)
                r = check_index(reading->stamping.stamped, &t);
        if (r >= 0)
                *ret = t;
        return r;
}

static int read_attribute(const CadesStamped *s, const Attribute *a, size_t kind, CadesTimestamps *t) {
        Reading reading = { .stamping = { .stamped = s, .attribute = a } };
        View values = a->values;
        int r = 0;

        while (r >= 0 && t->n < SIGNATURE_TIMESTAMPS_MAX && der_next(&values, &reading.stamping.token, NULL) >= 0) {
                if (spend(s, TIMESTAMP_COST) < 0)
                        return 0;
                r = read_token(&reading, kind, &t->list[t->n]);
                t->attributes[t->n] = a;
                t->n += r >= 0;
        }
        return r;
}

static int read_from(const CadesStamped *s, const Attributes *a, bool content, CadesTimestamps *t) {
        int r = 0;

        for (size_t i = 0; r >= 0 && a && i < a->n; i++)
                for (size_t k = 0; r >= 0 && k < ELEMENTSOF(kinds); k++)
                        if (strcmp(a->list[i].type, kinds[k].type) == 0 && (kinds[k].kind == TIMESTAMP_CONTENT) == content)
                                r = read_attribute(s, &a->list[i], k, t);
        return r;
}

static bool is_v3(const CadesTimestamps *t, size_t i) {
        return strcmp(t->attributes[i]->type, OID_ARCHIVE_TIME_STAMP_V3) == 0;
}

/* Which others an archive timestamp is over: its index tells, or, of version 2, what was there. */
static bool covers(const CadesTimestamps *t, size_t i, size_t k, const AtsHashIndex *x) {
        TimestampKind over = t->list[i].kind, kind = t->list[k].kind;

        if (i == k || t->attributes[i] == t->attributes[k] || over == TIMESTAMP_CONTENT)
                return false;
        if (kind == TIMESTAMP_CONTENT)
                return over != TIMESTAMP_REFERENCES;
        if (over == TIMESTAMP_SIGNATURE_REFERENCES)
                return kind == TIMESTAMP_SIGNATURE;
        if (over != TIMESTAMP_ARCHIVE)
                return false;
        return x ? ats_hash_index_has(x, t->attributes[k], t->list[k].token) : was_there(t->attributes[i], t->list[i].time, t->attributes[k]);
}

/* Where an attribute counts as a whole it is hashed, or read, once for all of its tokens, which stand together. */
static int find_covered(const CadesStamped *s, CadesTimestamps *t, size_t i) {
        _cleanup_ats_hash_index_ AtsHashIndex x = { .by_value = false };
        bool indexed = is_v3(t, i), covered = false;
        int r = 0;

        if (t->list[i].kind == TIMESTAMP_ARCHIVE)
                r = spend(s, attributes_size(s));
        if (r >= 0 && indexed)
                r = ats_hash_index_read(t->list[i].token, &x);
        for (size_t k = 0; r >= 0 && k < t->n; k++) {
                if (k == 0 || x.by_value || t->attributes[k] != t->attributes[k - 1])
                        covered = covers(t, i, k, indexed ? &x : NULL);
                if (covered)
                        t->list[i].covers |= UINT32_C(1) << k;
        }
        return r == -ENOMEM ? r : 0;
}

int cades_timestamps_read(const CadesStamped *s, CadesTimestamps *ret) {
        CadesTimestamps t = { .n = 0 };
        int r;

        r = read_from(s, s->signed_attributes, true, &t);
        if (r >= 0)
                r = read_from(s, s->unsigned_attributes, false, &t);
        for (size_t i = 0; r >= 0 && i < t.n; i++)
                if (t.list[i].state == TIMESTAMP_FITS)
                        r = find_covered(s, &t, i);
        if (r >= 0)
                *ret = t;
        return r;
}

static int collect_attribute(const CadesStamped *s, const AtsHashIndex *x, RevocationPool *pool) {
        const Attributes *a = s->unsigned_attributes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < a->n; i++) {
                View values = a->list[i].values, value;

                if (strcmp(a->list[i].type, OID_REVOCATION_VALUES) == 0 && der_next(&values, &value, NULL) >= 0 && (!x || ats_hash_index_has(x, &a->list[i], value)))
                        r = revocation_collect_values(pool, value);
        }
        return r;
}

int cades_timestamps_covered(const CadesStamped *s, const CadesTimestamps *t, size_t i, RevocationPool *pool) {
        _cleanup_ats_hash_index_ AtsHashIndex x = { .by_value = false };
        const CmsContext *c = s->context;
        bool indexed = is_v3(t, i);
        int r = 1;

        if (t->list[i].kind != TIMESTAMP_ARCHIVE)
                return 0;
        if (indexed)
                r = ats_hash_index_read(t->list[i].token, &x);
        if (indexed && r >= 0)
                r = spend(s, size_of(&c->signed_data->revocations) + attributes_size(s));
        if (indexed && r >= 0)
                r = ats_hash_index_has_revocations(&x, c->source, c->signed_data);
        if (r > 0 && c->signed_data->has_revocation_values)
                r = revocation_collect_crls(pool, c->source, &c->signed_data->revocations);
        if (r >= 0)
                r = collect_attribute(s, indexed ? &x : NULL, pool);
        return r == -ENOMEM ? r : 0;
}

bool cades_timestamps_have(const CadesTimestamps *t, TimestampKind kind) {
        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].kind == kind && t->list[i].state == TIMESTAMP_FITS)
                        return true;
        return false;
}
