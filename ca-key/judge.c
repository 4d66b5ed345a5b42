/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is signed; see judge.h. */

#include <errno.h>
#include <string.h>

#include "base/der-tag.h"
#include "ca-key/judge.h"
#include "der/der.h"

enum {
        TAG_KEY_ID = 0x80,
        TAG_CONTEXT_3 = 0xa3,
};

#define SERIAL_MAX 20U
#define KEY_ID_MAX 64U
#define CERTIFICATE_MAX (64U * 1024U)

static const uint8_t oid_subject_key_id[] = { 0x55, 0x1d, 0x0e };
static const uint8_t oid_key_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_name_constraints[] = { 0x55, 0x1d, 0x1e };
static const uint8_t oid_crl_points[] = { 0x55, 0x1d, 0x1f };
static const uint8_t oid_authority_key_id[] = { 0x55, 0x1d, 0x23 };
static const uint8_t oid_purposes[] = { 0x55, 0x1d, 0x25 };
static const uint8_t oid_expired_certs[] = { 0x55, 0x1d, 0x3c };
static const uint8_t oid_authority_access[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01 };
static const uint8_t oid_ocsp_nocheck[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x05 };

static const uint8_t purpose_client[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02 };
static const uint8_t purpose_email[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04 };
static const uint8_t purpose_ocsp[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09 };
static const uint8_t purpose_documents[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x24 };

/* Values that have one form only. */
static const uint8_t version_3[] = { 0x02, 0x01, 0x02 };
static const uint8_t no_authority[] = { 0x30, 0x00 };
static const uint8_t authority_without_path[] = { 0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x00 };
static const uint8_t signs_certificates_and_lists[] = { 0x03, 0x02, 0x01, 0x06 };
static const uint8_t authenticates[] = { 0x03, 0x02, 0x07, 0x80 };
static const uint8_t commits[] = { 0x03, 0x02, 0x06, 0x40 };
static const uint8_t null[] = { 0x05, 0x00 };

/* No DNS name and no address of either kind: an empty name, and addresses under an empty mask. */
static const uint8_t no_dns_no_addresses[] = {
        0x30, 0x36, 0xa1, 0x34, 0x30, 0x02, 0x82, 0x00, 0x30, 0x0a, 0x87, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0x22, 0x87, 0x20,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,
};

#define IS(view, octets) view_equal((view), VIEW(octets, sizeof(octets)))

/* --- Elements ----------------------------------------------------------------------------------------------------- */

/* The whole element of a tag off the front. */
static bool take(View *v, uint8_t tag, View *ret_element) {
        return v->len > 0 && v->data[0] == tag && der_next(v, ret_element, NULL) >= 0;
}

/* What must be the only element: its contents. */
static bool open_all(View v, uint8_t tag, View *ret_contents) {
        return der_expect(&v, tag, ret_contents) >= 0 && v.len == 0;
}

static bool take_equal(View *v, View expected) {
        View element;

        return v->len > 0 && der_next(v, &element, NULL) >= 0 && view_equal(element, expected);
}

/* A positive INTEGER in its shortest form. */
static bool is_positive(View number, size_t max) {
        if (number.len == 0 || number.len > max || (number.data[0] & 0x80))
                return false;
        return number.len == 1 ? number.data[0] != 0 : number.data[0] != 0 || (number.data[1] & 0x80);
}

/* Times in the two forms of RFC 5280 §4.1.2.5, as one that can be compared. */
static bool take_time(View *v, uint8_t ret[static JUDGE_TIME_SIZE]) {
        bool utc = v->len > 0 && v->data[0] == TAG_UTC_TIME;
        size_t digits = utc ? 12 : 14;
        View text;

        if (der_expect(v, utc ? TAG_UTC_TIME : TAG_GENERALIZED_TIME, &text) < 0 || text.len != digits + 1 || text.data[digits] != 'Z')
                return false;
        for (size_t i = 0; i < digits; i++)
                if (text.data[i] < '0' || text.data[i] > '9')
                        return false;
        if (utc)
                memcpy(ret, text.data[0] < '5' ? "20" : "19", 2);
        memcpy(ret + (utc ? 2 : 0), text.data, digits);
        return true;
}

static int compare_times(const uint8_t *a, const uint8_t *b) {
        return memcmp(a, b, JUDGE_TIME_SIZE);
}

/* --- Extensions --------------------------------------------------------------------------------------------------- */

