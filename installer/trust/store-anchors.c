/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stores of p11-kit: a directory of anchors and a command that extracts from it what programs read. Fedora and its kin, SUSE, and what has p11-kit's
 * own layout. Where bundles are extracted for each purpose, what a certificate is trusted for is limited by OpenSSL's trusted form of it. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "der/der.h"
#include "installer/trust/store.h"

#define OID_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define OID_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define OID_CODE_SIGNING "1.3.6.1.5.5.7.3.3"
#define OID_EMAIL_PROTECTION "1.3.6.1.5.5.7.3.4"

typedef struct Layout {
        const char *anchors, *extracted;
        const char *commands[2][3]; /* the first whose program is there */
        struct {
                const char *path; /* below `extracted` */
                unsigned purposes;
        } bundles[3];
} Layout;

static const Layout fedora = {
        .anchors = "/etc/pki/ca-trust/source/anchors",
        .extracted = "/etc/pki/ca-trust/extracted",
        .commands = { { "/usr/bin/update-ca-trust", "extract", NULL }, { "/usr/sbin/update-ca-trust", "extract", NULL } },
        .bundles = { { "pem/tls-ca-bundle.pem", PURPOSE_TLS }, { "pem/email-ca-bundle.pem", PURPOSE_EMAIL }, { "pem/objsign-ca-bundle.pem", PURPOSE_CODE } },
};

/* Of its outputs only the one for TLS is a file of all certificates. */
static const Layout suse = {
        .anchors = "/etc/pki/trust/anchors",
        .extracted = "/var/lib/ca-certificates",
        .commands = { { "/usr/sbin/update-ca-certificates", NULL } },
        .bundles = { { "ca-bundle.pem", PURPOSE_ALL } },
};

static const Layout p11_kit = {
        .anchors = "/etc/ca-certificates/trust-source/anchors",
        .extracted = "/etc/ca-certificates/extracted",
        .commands = { { "/usr/bin/update-ca-trust", NULL }, { "/usr/bin/trust", "extract-compat", NULL } },
        .bundles = { { "tls-ca-bundle.pem", PURPOSE_TLS }, { "email-ca-bundle.pem", PURPOSE_EMAIL }, { "objsign-ca-bundle.pem", PURPOSE_CODE } },
};

/* --- One for all -------------------------------------------------------------------------------------------------- */

static const char *const *find_command(const Stores *s, const Layout *l) {
        for (size_t i = 0; i < ELEMENTSOF(l->commands); i++)
                if (l->commands[i][0] && stores_has(s, l->commands[i][0]))
                        return l->commands[i];
        return NULL;
}

static bool layout_is_present(const Stores *s, const Layout *l) {
        return stores_has(s, l->anchors) && find_command(s, l);
}

static const char *layout_problem(const Stores *s, const Layout *l) {
        const char *anchors = directory_problem(s, l->anchors);

        return anchors ?: directory_problem(s, l->extracted);
}

static int layout_survey(const Stores *s, const Layout *l, Survey *ret) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(l->bundles) && l->bundles[i].path; i++) {
                _cleanup_free_ char *path = stores_path(s, "%s/%s", l->extracted, l->bundles[i].path);

                r = path ? survey_add_pem_file(ret, path, l->bundles[i].purposes) : -ENOMEM;
        }
        return r;
}

static char *layout_path(const Stores *s, const Layout *l, const Record *r) {
        return stores_path(s, "%s/sygnet-%.16s.pem", l->anchors, r->fingerprint);
}

static int append_purpose(Bytes *b, const Record *r, unsigned purpose, const char *oid) {
        return r->purposes & purpose ? der_append_oid(b, oid) : 0;
}

/* The certificate and behind it what OpenSSL calls CertAux: SEQUENCE { trust SEQUENCE OF OBJECT IDENTIFIER }. */
static int trusted_certificate(const Record *r, Bytes *ret) {
        _cleanup_bytes_ Bytes oids = BYTES_NULL, trust = BYTES_NULL, all = BYTES_NULL, text = BYTES_NULL;
        int k;

        k = append_purpose(&oids, r, PURPOSE_TLS, OID_SERVER_AUTH);
        if (k >= 0)
                k = append_purpose(&oids, r, PURPOSE_TLS, OID_CLIENT_AUTH);
        if (k >= 0)
                k = append_purpose(&oids, r, PURPOSE_EMAIL, OID_EMAIL_PROTECTION);
        if (k >= 0)
                k = append_purpose(&oids, r, PURPOSE_CODE, OID_CODE_SIGNING);
        if (k >= 0)
                k = der_append_element(&trust, 0x30, bytes_view(&oids));
        if (k >= 0)
                k = bytes_append_view(&all, bytes_view(&r->der));
        if (k >= 0)
                k = der_append_element(&all, 0x30, bytes_view(&trust));
        if (k >= 0)
                k = pem_append(&text, "TRUSTED CERTIFICATE", bytes_view(&all));
        if (k < 0)
                return k;
        *ret = bytes_take(&text);
        return 0;
}

