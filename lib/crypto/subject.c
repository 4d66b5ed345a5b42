/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subjects and requests; see subject.h. One table says which attributes exist, in the order in which they are encoded. Values are encoded here
 * and handed to GnuTLS as DER, because GnuTLS would choose the string type by the value, and knows no organizationIdentifier. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "crypto/subject.h"

#define TAG_UTF8_STRING 0x0cU
#define TAG_PRINTABLE_STRING 0x13U
#define SUBJECT_FORMAT 1U
#define VALUE_SIZE_MAX (64U * 4U)

enum {
        COUNTRY,
        ORGANIZATION,
        ORGANIZATION_IDENTIFIER,
        SURNAME,
        GIVEN_NAME,
        SERIAL_NUMBER,
        COMMON_NAME,
        N_ATTRIBUTES,
};

static const struct {
        const char *name;
        const char *oid;
        size_t max; /* characters */
        uint8_t tag;
} attributes[N_ATTRIBUTES] = {
        [COUNTRY] = { "countryName", "2.5.4.6", 2, TAG_PRINTABLE_STRING },
        [ORGANIZATION] = { "organizationName", "2.5.4.10", 64, TAG_UTF8_STRING },
        [ORGANIZATION_IDENTIFIER] = { "organizationIdentifier", "2.5.4.97", 64, TAG_UTF8_STRING },
        [SURNAME] = { "surname", "2.5.4.4", 64, TAG_UTF8_STRING },
        [GIVEN_NAME] = { "givenName", "2.5.4.42", 64, TAG_UTF8_STRING },
        [SERIAL_NUMBER] = { "serialNumber", "2.5.4.5", 64, TAG_PRINTABLE_STRING },
        [COMMON_NAME] = { "commonName", "2.5.4.3", 64, TAG_UTF8_STRING },
};

struct Subject {
        char *values[N_ATTRIBUTES];
};

DEFINE_CLEANUP(gnutls_x509_crq_t, gnutls_x509_crq_deinit);

static const char *const profile_names[] = {
        [PROFILE_SEAL] = "seal",
        [PROFILE_CUSTOMS] = "customs",
        [PROFILE_PERSONAL] = "personal",
};

const char *profile_to_string(Profile p) {
        return (size_t) p < ELEMENTSOF(profile_names) ? profile_names[p] : NULL;
}

Profile profile_from_string(const char *s) {
        for (size_t i = 1; i < ELEMENTSOF(profile_names); i++)
                if (s && strcmp(profile_names[i], s) == 0)
                        return (Profile) i;
        return PROFILE_INVALID;
}

/* --- The subject -------------------------------------------------------------------------------------------------- */

int subject_new(Subject **ret) {
        Subject *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

Subject *subject_free(Subject *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < N_ATTRIBUTES; i++)
                free(s->values[i]);
        free(s);
        return NULL;
}

static int attribute_by_name(const char *name) {
        for (int i = 0; i < N_ATTRIBUTES; i++)
                if (strcmp(attributes[i].name, name) == 0)
                        return i;
        return -EINVAL;
}

static int attribute_by_oid(const char *oid) {
        for (int i = 0; i < N_ATTRIBUTES; i++)
                if (strcmp(attributes[i].oid, oid) == 0)
                        return i;
        return -EOPNOTSUPP;
}

