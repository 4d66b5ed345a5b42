/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words of EN 319 102-1 and the report that is told in them; see verify.h and verify-report.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/name.h"
#include "sign/verify-report.h"

static const struct {
        const char *name;
        Indication indication;
} subindications[SUB_MAX] = {
        [SUB_NONE] = { NULL, INDICATION_TOTAL_PASSED },
        [SUB_FORMAT_FAILURE] = { "FORMAT_FAILURE", INDICATION_TOTAL_FAILED },
        [SUB_HASH_FAILURE] = { "HASH_FAILURE", INDICATION_TOTAL_FAILED },
        [SUB_SIG_CRYPTO_FAILURE] = { "SIG_CRYPTO_FAILURE", INDICATION_TOTAL_FAILED },
        [SUB_SIG_CONSTRAINTS_FAILURE] = { "SIG_CONSTRAINTS_FAILURE", INDICATION_INDETERMINATE },
        [SUB_CHAIN_CONSTRAINTS_FAILURE] = { "CHAIN_CONSTRAINTS_FAILURE", INDICATION_INDETERMINATE },
        [SUB_CRYPTO_CONSTRAINTS_FAILURE] = { "CRYPTO_CONSTRAINTS_FAILURE", INDICATION_INDETERMINATE },
        [SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE] = { "CERTIFICATE_CHAIN_GENERAL_FAILURE", INDICATION_INDETERMINATE },
        [SUB_EXPIRED] = { "EXPIRED", INDICATION_TOTAL_FAILED },
        [SUB_NOT_YET_VALID] = { "NOT_YET_VALID", INDICATION_TOTAL_FAILED },
        [SUB_SIGNED_DATA_NOT_FOUND] = { "SIGNED_DATA_NOT_FOUND", INDICATION_INDETERMINATE },
        [SUB_NO_SIGNING_CERTIFICATE_FOUND] = { "NO_SIGNING_CERTIFICATE_FOUND", INDICATION_INDETERMINATE },
        [SUB_NO_CERTIFICATE_CHAIN_FOUND] = { "NO_CERTIFICATE_CHAIN_FOUND", INDICATION_INDETERMINATE },
        [SUB_OUT_OF_BOUNDS_NO_POE] = { "OUT_OF_BOUNDS_NO_POE", INDICATION_INDETERMINATE },
        [SUB_REVOKED] = { "REVOKED", INDICATION_TOTAL_FAILED },
        [SUB_REVOKED_NO_POE] = { "REVOKED_NO_POE", INDICATION_INDETERMINATE },
        [SUB_REVOKED_CA_NO_POE] = { "REVOKED_CA_NO_POE", INDICATION_INDETERMINATE },
        [SUB_TRY_LATER] = { "TRY_LATER", INDICATION_INDETERMINATE },
        [SUB_NO_POE] = { "NO_POE", INDICATION_INDETERMINATE },
        [SUB_TIMESTAMP_ORDER_FAILURE] = { "TIMESTAMP_ORDER_FAILURE", INDICATION_INDETERMINATE },
};

const char *indication_to_string(Indication i) {
        static const char *const names[] = {
                [INDICATION_TOTAL_PASSED] = "TOTAL-PASSED",
                [INDICATION_INDETERMINATE] = "INDETERMINATE",
                [INDICATION_TOTAL_FAILED] = "TOTAL-FAILED",
        };

        return names[i];
}

const char *subindication_to_string(SubIndication s) {
        return subindications[s].name;
}

const char *document_addition_to_string(DocumentAddition a) {
        static const char *const names[] = {
                [ADDED_SIGNATURES] = "signatures",
                [ADDED_FORM_FILLING] = "form-filling",
                [ADDED_CONTENT] = "content",
        };

        return names[a];
}

/* The main indication that goes with a subindication. */
static Indication subindication_to_indication(SubIndication s) {
        return subindications[s].indication;
}

static const SignatureReport signature_report_empty = {
        .signing_time = -1,
        .status = { .state = CERTIFICATE_UNKNOWN, .since = -1, .next_update = -1 },
        .proven_time = -1,
        .not_before = -1,
};

CertificateState signature_state_at_signing(const SignatureReport *s) {
        int64_t when = s->proven_time >= 0 ? s->proven_time : s->signing_time;
        bool ended = s->status.state == CERTIFICATE_SUSPENDED || s->status.state == CERTIFICATE_REVOKED;

        return ended && when >= 0 && when < s->status.since ? CERTIFICATE_GOOD : s->status.state;
}