typedef struct Extension {
        View oid, value;
        bool critical;
} Extension;

/* One that may stand there, and what must be true of it. */
typedef struct Rule {
        const uint8_t *oid;
        size_t oid_len;
        bool critical, needed;
        bool (*check)(const Judge *j, View value);
} Rule;

#define RULE(o, c, n, f) { (o), sizeof(o), (c), (n), (f) }

static bool take_extension(View *list, Extension *ret) {
        View contents, critical;
        int r;

        if (der_expect(list, TAG_SEQUENCE, &contents) < 0 || der_expect(&contents, TAG_OID, &ret->oid) < 0)
                return false;
        r = der_optional(&contents, TAG_BOOLEAN, &critical);
        if (r < 0 || (r > 0 && (critical.len != 1 || critical.data[0] != 0xff)))
                return false;
        ret->critical = r > 0;
        return open_all(contents, TAG_OCTET_STRING, &ret->value);
}

static size_t find_rule(const Rule *rules, size_t n, View oid) {
        for (size_t i = 0; i < n; i++)
                if (view_equal(oid, VIEW(rules[i].oid, rules[i].oid_len)))
                        return i;
        return n;
}

/* All that are needed, none that is not known, none twice. */
static bool check_extensions(const Judge *j, View list, const Rule *rules, size_t n) {
        uint32_t seen = 0;

        while (list.len > 0) {
                Extension e;
                size_t i;

                if (!take_extension(&list, &e))
                        return false;
                i = find_rule(rules, n, e.oid);
                if (i == n || (seen & 1U << i) || e.critical != rules[i].critical || !rules[i].check(j, e.value))
                        return false;
                seen |= 1U << i;
        }
        for (size_t i = 0; i < n; i++)
                if (rules[i].needed && !(seen & 1U << i))
                        return false;
        return true;
}

static bool read_key_id(View value, View *ret) {
        return open_all(value, TAG_OCTET_STRING, ret) && ret->len > 0 && ret->len <= KEY_ID_MAX;
}

static bool check_key_id(const Judge *j, View value) {
        View id;

        return read_key_id(value, &id);
}

static bool check_authority_key_id(const Judge *j, View value) {
        View contents, id;

        return open_all(value, TAG_SEQUENCE, &contents) && open_all(contents, TAG_KEY_ID, &id) && view_equal(id, j->key_id);
}

static bool check_root_basic_constraints(const Judge *j, View value) {
        return IS(value, authority_without_path);
}

static bool check_root_usage(const Judge *j, View value) {
        return IS(value, signs_certificates_and_lists);
}

static bool check_name_constraints(const Judge *j, View value) {
        return IS(value, no_dns_no_addresses);
}

static bool check_basic_constraints(const Judge *j, View value) {
        return IS(value, no_authority);
}

static bool check_usage(const Judge *j, View value) {
        return IS(value, authenticates) || IS(value, commits);
}

static bool check_purposes(const Judge *j, View value) {
        View list, oid;

        if (!open_all(value, TAG_SEQUENCE, &list) || list.len == 0)
                return false;
        while (list.len > 0)
                if (der_expect(&list, TAG_OID, &oid) < 0 || !(IS(oid, purpose_documents) || IS(oid, purpose_email) || IS(oid, purpose_client)))
                        return false;
        return true;
}

static bool check_responder_usage(const Judge *j, View value) {
        return IS(value, authenticates);
}

static bool check_responder_purpose(const Judge *j, View value) {
        View list, oid;

        return open_all(value, TAG_SEQUENCE, &list) && open_all(list, TAG_OID, &oid) && IS(oid, purpose_ocsp);
}

static bool check_nocheck(const Judge *j, View value) {
        return IS(value, null);
}

static bool check_sequence(const Judge *j, View value) {
        View contents;

        return open_all(value, TAG_SEQUENCE, &contents);
}

static bool check_number(const Judge *j, View value) {
        View number;

        return open_all(value, TAG_INTEGER, &number) && is_positive(number, SERIAL_MAX);
}

static bool check_one_time(const Judge *j, View value) {
        uint8_t time[JUDGE_TIME_SIZE];

        return take_time(&value, time) && value.len == 0;
}

static const Rule root_rules[] = {
        RULE(oid_subject_key_id, false, true, check_key_id),
        RULE(oid_basic_constraints, true, true, check_root_basic_constraints),
        RULE(oid_key_usage, true, true, check_root_usage),
        RULE(oid_name_constraints, true, true, check_name_constraints),
};

