/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Name constraints; see name-constraints.h. Whether the permitted subtrees of two authorities meet need not be worked out: a name has to be within those of each. */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/der-tag.h"
#include "crypto/key.h"
#include "der/der.h"
#include "sign/trust/distinguished-name.h"
#include "sign/trust/name-constraints.h"

#define OID_SUBJECT_ALT_NAME "2.5.29.17"
#define OID_NAME_CONSTRAINTS "2.5.29.30"
#define OID_EMAIL_ADDRESS "1.2.840.113549.1.9.1"
#define OID_SMTP_UTF8_MAILBOX "1.3.6.1.5.5.7.8.9"

/* The tags of GeneralName. */
enum {
        FORM_OTHER,
        FORM_MAILBOX,
        FORM_DNS,
        FORM_X400,
        FORM_DIRECTORY,
        FORM_EDI,
        FORM_URI,
        FORM_ADDRESS,
        FORM_REGISTERED,
};

#define FORM_BIT(form) (1U << (form))
#define FORMS_LOOKED_AT (FORM_BIT(FORM_MAILBOX) | FORM_BIT(FORM_DNS) | FORM_BIT(FORM_DIRECTORY) | FORM_BIT(FORM_URI) | FORM_BIT(FORM_ADDRESS))
#define FORMS_CONSTRUCTED (FORM_BIT(FORM_OTHER) | FORM_BIT(FORM_X400) | FORM_BIT(FORM_DIRECTORY) | FORM_BIT(FORM_EDI))

typedef struct Name {
        unsigned form;
        Bytes value; /* of directory names and mailboxes, as they are compared */
} Name;

typedef struct Names {
        Name *all;
        size_t n;
        unsigned forms;    /* bits */
        unsigned compared; /* bits of the forms whose values are needed; others may be what cannot be read */
} Names;

typedef struct Constraints {
        Names permitted, excluded;
} Constraints;

static void names_done(Names *n) {
        for (size_t i = 0; i < n->n; i++)
                bytes_done(&n->all[i].value);
        free(n->all);
        *n = (Names) { 0 };
}

static void constraints_done(Constraints *c) {
        names_done(&c->permitted);
        names_done(&c->excluded);
}

/* Takes the value. */
static int add(Names *names, unsigned form, Bytes *value) {
        Name *all;

        if (names->n >= NAME_CONSTRAINTS_COMPARISONS_MAX)
                return -E2BIG;
        all = reallocarray(names->all, names->n + 1, sizeof(*all));
        if (!all)
                return -ENOMEM;
        names->all = all;
        all[names->n++] = (Name) { .form = form, .value = bytes_take(value) };
        names->forms |= FORM_BIT(form);
        return 0;
}

/* §7.5: the host's letters without their case, the rest as it is. Of a subtree it may be the host alone. A host that is no ASCII has other spellings. */
static int add_mailbox(Names *names, View v, bool subtree) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const uint8_t *at = v.len > 0 ? memrchr(v.data, '@', v.len) : NULL;
        size_t host = at ? (size_t) (at - v.data) + 1 : 0;
        int r;

        if (!(names->compared & FORM_BIT(FORM_MAILBOX)))
                return add(names, FORM_MAILBOX, &b);
        if (!at && !subtree)
                return -EBADMSG;
        r = bytes_dup(v, &b);
        for (size_t i = 0; r >= 0 && i < b.len; i++) {
                if (b.data[i] == 0 || (i >= host && b.data[i] >= 0x80))
                        r = -EBADMSG;
                if (i >= host)
                        b.data[i] = (uint8_t) tolower(b.data[i]);
        }
        return r < 0 ? r : add(names, FORM_MAILBOX, &b);
}

static int add_directory(Names *names, View rdns) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = names->compared & FORM_BIT(FORM_DIRECTORY) ? distinguished_name_fold(rdns, &b) : 0;

        return r < 0 ? r : add(names, FORM_DIRECTORY, &b);
}

