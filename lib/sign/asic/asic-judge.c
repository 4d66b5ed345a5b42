/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a container is, beside what its signatures are; see asic-judge.h. */

#include <errno.h>

#include "sign/asic/asic-judge.h"
#include "sign/asic/asic-manifest.h"

/* EN 319 102-1 §5.3: what is signed is looked at before who signed, so that what cannot be told about the signer gives way. */
int asic_fail(SignatureReport *s, SubIndication sub, const char *reason) {
        s->integrity = s->covers_whole_document = false;
        bytes_done(&s->value);
        if (s->indication == INDICATION_INDETERMINATE) {
                s->indication = INDICATION_TOTAL_PASSED;
                s->subindication = SUB_NONE;
        }
        return signature_report_note(s, sub, reason);
}

static int note_all(VerifyReport *report, SubIndication sub, const char *reason) {
        int r = 0;

        for (size_t i = 0; i < report->n_signatures && r >= 0; i++)
                r = signature_report_note(&report->signatures[i], sub, reason);
        return r;
}

/* §4.3.3: one file, at the top, and signatures of one kind, or a time assertion of one. */
static bool is_simple(const AsicContainer *c) {
        const ZipEntry *e = asic_single(c);
        size_t kinds = (c->n[ASIC_ROLE_CADES] > 0) + (c->n[ASIC_ROLE_XADES] > 0) + (c->n[ASIC_ROLE_TIMESTAMP] > 0);
        bool assertions = c->n[ASIC_ROLE_TIMESTAMP] > 0 && c->n[ASIC_ROLE_EVIDENCE] > 0;

        if (!e || strchr(e->name, '/') || kinds > 1 || assertions || c->n[ASIC_ROLE_MANIFEST] > 0)
                return false;
        for (size_t i = 0; i < c->zip.n; i++)
                if (c->roles[i] == ASIC_ROLE_FOLDER && strcmp(c->zip.entries[i].name, "META-INF/") != 0)
                        return false;
        return true;
}

typedef struct Listed {
        const AsicContainer *container;
        bool *is; /* zip.entries[i] */
        bool strange; /* a file that is not there */
} Listed;

static int note_listed(void *userdata, const char *path) {
        Listed *l = userdata;
        const ZipEntry *e = zip_find(&l->container->zip, path) ?: asic_find_uri(l->container, path);

        if (e)
                l->is[asic_index(l->container, e)] = true;
        else
                l->strange = true;
        return 0;
}

/* OpenDocument's manifest is not signed; but who reads it before the files must not see others in it. */
static int judge_package(const AsicContainer *c, VerifyReport *report) {
        const ZipEntry *e = zip_find(&c->zip, "META-INF/manifest.xml");
        _cleanup_free_ bool *is = calloc(c->zip.n + 1, sizeof(*is));
        Listed listed = { .container = c, .is = is };
        _cleanup_bytes_ Bytes xml = BYTES_NULL;
        int r;

        if (!is)
                return -ENOMEM;
        if (!e || c->kind != ASIC_E || c->n[ASIC_ROLE_XADES] == 0)
                return 0;
        r = asic_read(c, e, &xml);
        if (r == 0)
                r = asic_package_paths(bytes_view(&xml), note_listed, &listed);
        if (r < 0 && r != -EBADMSG)
                return r;
        for (size_t i = 0; i < c->zip.n && !listed.strange && r == 0; i++)
                listed.strange = c->roles[i] == ASIC_ROLE_DATA && !is[i];
        return r != 0 || listed.strange ? note_all(report, SUB_SIG_CONSTRAINTS_FAILURE, N_("The container's list of files names others than are in it.")) : 0;
}

/* What a reader sees, and by OpenDocument's manifest and media type what it takes it for, which its programs sign as well. */
static bool is_document(const AsicContainer *c, size_t i) {
        return c->roles[i] == ASIC_ROLE_DATA ||
               (c->kind == ASIC_ODF && (c->roles[i] == ASIC_ROLE_MIMETYPE || c->roles[i] == ASIC_ROLE_PACKAGE_MANIFEST));
}

static int judge_files(const AsicContainer *c, const size_t *covered, VerifyReport *report) {
        bool document = false;
        int r = 0;

        for (size_t i = 0; i < c->zip.n && r >= 0; i++) {
                if (covered[i] || (!is_document(c, i) && c->roles[i] != ASIC_ROLE_OTHER))
                        continue;
                document = document || is_document(c, i);
                r = report_append_name(&report->unsigned_files, &report->n_unsigned_files, c->zip.entries[i].name);
        }
        for (size_t i = 0; i < report->n_signatures; i++)
                report->signatures[i].covers_whole_document = report->signatures[i].integrity && !report->signatures[i].countersignature && !report->signatures[i].without_comments &&
                                                              report->signatures[i].n_covered == c->n[ASIC_ROLE_DATA];
        if (r < 0 || !document)
                return r;
        return note_all(report, SUB_SIG_CONSTRAINTS_FAILURE, N_("The container has files that no valid signature is of: see their names."));
}

int asic_judge(const AsicContainer *c, const size_t *covered, VerifyReport *report) {
        int r = 0;

        for (size_t i = 0; c->n[ASIC_ROLE_DATA] == 0 && i < report->n_signatures && r >= 0; i++)
                r = asic_fail(&report->signatures[i], SUB_FORMAT_FAILURE, N_("The container holds no file that could be signed."));
        if (r < 0)
                return r;
        if (c->kind == ASIC_S && !is_simple(c))
                r = note_all(report, SUB_FORMAT_FAILURE, N_("The container says that it holds one file and one kind of signature (ASiC-S), and holds something else."));
        if (r >= 0)
                r = judge_files(c, covered, report);
        return r < 0 ? r : judge_package(c, report);
}