static const Rule certificate_rules[] = {
        RULE(oid_subject_key_id, false, true, check_key_id),
        RULE(oid_authority_key_id, false, true, check_authority_key_id),
        RULE(oid_basic_constraints, true, true, check_basic_constraints),
        RULE(oid_key_usage, true, true, check_usage),
        RULE(oid_purposes, false, true, check_purposes),
        RULE(oid_crl_points, false, false, check_sequence),
        RULE(oid_authority_access, false, false, check_sequence),
};

/* Of the OCSP responder: for nothing else, and nobody looks it up (RFC 6960 §4.2.2.2.1). */
static const Rule responder_rules[] = {
        RULE(oid_subject_key_id, false, true, check_key_id),
        RULE(oid_authority_key_id, false, true, check_authority_key_id),
        RULE(oid_basic_constraints, true, true, check_basic_constraints),
        RULE(oid_key_usage, true, true, check_responder_usage),
        RULE(oid_purposes, false, true, check_responder_purpose),
        RULE(oid_crl_points, false, false, check_sequence),
        RULE(oid_authority_access, false, false, check_sequence),
        RULE(oid_ocsp_nocheck, false, true, check_nocheck),
};

static const Rule list_rules[] = {
        RULE(oid_authority_key_id, false, true, check_authority_key_id),
        RULE(oid_crl_number, false, true, check_number),
        RULE(oid_expired_certs, false, false, check_one_time),
};

/* --- Certificates ------------------------------------------------------------------------------------------------- */

/* TBSCertificate of version 3, without the unique identifiers that nobody uses (RFC 5280 §4.1). */
typedef struct Fields {
        View serial, algorithm, issuer, subject, public_key, extensions;
        uint8_t not_before[JUDGE_TIME_SIZE], not_after[JUDGE_TIME_SIZE];
} Fields;

static bool read_validity(View validity, Fields *f) {
        View contents;

        return open_all(validity, TAG_SEQUENCE, &contents) && take_time(&contents, f->not_before) && take_time(&contents, f->not_after) && contents.len == 0 &&
               compare_times(f->not_before, f->not_after) <= 0;
}

static bool read_fields(View tbs, Fields *f) {
        View contents, version, validity, extensions;

        if (tbs.len > CERTIFICATE_MAX || !open_all(tbs, TAG_SEQUENCE, &contents) || der_expect(&contents, TAG_CONTEXT_0, &version) < 0 || !IS(version, version_3))
                return false;
        if (der_expect(&contents, TAG_INTEGER, &f->serial) < 0 || !is_positive(f->serial, SERIAL_MAX))
                return false;
        if (!take(&contents, TAG_SEQUENCE, &f->algorithm) || !take(&contents, TAG_SEQUENCE, &f->issuer) || !take(&contents, TAG_SEQUENCE, &validity) ||
            !take(&contents, TAG_SEQUENCE, &f->subject) || !take(&contents, TAG_SEQUENCE, &f->public_key))
                return false;
        return read_validity(validity, f) && open_all(contents, TAG_CONTEXT_3, &extensions) && open_all(extensions, TAG_SEQUENCE, &f->extensions);
}

static const char *judge_root(const Judge *j, const Fields *f) {
        if (j->has_root)
                return "The key has signed its root already, and signs no other.";
        if (!view_equal(f->public_key, j->public_key))
                return "This root is not of the key that is asked to sign it.";
        if (!check_extensions(j, f->extensions, root_rules, ELEMENTSOF(root_rules)))
                return "A root has path length 0 and name constraints that exclude every DNS name and IP address, and no other extensions.";
        return NULL;
}

static const char *judge_certificate(const Judge *j, const Fields *f) {
        if (!j->has_root)
                return "Before anything else the key signs its root.";
        if (!view_equal(f->issuer, j->name))
                return "The certificate is not to be issued in the name of the key's root.";
        if (view_equal(f->public_key, j->public_key))
                return "The certificate is for the CA's own key.";
        if (compare_times(f->not_before, j->not_before) < 0 || compare_times(f->not_after, j->not_after) > 0)
                return "The certificate would be valid when the root is not.";
        if (!check_extensions(j, f->extensions, certificate_rules, ELEMENTSOF(certificate_rules)) &&
            !check_extensions(j, f->extensions, responder_rules, ELEMENTSOF(responder_rules)))
                return "The certificate is not for signing documents, logging in or OCSP only, or has extensions that are not known here.";
        return NULL;
}

