/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Proofs of existence in a signature; see proof.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sign/trust/proof.h"

typedef struct Proofs {
        const SignerEvidence *evidence;
        const VerifyParams *params;
        SignatureReport *report;
        uint32_t done;   /* bits: those that were tried */
        uint32_t proven; /* and those that hold */
} Proofs;

/* The policy of time-marks has no other proofs (§5.2.8). */
static int refuse_timestamps(uint32_t own, SignatureReport *report) {
        if (!(own & UINT32_C(1) << TIMESTAMP_SIGNATURE))
                return 0;
        return signature_report_note(report, SUB_SIG_CONSTRAINTS_FAILURE,
                                     N_("The signature names a policy that takes its time from an OCSP answer, and bears a timestamp besides."));
}

int proof_describe(const SignerEvidence *e, SignatureReport *report) {
        static const int outcomes[] = {
                [TIMESTAMP_UNREADABLE] = TIMESTAMP_E_MALFORMED,
                [TIMESTAMP_FOREIGN] = TIMESTAMP_E_DIFFERENT,
                [TIMESTAMP_INCOMPLETE] = TIMESTAMP_E_INCOMPLETE,
                [TIMESTAMP_FITS] = TIMESTAMP_NOT_TRIED,
        };
        uint32_t own = 0, foreign = 0; /* bits by kind */

        report->timestamps = calloc(e->n_timestamps + 1, sizeof(*report->timestamps));
        if (!report->timestamps)
                return -ENOMEM;
        for (size_t i = 0; i < e->n_timestamps; i++) {
                const Timestamp *t = &e->timestamps[i];

                report->timestamps[i] = (TimestampReport) { .kind = timestamp_kind_to_string(t->kind), .time = t->time, .outcome = outcomes[t->state] };
                own |= (uint32_t) (t->state == TIMESTAMP_FITS) << t->kind;
                foreign |= (uint32_t) (t->state == TIMESTAMP_FOREIGN) << t->kind;
        }
        report->n_timestamps = e->n_timestamps;
        /* Those of the content the signer put there, and those of references say little. */
        foreign &= ~own & (UINT32_C(1) << TIMESTAMP_SIGNATURE | UINT32_C(1) << TIMESTAMP_ARCHIVE);
        if (foreign == 0)
                return e->time_marked ? refuse_timestamps(own, report) : 0;
        report->integrity = report->covers_whole_document = false;
        if (foreign & UINT32_C(1) << TIMESTAMP_ARCHIVE)
                return signature_report_note(report, SUB_SIG_CONSTRAINTS_FAILURE,
                                             N_("The archive timestamp does not fit: the signature, or what was kept with it, was changed after it was archived."));
        return signature_report_note(report, SUB_SIG_CONSTRAINTS_FAILURE,
                                     N_("A timestamp in the signature is not of it: it was altered, or taken from another document."));
}

/* Whether one that was not tried is over it. */
static bool is_covered(const Proofs *p, size_t i) {
        for (size_t k = 0; k < p->evidence->n_timestamps; k++)
                if (!(p->done & UINT32_C(1) << k) && p->evidence->timestamps[k].covers & UINT32_C(1) << i)
                        return true;
        return false;
}

/* The next to be tried: one that none of the others is over, of several the youngest. Times alone do not tell, since clocks differ. */
static size_t find_next(const Proofs *p) {
        const SignerEvidence *e = p->evidence;
        size_t found = e->n_timestamps;
        bool covered = false;

        for (size_t i = 0; i < e->n_timestamps; i++) {
                bool c = is_covered(p, i);

                if (p->done & UINT32_C(1) << i || (found < e->n_timestamps && (c > covered || (c == covered && e->timestamps[i].time < e->timestamps[found].time))))
                        continue;
                found = i;
                covered = c;
        }
        return found;
}

/* By when it existed itself: the earliest that is proven by one over it, or over all. */
static void find_proof(const Proofs *p, size_t i, VerifyParams *own) {
        for (size_t k = 0; k < p->evidence->n_timestamps; k++) {
                const Timestamp *t = &p->evidence->timestamps[k];

                if (!(p->proven & UINT32_C(1) << k) || !(t->covers & UINT32_C(1) << i) || (own->proven_time > 0 && own->proven_time <= t->time))
                        continue;
                own->proven_time = t->time;
                own->proven_by = p->report->timestamps[k].authority;
        }
}

static int note_time(SignatureReport *report, const Timestamp *t, const char *authority) {
        char *copy;

        if (t->kind == TIMESTAMP_CONTENT)
                report->not_before = t->time > report->not_before ? t->time : report->not_before;
        if (t->kind == TIMESTAMP_CONTENT || t->kind == TIMESTAMP_REFERENCES || (report->proven_time >= 0 && report->proven_time < t->time))
                return 0;
        copy = strdup(authority ?: "");
        if (!copy)
                return -ENOMEM;
        free(report->proven_by);
        report->proven_by = copy;
        report->proven_time = t->time;
        return 0;
}

static int prove_revocation(const Proofs *p, size_t i) {
        _cleanup_revocation_pool_ RevocationPool covered = { 0 };
        int r;

        if (!p->evidence->covered || !p->params->revocation || p->params->revocation->n == 0)
                return 0;
        r = p->evidence->covered(p->evidence->userdata, i, &covered);
        if (r >= 0)
                revocation_pool_prove(p->params->revocation, &covered, p->evidence->timestamps[i].time);
        return r;
}

static int try_timestamp(Proofs *p, size_t i) {
        const Timestamp *t = &p->evidence->timestamps[i];
        TimestampReport *told = &p->report->timestamps[i];
        VerifyParams own = *p->params;
        int r;

        find_proof(p, i, &own);
        r = timestamp_verify(t, &own, &told->authority);
        if (r == -ENOMEM)
                return r;
        told->outcome = r < 0 ? TIMESTAMP_E_MALFORMED : r;
        if (r != 0)
                return 0;
        p->proven |= UINT32_C(1) << i;
        r = note_time(p->report, t, told->authority);
        return r < 0 ? r : prove_revocation(p, i);
}

int proof_collect(const SignerEvidence *e, const VerifyParams *params, SignatureReport *report) {
        Proofs p = { .evidence = e, .params = params, .report = report };
        int r = 0;

        for (size_t i = find_next(&p); r >= 0 && i < e->n_timestamps; i = find_next(&p)) {
                p.done |= UINT32_C(1) << i;
                r = try_timestamp(&p, i);
        }
        return r;
}