/* RFC 9598 §6: a mailbox that is no ASCII is within subtrees of mailboxes like any other. */
static int add_other(Names *names, View contents, bool subtree) {
        Bytes none = BYTES_NULL;
        char oid[DER_OID_MAX];
        View type, value, mailbox;
        int r;

        if (der_next(&contents, &type, NULL) < 0 || der_read_oid(type, oid) < 0)
                return -EBADMSG;
        r = add(names, FORM_OTHER, &none);
        if (r < 0 || subtree || strcmp(oid, OID_SMTP_UTF8_MAILBOX) != 0)
                return r;
        if (der_expect(&contents, TAG_CONTEXT_0, &value) < 0 || der_expect(&value, TAG_UTF8_STRING, &mailbox) < 0)
                return -EBADMSG;
        return add_mailbox(names, mailbox, false);
}

static int add_general_name(Names *names, View element, View contents, bool subtree) {
        unsigned form = element.data[0] & 0x1fU;
        Bytes none = BYTES_NULL;
        View rdns;

        if (form > FORM_REGISTERED || element.data[0] != (FORM_BIT(form) & FORMS_CONSTRUCTED ? 0xa0U : 0x80U) + form)
                return -EBADMSG;
        switch (form) {
        case FORM_OTHER:
                return add_other(names, contents, subtree);
        case FORM_MAILBOX:
                return add_mailbox(names, contents, subtree);
        case FORM_DIRECTORY:
                return der_expect(&contents, TAG_SEQUENCE, &rdns) < 0 || contents.len > 0 ? -EBADMSG : add_directory(names, rdns);
        default:
                return add(names, form, &none);
        }
}

/* minimum is 0 and maximum absent (§4.2.1.10). */
static int add_subtrees(Names *names, View v) {
        View subtree, base, contents, minimum;
        int r = 0;

        while (r >= 0 && v.len > 0) {
                if (der_expect(&v, TAG_SEQUENCE, &subtree) < 0 || der_next(&subtree, &base, &contents) < 0)
                        return -EBADMSG;
                r = der_optional(&subtree, 0x80, &minimum);
                if (r < 0 || subtree.len > 0 || (r > 0 && (minimum.len != 1 || minimum.data[0] != 0)))
                        return -EBADMSG;
                r = add_general_name(names, base, contents, true);
        }
        return r;
}

