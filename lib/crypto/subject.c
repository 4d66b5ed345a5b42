/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subjects and requests; see subject.h. One table says which attributes exist, in the order in which they are encoded. Values are encoded here
 * and handed to GnuTLS as DER, because GnuTLS would choose the string type by the value, and knows no organizationIdentifier. */

#include <errno.h>
#include <string.h>

#include "base/der-tag.h"
#include "base/utf8.h"
#include "crypto/subject.h"

#define FORMAT_SORTED 1U
#define FORMAT_ORDERED 2U
#define VALUE_SIZE_MAX (64U * 4U)

/* In the order in which they are encoded. */
enum {
        COUNTRY,
        ORGANIZATION,
        ORGANIZATION_IDENTIFIER,
        SURNAME,
        GIVEN_NAME,
        SERIAL_NUMBER,
        UNIQUE_IDENTIFIER,
        COMMON_NAME,
        N_ATTRIBUTES,
};

/* uniqueIdentifier is a BIT STRING in X.520 §6.2.7 and text wherever it is in use, which is also how KSeF's own clients write it. */
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
        [UNIQUE_IDENTIFIER] = { "uniqueIdentifier", "2.5.4.45", 64, TAG_UTF8_STRING },
        [COMMON_NAME] = { "commonName", "2.5.4.3", 64, TAG_UTF8_STRING },
};

typedef struct Attribute {
        int type;
        char *value;
} Attribute;

struct Subject {
        Attribute set[SUBJECT_ATTRIBUTES_MAX]; /* in the order in which they were */
        size_t n;
        bool ordered;
};

DEFINE_CLEANUP(gnutls_x509_crq_t, gnutls_x509_crq_deinit);

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
        for (size_t i = 0; i < s->n; i++)
                free(s->set[i].value);
        free(s);
        return NULL;
}

static int attribute_by_name(const char *name) {
        for (int i = 0; i < N_ATTRIBUTES; i++)
                if (strcmp(attributes[i].name, name) == 0 || strcmp(attributes[i].oid, name) == 0)
                        return i;
        return -EINVAL;
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

static const char *find(const Subject *s, int attribute) {
        for (size_t i = 0; i < s->n; i++)
                if (s->set[i].type == attribute)
                        return s->set[i].value;
        return NULL;
}

static int set_value(Subject *s, int attribute, const char *value) {
        char *copy;

        if (!value_is_valid(attribute, value))
                return -EINVAL;
        if (attribute != GIVEN_NAME && find(s, attribute))
                return -EEXIST;
        if (s->n == SUBJECT_ATTRIBUTES_MAX)
                return -E2BIG;
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        s->set[s->n++] = (Attribute) { attribute, copy };
        return 0;
}

int subject_set(Subject *s, const char *name, const char *value) {
        int attribute = attribute_by_name(name);

        return attribute < 0 ? attribute : set_value(s, attribute, value);
}

const char *subject_get(const Subject *s, const char *name) {
        int attribute = attribute_by_name(name);

        return attribute < 0 ? NULL : find(s, attribute);
}

void subject_keep_order(Subject *s) {
        s->ordered = true;
}

size_t subject_count(const Subject *s) {
        return s->n;
}

static const Attribute *attribute_at(const Subject *s, size_t i) {
        if (s->ordered)
                return &s->set[i];
        for (int type = 0; type < N_ATTRIBUTES; type++)
                for (size_t k = 0; k < s->n; k++)
                        if (s->set[k].type == type && i-- == 0)
                                return &s->set[k];
        return NULL;
}

const char *subject_name_at(const Subject *s, size_t i) {
        return i < s->n ? attributes[attribute_at(s, i)->type].name : NULL;
}

const char *subject_value_at(const Subject *s, size_t i) {
        return i < s->n ? attribute_at(s, i)->value : NULL;
}

/* --- The stored form ---------------------------------------------------------------------------------------------- */

static int append_sized(Bytes *b, const char *text) {
        int r = bytes_append_u32be(b, (uint32_t) strlen(text));

        return r < 0 ? r : bytes_append(b, text, strlen(text));
}

int subject_write(const Subject *s, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = bytes_append_byte(&b, s->ordered ? FORMAT_ORDERED : FORMAT_SORTED);

        for (size_t i = 0; r >= 0 && i < s->n; i++) {
                r = append_sized(&b, subject_name_at(s, i));
                if (r >= 0)
                        r = append_sized(&b, subject_value_at(s, i));
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
        if (v.data[0] != FORMAT_SORTED && v.data[0] != FORMAT_ORDERED)
                return -EPROTONOSUPPORT;
        r = subject_new(&s);
        if (r < 0)
                return r;
        s->ordered = v.data[0] == FORMAT_ORDERED;
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
static size_t encode_value(const Attribute *a, uint8_t ret[static VALUE_SIZE_MAX + 4]) {
        size_t len = strlen(a->value), n = 0;

        ret[n++] = attributes[a->type].tag;
        if (len > 255) {
                ret[n++] = 0x82;
                ret[n++] = (uint8_t) (len >> 8);
        } else if (len > 127)
                ret[n++] = 0x81;
        ret[n++] = (uint8_t) len;
        memcpy(ret + n, a->value, len);
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
        for (size_t i = 0; i < s->n; i++) {
                const Attribute *a = attribute_at(s, i);
                uint8_t der[VALUE_SIZE_MAX + 4];

                if (gnutls_x509_crt_set_dn_by_oid(certificate, attributes[a->type].oid, 1, der, (unsigned) encode_value(a, der)) < 0)
                        return -EIO;
        }
        return 0;
}

static int subject_to_request(const Subject *s, gnutls_x509_crq_t crq) {
        for (size_t i = 0; i < s->n; i++) {
                const Attribute *a = attribute_at(s, i);
                uint8_t der[VALUE_SIZE_MAX + 4];

                if (gnutls_x509_crq_set_dn_by_oid(crq, attributes[a->type].oid, 1, der, (unsigned) encode_value(a, der)) < 0)
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

static unsigned count_of(const Subject *s, int attribute) {
        unsigned n = 0;

        for (size_t i = 0; i < s->n; i++)
                n += s->set[i].type == attribute;
        return n;
}

/* One attribute, by its place; 0 when there is none there. GnuTLS numbers those of one kind apart: what was read before says which it is. */
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
        attribute = attribute_by_name(oid);
        if (attribute < 0)
                return -EOPNOTSUPP;
        size = sizeof(der);
        r = gnutls_x509_crq_get_dn_by_oid(crq, oid, count_of(s, attribute), 1, der, &size);
        if (r < 0)
                return -EOPNOTSUPP;
        r = decode_value(VIEW(der, size), value);
        if (r < 0)
                return r;
        /* A second of a kind that there is one of is found here. */
        r = set_value(s, attribute, value);
        return r == -ENOMEM ? r : r < 0 ? -EOPNOTSUPP : 1;
}

static int read_subject(gnutls_x509_crq_t crq, Subject **ret) {
        _cleanup_(subject_freep) Subject *s = NULL;
        int r = subject_new(&s);

        if (r < 0)
                return r;
        for (unsigned place = 0; place <= SUBJECT_ATTRIBUTES_MAX; place++) {
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