/* ASCII whatever the locale. */
static bool is_upper(char c) {
        return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_country(const char *s) {
        return is_upper(s[0]) && is_upper(s[1]) && s[2] == 0;
}

/* The alphabet of PrintableString, X.680 §41.4. */
static bool is_printable_string(const char *s) {
        for (; *s; s++)
                if (!is_upper(*s) && !(*s >= 'a' && *s <= 'z') && !is_digit(*s) && !strchr(" '()+,-./:=?", *s))
                        return false;
        return true;
}

static size_t count_characters(const char *s) {
        size_t n = 0;

        for (size_t l; (l = utf8_char_length(s)) > 0; s += l)
                n++;
        return n;
}

static bool value_is_valid(int attribute, const char *value) {
        size_t len = strlen(value);

        if (len == 0 || len > VALUE_SIZE_MAX || !utf8_is_printable(value))
                return false;
        if (count_characters(value) > attributes[attribute].max || value[0] == ' ' || value[len - 1] == ' ')
                return false;
        if (attributes[attribute].tag == TAG_PRINTABLE_STRING && !is_printable_string(value))
                return false;
        return attribute != COUNTRY || is_country(value);
}

static int set_value(Subject *s, int attribute, const char *value) {
        if (!value_is_valid(attribute, value))
                return -EINVAL;
        if (s->values[attribute])
                return -EEXIST;
        s->values[attribute] = strdup(value);
        return s->values[attribute] ? 0 : -ENOMEM;
}

int subject_set(Subject *s, const char *name, const char *value) {
        int attribute = attribute_by_name(name);

        return attribute < 0 ? attribute : set_value(s, attribute, value);
}

const char *subject_get(const Subject *s, const char *name) {
        int attribute = attribute_by_name(name);

        return attribute < 0 ? NULL : s->values[attribute];
}

/* --- Profiles ----------------------------------------------------------------------------------------------------- */

static bool all_digits(const char *s, size_t n) {
        if (strlen(s) != n)
                return false;
        for (; *s; s++)
                if (!is_digit(*s))
                        return false;
        return true;
}

/* The references whose form we know. */
static bool reference_is_valid(const char *prefix, const char *reference) {
        static const struct {
                const char *prefix;
                size_t digits;
        } known[] = {
                { "VATPL", 10 }, /* NIP */
                { "TINPL", 10 }, /* NIP of a person */
                { "PNOPL", 11 }, /* PESEL */
                { "NTRPL", 10 }, /* KRS */
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (strncmp(prefix, known[i].prefix, 5) == 0)
                        return all_digits(reference, known[i].digits);
        return *reference != 0 && *reference != ' ';
}

/* A semantics identifier of EN 319 412-1 §5.1.3 and §5.1.4: three letters that name the kind of reference (or two letters and a colon: a national
 * scheme), a country, a hyphen, the reference. `kinds` are those allowed, of three letters each, one after the other. */
static bool is_semantics_identifier(const char *s, const char *kinds) {
        bool known = false;

        if (strlen(s) < 7 || !is_upper(s[3]) || !is_upper(s[4]) || s[5] != '-')
                return false;
        for (const char *k = kinds; *k && !known; k += 3)
                known = strncmp(s, k, 3) == 0;
        if (!known && !(is_upper(s[0]) && is_upper(s[1]) && s[2] == ':'))
                return false;
        return reference_is_valid(s, s + 6);
}

#define NEEDS(attribute) (1U << (attribute))

static const char *missing(const Subject *s, unsigned needs) {
        static const char *const sentences[N_ATTRIBUTES] = {
                [COUNTRY] = "The subject has no countryName.",
                [ORGANIZATION] = "The subject has no organizationName.",
                [ORGANIZATION_IDENTIFIER] = "The subject has no organizationIdentifier.",
                [SURNAME] = "The subject has no surname.",
                [GIVEN_NAME] = "The subject has no givenName.",
                [SERIAL_NUMBER] = "The subject has no serialNumber.",
                [COMMON_NAME] = "The subject has no commonName.",
        };

        for (int i = 0; i < N_ATTRIBUTES; i++)
                if ((needs & NEEDS(i)) && !s->values[i])
                        return sentences[i];
        return NULL;
}

static bool has_other_than(const Subject *s, unsigned allowed) {
        for (int i = 0; i < N_ATTRIBUTES; i++)
                if (s->values[i] && !(allowed & NEEDS(i)))
                        return true;
        return false;
}

/* EN 319 412-3 §4.2.1, and nothing of a natural person. */
static const char *check_organization(const Subject *s) {
        static const unsigned needs = NEEDS(COUNTRY) | NEEDS(ORGANIZATION) | NEEDS(ORGANIZATION_IDENTIFIER) | NEEDS(COMMON_NAME);
        const char *problem = missing(s, needs);

        if (problem)
                return problem;
        if (has_other_than(s, needs))
                return "The subject of a seal is an organisation: it has no givenName, surname or serialNumber.";
        if (!is_semantics_identifier(s->values[ORGANIZATION_IDENTIFIER], "VATNTRPSDLEI"))
                return "The organizationIdentifier is none of EN 319 412-1, such as VATPL-5250000000 or NTRPL-0000123456.";
        return NULL;
}

/* EN 319 412-2 §4.2.4, with givenName and surname, never a pseudonym. An organisation beside the person would say that the person acts for it, which
 * nothing here could check. */
static const char *check_person(const Subject *s) {
        static const unsigned needs = NEEDS(COUNTRY) | NEEDS(SURNAME) | NEEDS(GIVEN_NAME) | NEEDS(SERIAL_NUMBER) | NEEDS(COMMON_NAME);
        const char *problem = missing(s, needs);

        if (problem)
                return problem;
        if (has_other_than(s, needs))
                return "The subject is a person: it has no organizationName or organizationIdentifier.";
        if (!is_semantics_identifier(s->values[SERIAL_NUMBER], "PASIDCPNOTAXTIN"))
                return "The serialNumber is none of EN 319 412-1, such as PNOPL-90010112345 or TINPL-5250000000.";
        return NULL;
}

int subject_check(const Subject *s, Profile profile, const char **ret_problem) {
        const char *problem = "There is no such profile.";

        if (profile == PROFILE_SEAL)
                problem = check_organization(s);
        else if (profile == PROFILE_CUSTOMS || profile == PROFILE_PERSONAL)
                problem = check_person(s);
        if (!problem)
                return 0;
        *ret_problem = problem;
        return -EINVAL;
}

/* --- The stored form ---------------------------------------------------------------------------------------------- */

static int append_sized(Bytes *b, const char *text) {
        int r = bytes_append_u32be(b, (uint32_t) strlen(text));

        return r < 0 ? r : bytes_append(b, text, strlen(text));
}

int subject_write(const Subject *s, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = bytes_append_byte(&b, SUBJECT_FORMAT);

        for (int i = 0; r >= 0 && i < N_ATTRIBUTES; i++) {
                if (!s->values[i])
                        continue;
                r = append_sized(&b, attributes[i].name);
                if (r >= 0)
                        r = append_sized(&b, s->values[i]);
        }
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

static int take_sized(View *v, char ret[static VALUE_SIZE_MAX + 1]) {
        size_t len;

        if (v->len < 4)
                return -EBADMSG;
        len = (size_t) v->data[0] << 24 | (size_t) v->data[1] << 16 | (size_t) v->data[2] << 8 | v->data[3];
        if (len > v->len - 4 || len > VALUE_SIZE_MAX || memchr(v->data + 4, 0, len))
                return -EBADMSG;
        memcpy(ret, v->data + 4, len);
        ret[len] = 0;
        *v = VIEW(v->data + 4 + len, v->len - 4 - len);
        return 0;
}

int subject_read(View v, Subject **ret) {
        _cleanup_(subject_freep) Subject *s = NULL;
        int r;

        if (v.len == 0)
                return -EBADMSG;
        if (v.data[0] != SUBJECT_FORMAT)
                return -EPROTONOSUPPORT;
        r = subject_new(&s);
        if (r < 0)
                return r;
        for (v = VIEW(v.data + 1, v.len - 1); v.len > 0;) {
                char name[VALUE_SIZE_MAX + 1], value[VALUE_SIZE_MAX + 1];

                if (take_sized(&v, name) < 0 || take_sized(&v, value) < 0)
                        return -EBADMSG;
                r = subject_set(s, name, value);
                if (r < 0)
                        return r == -ENOMEM ? r : -EBADMSG;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

/* --- In DER ------------------------------------------------------------------------------------------------------- */

/* Tag, length, value: a value is at most 256 bytes, so two bytes of length suffice. */
static size_t encode_value(int attribute, const char *value, uint8_t ret[static VALUE_SIZE_MAX + 4]) {
        size_t len = strlen(value), n = 0;

        ret[n++] = attributes[attribute].tag;
        if (len > 255) {
                ret[n++] = 0x82;
                ret[n++] = (uint8_t) (len >> 8);
        } else if (len > 127)
                ret[n++] = 0x81;
        ret[n++] = (uint8_t) len;
        memcpy(ret + n, value, len);
        return n + len;
}

static int decode_value(View der, char ret[static VALUE_SIZE_MAX + 1]) {
        size_t header = 2, len;

        if (der.len < 2 || (der.data[0] != TAG_UTF8_STRING && der.data[0] != TAG_PRINTABLE_STRING))
                return -EOPNOTSUPP;
        len = der.data[1];
        if (len == 0x81 && der.len > 2) {
                len = der.data[2];
                header = 3;
        } else if (len == 0x82 && der.len > 3) {
                len = (size_t) der.data[2] << 8 | der.data[3];
                header = 4;
        } else if (len > 127)
                return -EOPNOTSUPP;
        if (len != der.len - header || len > VALUE_SIZE_MAX || memchr(der.data + header, 0, len))
                return -EOPNOTSUPP;
        memcpy(ret, der.data + header, len);
        ret[len] = 0;
        return 0;
}

int subject_to_certificate(const Subject *s, gnutls_x509_crt_t certificate) {
        for (int i = 0; i < N_ATTRIBUTES; i++) {
                uint8_t der[VALUE_SIZE_MAX + 4];

                if (!s->values[i])
                        continue;
                if (gnutls_x509_crt_set_dn_by_oid(certificate, attributes[i].oid, 1, der,
                                                  (unsigned) encode_value(i, s->values[i], der)) < 0)
                        return -EIO;
        }
        return 0;
}

static int subject_to_request(const Subject *s, gnutls_x509_crq_t crq) {
        for (int i = 0; i < N_ATTRIBUTES; i++) {
                uint8_t der[VALUE_SIZE_MAX + 4];

                if (!s->values[i])
                        continue;
                if (gnutls_x509_crq_set_dn_by_oid(crq, attributes[i].oid, 1, der,
                                                  (unsigned) encode_value(i, s->values[i], der)) < 0)
                        return -EIO;
        }
        return 0;
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

int request_create(gnutls_privkey_t key, const Subject *subject, Bytes *ret) {
        _cleanup_(gnutls_x509_crq_deinitp) gnutls_x509_crq_t crq = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        SignatureScheme scheme;
        gnutls_datum_t der;
        int r;

        if (gnutls_pubkey_init(&pubkey) < 0 || gnutls_x509_crq_init(&crq) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_privkey(pubkey, key, 0, 0) < 0)
                return -EIO;
        if (signature_scheme_of(key_algorithm_of_pubkey(pubkey), &scheme) < 0)
                return -EOPNOTSUPP;
        if (gnutls_x509_crq_set_version(crq, 1) < 0 || gnutls_x509_crq_set_pubkey(crq, pubkey) < 0)
                return -EIO;
        r = subject_to_request(subject, crq);
        if (r < 0)
                return r;
        if (gnutls_x509_crq_privkey_sign(crq, key, scheme.message_digest, 0) < 0 || gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_DER, &der) < 0)
                return -EIO;
        r = bytes_dup(VIEW(der.data, der.size), ret);
        gnutls_free(der.data);
        return r;
}

/* One attribute, by its place; 0 when there is none there. */
static int read_attribute(gnutls_x509_crq_t crq, unsigned place, Subject *s) {
        char oid[128], value[VALUE_SIZE_MAX + 1];
        uint8_t der[VALUE_SIZE_MAX + 4];
        size_t size = sizeof(oid);
        int r, attribute;

        r = gnutls_x509_crq_get_dn_oid(crq, place, oid, &size);
        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return 0;
        if (r < 0)
                return -EOPNOTSUPP;
        attribute = attribute_by_oid(oid);
        if (attribute < 0)
                return attribute;
        size = sizeof(der);
        r = gnutls_x509_crq_get_dn_by_oid(crq, oid, 0, 1, der, &size);
        if (r < 0)
                return -EOPNOTSUPP;
        r = decode_value(VIEW(der, size), value);
        if (r < 0)
                return r;
        /* A second of one kind is found here: the first is set already. */
        r = set_value(s, attribute, value);
        return r == -ENOMEM ? r : r < 0 ? -EOPNOTSUPP : 1;
}

static int read_subject(gnutls_x509_crq_t crq, Subject **ret) {
        _cleanup_(subject_freep) Subject *s = NULL;
        int r = subject_new(&s);

        if (r < 0)
                return r;
        for (unsigned place = 0; place <= N_ATTRIBUTES; place++) {
                r = read_attribute(crq, place, s);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

static bool digest_is_broken(gnutls_x509_crq_t crq) {
        gnutls_digest_algorithm_t digest = gnutls_sign_get_hash_algorithm((gnutls_sign_algorithm_t) gnutls_x509_crq_get_signature_algorithm(crq));

        return digest == GNUTLS_DIG_MD5 || digest == GNUTLS_DIG_MD2 || digest == GNUTLS_DIG_SHA1;
}

int request_read(View der, Subject **ret_subject, gnutls_pubkey_t *ret_key) {
        _cleanup_(gnutls_x509_crq_deinitp) gnutls_x509_crq_t crq = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        _cleanup_(subject_freep) Subject *s = NULL;
        gnutls_datum_t datum = { .data = (unsigned char *) der.data, .size = (unsigned) der.len };
        int r;

        if (der.len == 0 || der.len > REQUEST_SIZE_MAX)
                return -EBADMSG;
        if (gnutls_pubkey_init(&key) < 0 || gnutls_x509_crq_init(&crq) < 0)
                return -ENOMEM;
        if (gnutls_x509_crq_import(crq, &datum, GNUTLS_X509_FMT_DER) < 0)
                return -EBADMSG;
        if (digest_is_broken(crq) || gnutls_pubkey_import_x509_crq(key, crq, 0) < 0 || key_algorithm_of_pubkey(key) == KEY_ALGORITHM_INVALID)
                return -EOPNOTSUPP;
        if (gnutls_x509_crq_verify(crq, 0) < 0)
                return -EKEYREJECTED;
        r = read_subject(crq, &s);
        if (r < 0)
                return r;
        *ret_subject = TAKE_PTR(s);
        *ret_key = TAKE_PTR(key);
        return 0;
}