static int with_file(const Stores *s, const Layout *l, const Record *r, int (*f)(const char *path, View content)) {
        _cleanup_free_ char *path = layout_path(s, l, r);
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int k;

        if (!path)
                return -ENOMEM;
        k = r->purposes == PURPOSE_ALL ? certificate_to_pem(bytes_view(&r->der), &content) : trusted_certificate(r, &content);
        return k < 0 ? k : f(path, bytes_view(&content));
}

static int layout_commands(const Stores *s, const Layout *l, CommandList *ret) {
        const char *const *command = find_command(s, l);
        _cleanup_free_ char *program = NULL;

        if (!command)
                return 0;
        program = stores_path(s, "%s", command[0]);
        return program ? command_add(ret, (const char *const[]) { program, command[1], NULL }) : -ENOMEM;
}

/* --- Each --------------------------------------------------------------------------------------------------------- */

#define DEFINE_STORE(prefix, layout, store_id, title, limits)                                                                                  \
        static bool prefix##_is_present(const Stores *s) {                                                                                     \
                return layout_is_present(s, &(layout));                                                                                        \
        }                                                                                                                                      \
        static char *prefix##_place(const Stores *s) {                                                                                         \
                return stores_path(s, "%s", (layout).anchors);                                                                                 \
        }                                                                                                                                      \
        static char *prefix##_path(const Stores *s, const Record *r) {                                                                         \
                return layout_path(s, &(layout), r);                                                                                           \
        }                                                                                                                                      \
        static const char *prefix##_problem(const Stores *s) {                                                                                 \
                return layout_problem(s, &(layout));                                                                                           \
        }                                                                                                                                      \
        static int prefix##_survey(const Stores *s, Survey *ret) {                                                                             \
                return layout_survey(s, &(layout), ret);                                                                                       \
        }                                                                                                                                      \
        static int prefix##_put(const Stores *s, const Record *r) {                                                                            \
                return with_file(s, &(layout), r, content_put);                                                                                \
        }                                                                                                                                      \
        static int prefix##_drop(const Stores *s, const Record *r) {                                                                           \
                return with_file(s, &(layout), r, content_drop);                                                                               \
        }                                                                                                                                      \
        static int prefix##_commands(const Stores *s, const RecordList *l, bool leaving, bool torn, CommandList *ret) {                        \
                return layout_commands(s, &(layout), ret);                                                                                     \
        }                                                                                                                                      \
        static bool prefix##_has_file(const Stores *s, const Record *r) {                                                                      \
                return with_file(s, &(layout), r, content_is) > 0;                                                                             \
        }                                                                                                                                      \
        const Store store_##prefix = {                                                                                                         \
                .id = store_id,                                                                                                                \
                .name = title,                                                                                                                 \
                .purposes = limits,                                                                                                            \
                .is_present = prefix##_is_present,                                                                                             \
                .place = prefix##_place,                                                                                                       \
                .path = prefix##_path,                                                                                                         \
                .problem = prefix##_problem,                                                                                                   \
                .survey = prefix##_survey,                                                                                                     \
                .put = prefix##_put,                                                                                                           \
                .drop = prefix##_drop,                                                                                                         \
                .commands = prefix##_commands,                                                                                                 \
                .has_file = prefix##_has_file,                                                                                                 \
        }

DEFINE_STORE(ca_trust, fedora, STORE_CA_TRUST, N_("The system's certificates (ca-trust)"), PURPOSE_ALL);
DEFINE_STORE(suse, suse, STORE_SUSE, N_("The system's certificates (SUSE)"), 0);
DEFINE_STORE(p11_kit, p11_kit, STORE_P11_KIT, N_("The system's certificates (p11-kit)"), PURPOSE_ALL);
