/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Countersignatures (RFC 5652 §11.4, EN 319 122-1 §5.2.7): SignerInfos among the unsigned attributes of another one, over its signature value. */

#include <errno.h>
#include <string.h>

#include "der/attributes.h"
#include "sign/cms/cms-signer.h"

/* Of all that hang on one signer, and how deep one hangs on another. */
#define COUNTERSIGNATURES_MAX 32U
#define DEPTH_MAX 4U

typedef struct Countersigned {
        CmsContext context; /* the first member, see digest_value() */
        View value;
        VerifyReport *report;
        unsigned *n;
        unsigned depth;
} Countersigned;

static int digest_value(CmsContext *c, gnutls_digest_algorithm_t algorithm, Digest *ret_embedded, Digest *ret_external) {
        const Countersigned *s = (const Countersigned *) c;

        *ret_embedded = (Digest) { .len = 0 };
        return digest_of(algorithm, s->value, ret_external);
}

static int verify_all(Countersigned *s, View signer_info);

static int verify_one(Countersigned *s, View info) {
        SignatureReport *report;
        bool signing_time;
        int r;

        if (++*s->n > COUNTERSIGNATURES_MAX)
                return 0;
        r = verify_report_add(s->report, &report);
        if (r < 0)
                return r == -E2BIG ? 0 : r;
        report->countersignature = true;
        report->format = "CMS";
        r = cms_signer_verify(&s->context, info, report, &signing_time);
        if (r == -EBADMSG || r == -E2BIG || r == -ELOOP)
                return signature_report_note(report, SUB_FORMAT_FAILURE, N_("The signature is damaged: its structure can not be read."));
        return r < 0 || s->depth >= DEPTH_MAX ? r : verify_all(&(Countersigned) { .context = s->context, .report = s->report, .n = s->n, .depth = s->depth + 1 }, info);
}

/* What cannot be read was told where the signer was verified. */
static int verify_all(Countersigned *s, View signer_info) {
        _cleanup_attributes_ Attributes *a = NULL;
        View whole, contents;
        size_t start;
        int r = 0;

        if (cms_signer_info_field(signer_info, 0x04, &whole, &s->value, &start) < 0 || cms_signer_info_field(signer_info, 0xa1, &whole, &contents, &start) < 0)
                return 0;
        r = attributes_read(contents, &a);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; r >= 0 && i < a->n; i++) {
                View values = a->list[i].values, info;

                if (strcmp(a->list[i].type, OID_COUNTERSIGNATURE) != 0)
                        continue;
                while (r >= 0 && der_next(&values, &info, NULL) >= 0)
                        r = verify_one(s, info);
        }
        return r < 0 ? r : 0;
}

int cms_countersignatures_verify(const CmsContext *c, View signer_info, VerifyReport *r) {
        unsigned n = 0;
        Countersigned s = { .context = *c, .report = r, .n = &n };

        s.context.digest = digest_value;
        s.context.countersignature = true;
        return verify_all(&s, signer_info);
}