int report_append_name(char ***list, size_t *n, const char *name) {
        char **grown = *list;

        /* Grown where the number is a power of two, so that many names cost no more than they are. */
        if ((*n & (*n - 1)) == 0) {
                grown = reallocarray(*list, *n > 0 ? 2 * *n : 1, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                *list = grown;
        }
        grown[*n] = utf8_sanitize(view_string(name));
        if (!grown[*n])
                return -ENOMEM;
        (*n)++;
        return 0;
}

static void free_names(char **list, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(list[i]);
        free(list);
}

void signature_report_done(SignatureReport *s) {
        free(s->reason);
        free(s->signer);
        free(s->field);
        bytes_done(&s->certificate);
        free(s->issuer);
        free(s->serial);
        free(s->proven_by);
        for (size_t i = 0; i < s->n_timestamps; i++)
                free(s->timestamps[i].authority);
        free(s->timestamps);
        bytes_done(&s->digest);
        bytes_done(&s->value);
        for (size_t i = 0; i < s->n_path; i++)
                bytes_done(&s->path[i]);
        free(s->path);
        free_names(s->covered, s->n_covered);
        free_names(s->elements, s->n_elements);
        *s = signature_report_empty;
}

void verify_report_done(VerifyReport *r) {
        if (!r)
                return;
        for (size_t i = 0; i < r->n_signatures; i++)
                signature_report_done(&r->signatures[i]);
        free(r->signatures);
        free(r->reason);
        free_names(r->unsigned_files, r->n_unsigned_files);
        *r = (VerifyReport) { 0 };
}

int verify_report_add(VerifyReport *r, SignatureReport **ret) {
        SignatureReport *list;

        if (r->n_signatures >= VERIFY_SIGNATURES_MAX)
                return -E2BIG;
        list = reallocarray(r->signatures, r->n_signatures + 1, sizeof(*list));
        if (!list)
                return -ENOMEM;
        r->signatures = list;
        *ret = &list[r->n_signatures++];
        **ret = signature_report_empty;
        return 0;
}

static int set_reason(char **reason, const char *sentence) {
        char *copy = strdup(sentence);

        if (!copy)
                return -ENOMEM;
        free(*reason);
        *reason = copy;
        return 0;
}

int signature_report_note(SignatureReport *s, SubIndication sub, const char *reason) {
        Indication indication = subindication_to_indication(sub);
        int r;

        if (sub == SUB_NONE)
                return 0;
        if (s->subindication != SUB_NONE && (s->indication == INDICATION_TOTAL_FAILED || indication != INDICATION_TOTAL_FAILED))
                return 0;
        r = set_reason(&s->reason, reason);
        if (r < 0)
                return r;
        s->indication = indication;
        s->subindication = sub;
        return 0;
}

static void datum_done(gnutls_datum_t *d) {
        gnutls_free(d->data);
}

/* A serial number as it is written elsewhere: without the octet that only says that it is not negative. */
static View without_sign(View serial) {
        return serial.len > 1 && serial.data[0] == 0 ? VIEW(serial.data + 1, serial.len - 1) : serial;
}

int signature_report_describe(SignatureReport *s, gnutls_x509_crt_t certificate) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        uint8_t serial[128];
        size_t len = sizeof(serial);
        int r;

        r = certificate_names(certificate, &s->signer, &s->issuer);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_get_serial(certificate, serial, &len) >= 0) {
                s->serial = hex_encode(without_sign(VIEW(serial, len)));
                if (!s->serial)
                        return -ENOMEM;
        }
        if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) < 0)
                return -ENOMEM;
        return bytes_dup(VIEW(der.data, der.size), &s->certificate);
}

bool verify_report_is_time_alone(const VerifyReport *r) {
        for (size_t i = 0; i < r->n_signatures; i++)
                if (!r->signatures[i].timestamp)
                        return false;
        return r->n_signatures > 0;
}

/* A countersignature that holds is of the one that it stands with, and whether its signer is trusted is told of it alone (EN 319 102-1 validates each by
 * itself). One that does not hold is something false that somebody put into the file, as a timestamp of something else is. */
static bool counts(const SignatureReport *s) {
        return !s->countersignature || !s->integrity;
}

int verify_report_conclude(VerifyReport *r, const char *none) {
        const SignatureReport *worst = NULL;

        for (size_t i = 0; i < r->n_signatures; i++)
                if (counts(&r->signatures[i]) && (!worst || r->signatures[i].indication > worst->indication))
                        worst = &r->signatures[i];
        r->indication = worst ? worst->indication : INDICATION_TOTAL_FAILED;
        r->subindication = worst ? worst->subindication : SUB_FORMAT_FAILURE;
        if (worst && !worst->reason)
                return 0;
        return set_reason(&r->reason, worst ? worst->reason : none);
}