/* 1 with the value, which the caller frees, 0 when it is absent. Of two of a kind nobody knows which holds. */
static int find_extension(gnutls_x509_crt_t crt, const char *oid, gnutls_datum_t *ret) {
        _cleanup_(datum_done) gnutls_datum_t other = { 0 };
        int r = gnutls_x509_crt_get_extension_by_oid2(crt, oid, 1, &other, NULL);

        if (r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EBADMSG;
        r = gnutls_x509_crt_get_extension_by_oid2(crt, oid, 0, ret, NULL);
        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return 0;
        return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : r < 0 ? -EBADMSG : 1;
}

static int split_constraints(View v, View *ret_permitted, View *ret_excluded) {
        View inside;

        *ret_permitted = *ret_excluded = (View) { 0 };
        if (der_expect(&v, TAG_SEQUENCE, &inside) < 0 || v.len > 0 || der_optional(&inside, TAG_CONTEXT_0, ret_permitted) < 0 ||
            der_optional(&inside, TAG_CONTEXT_1, ret_excluded) < 0 || inside.len > 0)
                return -EBADMSG;
        return 0;
}

/* 1 when the authority has any. */
static int read_constraints(gnutls_x509_crt_t crt, Constraints *ret) {
        _cleanup_(datum_done) gnutls_datum_t value = { 0 };
        View permitted, excluded;
        int r;

        r = find_extension(crt, OID_NAME_CONSTRAINTS, &value);
        if (r <= 0)
                return r;
        ret->permitted.compared = ret->excluded.compared = ~0U;
        r = split_constraints(VIEW(value.data, value.size), &permitted, &excluded);
        if (r >= 0)
                r = add_subtrees(&ret->permitted, permitted);
        if (r >= 0)
                r = add_subtrees(&ret->excluded, excluded);
        return r < 0 ? r : 1;
}

/* The emailAddress attributes of a subject. */
static int add_subject_mailboxes(Names *names, View rdns) {
        View rdn, attribute, type, element, contents;
        char oid[DER_OID_MAX];
        int r = 0;

        while (r >= 0 && rdns.len > 0) {
                r = der_expect(&rdns, TAG_SET, &rdn);
                while (r >= 0 && rdn.len > 0) {
                        if (der_expect(&rdn, TAG_SEQUENCE, &attribute) < 0 || der_next(&attribute, &type, NULL) < 0 || der_read_oid(type, oid) < 0 ||
                            der_next(&attribute, &element, &contents) < 0)
                                return -EBADMSG;
                        if (strcmp(oid, OID_EMAIL_ADDRESS) == 0)
                                r = add_mailbox(names, contents, false);
                }
        }
        return r;
}

/* An empty subject is no name. */
static int add_subject(Names *names, gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t dn = { 0 };
        View v, rdns;
        int r;

        if (gnutls_x509_crt_get_raw_dn(crt, &dn) < 0)
                return -EBADMSG;
        v = VIEW(dn.data, dn.size);
        if (der_expect(&v, TAG_SEQUENCE, &rdns) < 0)
                return -EBADMSG;
        r = rdns.len > 0 ? add_directory(names, rdns) : 0;
        return r < 0 ? r : add_subject_mailboxes(names, rdns);
}

static int add_alternatives(Names *names, gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t value = { 0 };
        View v, all, element, contents;
        int r;

        r = find_extension(crt, OID_SUBJECT_ALT_NAME, &value);
        if (r <= 0)
                return r;
        v = VIEW(value.data, value.size);
        if (der_expect(&v, TAG_SEQUENCE, &all) < 0 || v.len > 0)
                return -EBADMSG;
        while (r >= 0 && all.len > 0) {
                r = der_next(&all, &element, &contents);
                if (r >= 0)
                        r = add_general_name(names, element, contents, false);
        }
        return r;
}

static bool is_self_issued(gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t subject = { 0 }, issuer = { 0 };

        return gnutls_x509_crt_get_raw_dn(crt, &subject) >= 0 && gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) >= 0 &&
               view_equal(VIEW(subject.data, subject.size), VIEW(issuer.data, issuer.size));
}

/* A mailbox, all mailboxes of a host, or with a dot those of the hosts of a domain; no text stands for all. */
static bool is_within_mailbox(View name, View base) {
        const uint8_t *at = memrchr(name.data, '@', name.len);
        View host = view_from(name, at + 1);

        if (base.len == 0)
                return true;
        if (memchr(base.data, '@', base.len))
                return view_equal(name, base);
        if (base.data[0] != '.')
                return view_equal(host, base);
        return host.len > base.len && memcmp(host.data + host.len - base.len, base.data, base.len) == 0;
}

static bool is_within(const Name *name, const Name *base) {
        View v = bytes_view(&name->value), b = bytes_view(&base->value);

        if (name->form == FORM_MAILBOX)
                return is_within_mailbox(v, b);
        return b.len == 0 || (v.len >= b.len && memcmp(v.data, b.data, b.len) == 0);
}

/* 1 when the name is within one of these, 0 when in none of those of its form. */
static int find(const Names *subtrees, const Name *name, unsigned *comparisons) {
        for (size_t i = 0; i < subtrees->n; i++) {
                if (++*comparisons > NAME_CONSTRAINTS_COMPARISONS_MAX)
                        return -E2BIG;
                if (subtrees->all[i].form == name->form && is_within(name, &subtrees->all[i]))
                        return 1;
        }
        return 0;
}