/* --- Lists of revocations ----------------------------------------------------------------------------------------- */

static bool check_entries(View list) {
        while (list.len > 0) {
                uint8_t time[JUDGE_TIME_SIZE];
                View entry, serial, extensions;

                if (der_expect(&list, TAG_SEQUENCE, &entry) < 0 || der_expect(&entry, TAG_INTEGER, &serial) < 0 || !is_positive(serial, SERIAL_MAX) ||
                    !take_time(&entry, time) || der_optional(&entry, TAG_SEQUENCE, &extensions) < 0 || entry.len > 0)
                        return false;
        }
        return true;
}

static const char *judge_list(const Judge *j, View contents) {
        uint8_t this_update[JUDGE_TIME_SIZE], next_update[JUDGE_TIME_SIZE];
        static const char malformed[] = "This is no list of revocations.";
        View version, entries = { 0 }, extensions, list;

        if (der_expect(&contents, TAG_INTEGER, &version) < 0 || version.len != 1 || version.data[0] != 1)
                return "Only certificates and lists of revocations are signed.";
        if (!take_equal(&contents, j->algorithm))
                return "The list does not name the algorithm that the key signs by.";
        if (!j->has_root)
                return "Before anything else the key signs its root.";
        if (!take_equal(&contents, j->name))
                return "The list is not to be issued in the name of the key's root.";
        if (!take_time(&contents, this_update) || !take_time(&contents, next_update) || compare_times(this_update, next_update) >= 0)
                return malformed;
        if (der_optional(&contents, TAG_SEQUENCE, &entries) < 0 || !check_entries(entries) || !open_all(contents, TAG_CONTEXT_0, &extensions) ||
            !open_all(extensions, TAG_SEQUENCE, &list))
                return malformed;
        return check_extensions(j, list, list_rules, ELEMENTSOF(list_rules)) ? NULL : "The list is not complete and of this CA, by its extensions.";
}

/* --- All of them -------------------------------------------------------------------------------------------------- */

int judge_set_root(Judge *j, View certificate) {
        View contents, tbs, algorithm, extensions;
        Judge without = *j;
        Fields f;

        without.has_root = false;
        if (!open_all(certificate, TAG_SEQUENCE, &contents) || !take(&contents, TAG_SEQUENCE, &tbs) || !take(&contents, TAG_SEQUENCE, &algorithm) ||
            !view_equal(algorithm, j->algorithm) || !read_fields(tbs, &f) || !view_equal(f.issuer, f.subject) || judge_root(&without, &f))
                return -EBADMSG;
        for (extensions = f.extensions; extensions.len > 0;) {
                Extension e;

                if (!take_extension(&extensions, &e))
                        return -EBADMSG;
                if (IS(e.oid, oid_subject_key_id) && !read_key_id(e.value, &j->key_id))
                        return -EBADMSG;
        }
        j->name = f.subject;
        memcpy(j->not_before, f.not_before, JUDGE_TIME_SIZE);
        memcpy(j->not_after, f.not_after, JUDGE_TIME_SIZE);
        j->has_root = true;
        return 0;
}

static const char *judge_any_certificate(const Judge *j, View tbs, TbsKind *ret) {
        Fields f;

        if (!read_fields(tbs, &f))
                return "This is no certificate that could be signed.";
        if (!view_equal(f.algorithm, j->algorithm))
                return "The certificate does not name the algorithm that the key signs by.";
        *ret = view_equal(f.issuer, f.subject) ? TBS_ROOT : TBS_CERTIFICATE;
        return *ret == TBS_ROOT ? judge_root(j, &f) : judge_certificate(j, &f);
}

int judge_tbs(const Judge *j, View tbs, TbsKind *ret, const char **ret_problem) {
        const char *problem = "Only certificates and lists of revocations are signed.";
        TbsKind kind = TBS_REVOCATIONS;
        View contents;

        if (open_all(tbs, TAG_SEQUENCE, &contents) && contents.len > 0)
                problem = contents.data[0] == TAG_CONTEXT_0 ? judge_any_certificate(j, tbs, &kind) : judge_list(j, contents);
        if (problem) {
                *ret_problem = problem;
                return -EBADMSG;
        }
        *ret = kind;
        return 0;
}

int judge_serial(View tbs, View *ret) {
        Fields f;

        if (!read_fields(tbs, &f))
                return -EBADMSG;
        *ret = f.serial;
        return 0;
}
