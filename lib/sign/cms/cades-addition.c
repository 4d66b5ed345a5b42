/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parallel signatures and countersignatures; see cades-addition.h. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "der/oids.h"
#include "sign/cms/armor.h"
#include "sign/cms/cades-addition.h"
#include "sign/cms/cms-parse.h"
#include "sign/cms/cms-verify.h"

struct CadesAddition {
        int decoded; /* what was text, or -1 */
        CmsEdit *edit;
        CadesDraft *draft;
        bool countersign;
        size_t signer; /* index */
};

CadesAddition *cades_addition_free(CadesAddition *a) {
        if (!a)
                return NULL;
        cms_edit_free(a->edit);
        cades_draft_free(a->draft);
        if (a->decoded >= 0)
                close(a->decoded);
        free(a);
        return NULL;
}

static int digest_file(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return digest_of_fd(algorithm, *(int *) userdata, 0, UINT64_MAX, ret);
}

/* Digests and values alone: who signed, and whether one may rely on it, is for who verifies. */
static int check_signatures(int fd, int content_fd, int64_t now) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        const CmsContent content = { .digest = content_fd >= 0 ? digest_file : NULL, .userdata = &content_fd };
        const VerifyParams params = { .now = now, .content_fd = content_fd };
        CmsFacts facts;
        int r;

        r = cms_verify_fd(fd, &content, &params, &report, &facts);
        if (r < 0)
                return r;
        if (facts.n_signers == 0)
                return CADES_E_NOT_SIGNED;
        if (!facts.has_embedded_content && content_fd < 0)
                return CADES_E_NO_DOCUMENT;
        for (size_t i = 0; i < report.n_signatures; i++)
                if (!report.signatures[i].integrity)
                        return CADES_E_BROKEN;
        return 0;
}

static int choose_signer(CadesAddition *a, size_t number) {
        size_t n = cms_edit_count_signers(a->edit);

        if (number > n || (number == 0 && n != 1))
                return CADES_E_WHICH;
        a->signer = number > 0 ? number - 1 : 0;
        return 0;
}

/* Of the content, or of the signature that is countersigned. */
static int digest_signed(CadesAddition *a, gnutls_digest_algorithm_t algorithm, int content_fd, Digest *ret) {
        View value;
        int r;

        if (!a->countersign) {
                r = cms_edit_digest_content(a->edit, algorithm, ret);
                return r == -ENODATA ? digest_of_fd(algorithm, content_fd, 0, UINT64_MAX, ret) : r;
        }
        r = cms_edit_signature(a->edit, a->signer, &value);
        return r < 0 ? r : digest_of(algorithm, value, ret);
}

static int make_draft(CadesAddition *a, const Signer *signer, const CadesAdditionParams *params) {
        const CadesParams cades = { .signing_time = params->signing_time, .countersignature = a->countersign };
        Digest digest;
        int r;

        r = a->countersign ? choose_signer(a, params->options.signer) : strcmp(cms_edit_content_type(a->edit), OID_DATA) != 0 ? CADES_E_CONTENT : 0;
        if (r == 0)
                r = digest_signed(a, signer->scheme.message_digest, params->options.content_fd, &digest);
        return r != 0 ? r : cades_draft_new(signer, &cades, digest_view(&digest), &a->draft);
}

static int outcome_of_reading(int r) {
        switch (r) {
        case -EBADMSG:
        case -ELOOP:
        case -E2BIG:
                return CADES_E_NOT_SIGNED;
        case -EOPNOTSUPP:
                return CADES_E_CONTENT;
        default:
                return r;
        }
}

int cades_addition_new(const Signer *signer, const CadesAdditionParams *params, int fd, CadesAddition **ret) {
        _cleanup_(cades_addition_freep) CadesAddition *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->decoded = -1;
        a->countersign = params->options.countersign;
        r = armor_open(fd, &a->decoded);
        if (r == 0)
                r = check_signatures(a->decoded >= 0 ? a->decoded : fd, params->options.content_fd, params->signing_time);
        if (r == 0)
                r = cms_edit_open(a->decoded >= 0 ? a->decoded : fd, &a->edit);
        r = outcome_of_reading(r);
        if (r == 0 && cms_edit_is_archived(a->edit))
                r = CADES_E_ARCHIVED;
        if (r == 0)
                r = make_draft(a, signer, params);
        if (r == 0)
                *ret = TAKE_PTR(a);
        return r;
}

View cades_addition_tbs(const CadesAddition *a) {
        return cades_draft_tbs(a->draft);
}

int cades_addition_complete(CadesAddition *a, View signature, View timestamp, int out_fd) {
        int r;

        r = a->countersign ? cades_draft_countersign(a->draft, signature, timestamp, a->edit, a->signer) : cades_draft_add(a->draft, signature, timestamp, a->edit);
        return r < 0 ? r : cms_edit_write(a->edit, out_fd);
}

bool cades_recognize(int fd, bool *ret_enveloping) {
        _cleanup_(cms_signed_data_done) CmsSignedData d = { 0 };
        _cleanup_ber_source_ BerSource source = { .fd = -1 };
        _cleanup_close_ int decoded = -1;

        if (armor_open(fd, &decoded) < 0 || ber_source_init_fd(&source, decoded >= 0 ? decoded : fd) < 0 || cms_parse(&source, &d) < 0 || d.n_signers == 0)
                return false;
        *ret_enveloping = d.has_content;
        return true;
}

const char *cades_strerror(int outcome) {
        switch (outcome) {
        case CADES_E_NOT_SIGNED:
                return N_("There is no CMS signature in it beside which another one could stand.");
        case CADES_E_CONTENT:
                return N_("What is signed in it is of a type or an old form to which no signature is added.");
        case CADES_E_NO_DOCUMENT:
                return N_("The document that was signed is not in it: name it by --content, or put it beside the signature.");
        case CADES_E_BROKEN:
                return N_("A signature in it does not hold, or is of another document than this one; see what “sygnet verify” says.");
        case CADES_E_WHICH:
                return N_("There is no signature of that number, or there are several: say which one by --countersign=N.");
        case CADES_E_ARCHIVED:
                return N_("An archive timestamp of an old form is over all that is in it, and would not be of it any more.");
        default:
                return N_("No signature can be added to it.");
        }
}