static bool permits(const Constraints *c, const Names *names, unsigned *comparisons) {
        unsigned forms = c->permitted.forms | c->excluded.forms;

        /* §4.2.1.10: only where a name of that form is below. */
        if (forms & ~FORMS_LOOKED_AT & names->forms)
                return false;
        for (size_t i = 0; i < names->n; i++) {
                const Name *name = &names->all[i];

                if (name->form != FORM_MAILBOX && name->form != FORM_DIRECTORY)
                        continue;
                if (find(&c->excluded, name, comparisons) != 0)
                        return false;
                if ((c->permitted.forms & FORM_BIT(name->form)) && find(&c->permitted, name, comparisons) <= 0)
                        return false;
        }
        return true;
}

/* A certificate under all that is above it. One that an authority issued to itself is under no constraints unless it is the last (§6.1.3 (b)). */
static bool certificate_holds(const gnutls_x509_crt_t *path, size_t i, const Constraints *above, size_t n_above, unsigned *comparisons) {
        _cleanup_(names_done) Names names = { 0 };
        bool good;

        if (n_above == 0 || (i > 0 && is_self_issued(path[i])))
                return true;
        for (size_t k = 0; k < n_above; k++)
                names.compared |= above[k].permitted.forms | above[k].excluded.forms;
        good = add_subject(&names, path[i]) >= 0 && add_alternatives(&names, path[i]) >= 0;
        for (size_t k = 0; good && k < n_above; k++)
                good = permits(&above[k], &names, comparisons);
        return good;
}

bool name_constraints_hold(const gnutls_x509_crt_t *path, size_t n, gnutls_x509_crt_t anchor) {
        Constraints *above = calloc(n, sizeof(*above));
        unsigned comparisons = 0;
        size_t n_above = 0;
        bool good = above;

        for (size_t i = n; good && i-- > 0;) {
                int r = read_constraints(i + 1 < n ? path[i + 1] : anchor, &above[n_above]);

                n_above += r != 0;
                good = r >= 0 && certificate_holds(path, i, above, n_above, &comparisons);
        }
        for (size_t i = 0; i < n_above; i++)
                constraints_done(&above[i]);
        free(above);
        return good;
}

static bool count_subtrees(gnutls_x509_crt_t crt, size_t *count) {
        _cleanup_(datum_done) gnutls_datum_t value = { 0 };
        View both[2];
        int r = find_extension(crt, OID_NAME_CONSTRAINTS, &value);

        if (r <= 0)
                return r == 0;
        if (split_constraints(VIEW(value.data, value.size), &both[0], &both[1]) < 0)
                return false;
        for (size_t i = 0; i < 2; i++) {
                size_t n = 0;

                if (both[i].len > 0 && der_count_elements(both[i], &n) < 0)
                        return false;
                *count += n;
        }
        return true;
}

static bool count_names(gnutls_x509_crt_t crt, size_t *count) {
        _cleanup_(datum_done) gnutls_datum_t value = { 0 };
        int r = find_extension(crt, OID_SUBJECT_ALT_NAME, &value);
        View v = VIEW(value.data, value.size), all;
        size_t n = 0;

        if (r <= 0)
                return r == 0;
        if (der_expect(&v, TAG_SEQUENCE, &all) < 0 || der_count_elements(all, &n) < 0)
                return false;
        *count += n;
        return true;
}

bool name_constraints_are_affordable(const gnutls_x509_crt_t *path, size_t n) {
        size_t subtrees = 0, names = n;

        for (size_t i = 0; i < n; i++)
                if (!count_subtrees(path[i], &subtrees))
                        return false;
        for (size_t i = 0; subtrees > 0 && i < n; i++)
                if (!count_names(path[i], &names))
                        return false;
        return subtrees <= NAME_CONSTRAINTS_SUBTREES_MAX && names <= NAME_CONSTRAINTS_COMPARISONS_MAX / (subtrees + 1);
}
