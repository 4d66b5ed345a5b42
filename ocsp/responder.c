/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers; see responder.h. What is read from the published files is one snapshot under a lock that all readers share; the one who notices that a file was
 * replaced reads both anew, and the others wait for that. */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "crypto/status-list.h"
#include "ocsp/answer-cache.h"
#include "ocsp/responder.h"
#include "ocsp/response.h"

#define CERTIFICATE_SIZE_MAX 65536U
#define SKEW INT64_C(300) /* seconds that clocks may differ, as clients allow */

/* By this it is known that a file is still the one that was read. All zero: there was none. */
typedef struct Stamp {
        dev_t device;
        ino_t inode;
        off_t size;
        struct timespec modified, changed;
} Stamp;

struct Responder {
        pthread_rwlock_t lock;
        char *issuer_path, *list_path;
        Stamp issuer_stamp, list_stamp;
        bool looked;                  /* the stamps are of files that were read, or are not there */
        Issuer issuer;                /* no certificate: none, or one that cannot be read */
        StatusList *list;             /* NULL: none, one that cannot be read, or another CA's */
        Delegate *delegate;
        bool delegate_fits;           /* certified by the CA that is there now, and not revoked */
        AnswerCache *cache;
};

/* --- The published files ------------------------------------------------------------------------------------------ */

static Stamp stamp_of(const char *path) {
        struct stat st;
        Stamp s = { 0 };

        if (stat(path, &st) < 0)
                return s;
        s.device = st.st_dev;
        s.inode = st.st_ino;
        s.size = st.st_size;
        s.modified = st.st_mtim;
        s.changed = st.st_ctim;
        return s;
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_stamp(const Stamp *a, const Stamp *b) {
        return a->device == b->device && a->inode == b->inode && a->size == b->size && same_time(&a->modified, &b->modified) &&
               same_time(&a->changed, &b->changed);
}

static void read_issuer(Responder *r) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;

        issuer_done(&r->issuer);
        if (read_file(r->issuer_path, CERTIFICATE_SIZE_MAX, &der) >= 0)
                (void) issuer_read(bytes_view(&der), &r->issuer);
}

static void read_list(Responder *r) {
        r->list = status_list_free(r->list);
        if (status_list_open(r->list_path, &r->list) < 0 || r->issuer.certificate.len == 0 ||
            memcmp(status_list_root(r->list), r->issuer.fingerprint, SHA256_SIZE) != 0)
                r->list = status_list_free(r->list);
}

/* Clients do not ask about a responder's certificate (id-pkix-ocsp-nocheck), but who reads the list knows: one whose certificate was revoked asks the CA for
 * another, with another key. */
static bool delegate_is_revoked(const Responder *r) {
        CertificateState state = r->list ? status_list_find(r->list, VIEW(r->delegate->serial, r->delegate->serial_len), NULL) : CERTIFICATE_UNKNOWN;

        return state == CERTIFICATE_SUSPENDED || state == CERTIFICATE_REVOKED;
}

static void judge_delegate(Responder *r) {
        r->delegate_fits = r->delegate && r->issuer.certificate.len > 0 && delegate_check(r->delegate, &r->issuer) == 0 && !delegate_is_revoked(r);
}

/* The stamps are taken before the files are read: what comes in between has another stamp than the one that is remembered. */
static void look_again(Responder *r, const Stamp *issuer, const Stamp *list) {
        r->issuer_stamp = *issuer;
        r->list_stamp = *list;
        r->looked = true;
        read_issuer(r);
        read_list(r);
        judge_delegate(r);
        answer_cache_clear(r->cache);
}

static bool is_current(const Responder *r, const Stamp *issuer, const Stamp *list) {
        return r->looked && same_stamp(&r->issuer_stamp, issuer) && same_stamp(&r->list_stamp, list);
}

/* Returns with the lock held for reading and the files as they are now. */
static void lock_current(Responder *r) {
        Stamp issuer = stamp_of(r->issuer_path), list = stamp_of(r->list_path);

        pthread_rwlock_rdlock(&r->lock);
        while (!is_current(r, &issuer, &list)) {
                pthread_rwlock_unlock(&r->lock);
                pthread_rwlock_wrlock(&r->lock);
                /* Somebody else may have read them meanwhile, and newer ones than those just seen. */
                issuer = stamp_of(r->issuer_path);
                list = stamp_of(r->list_path);
                if (!is_current(r, &issuer, &list))
                        look_again(r, &issuer, &list);
                pthread_rwlock_unlock(&r->lock);
                pthread_rwlock_rdlock(&r->lock);
        }
}

/* --- The responder ------------------------------------------------------------------------------------------------ */

static int init_lock(pthread_rwlock_t *lock) {
        pthread_rwlockattr_t attributes;
        int r;

        r = pthread_rwlockattr_init(&attributes);
        if (r != 0)
                return -r;
        /* Else requests that follow each other closely would keep who has a new list to read waiting for ever. */
        r = pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
        if (r == 0)
                r = pthread_rwlock_init(lock, &attributes);
        pthread_rwlockattr_destroy(&attributes);
        return -r;
}

int responder_new(const char *published, Responder **ret) {
        Responder *r = calloc(1, sizeof(*r));
        int e;

        if (!r)
                return -ENOMEM;
        e = init_lock(&r->lock);
        if (e < 0) {
                free(r);
                return e;
        }
        if (asprintf(&r->issuer_path, "%s/ca.crt", published) < 0)
                r->issuer_path = NULL;
        if (asprintf(&r->list_path, "%s/status", published) < 0)
                r->list_path = NULL;
        e = answer_cache_new(&r->cache);
        if (e < 0 || !r->issuer_path || !r->list_path) {
                responder_free(r);
                return -ENOMEM;
        }
        *ret = r;
        return 0;
}

Responder *responder_free(Responder *r) {
        if (!r)
                return NULL;
        pthread_rwlock_destroy(&r->lock);
        issuer_done(&r->issuer);
        status_list_free(r->list);
        delegate_free(r->delegate);
        answer_cache_free(r->cache);
        free(r->issuer_path);
        free(r->list_path);
        free(r);
        return NULL;
}

void responder_set_delegate(Responder *r, Delegate *d) {
        Delegate *before;

        pthread_rwlock_wrlock(&r->lock);
        before = r->delegate;
        r->delegate = d;
        judge_delegate(r);
        answer_cache_clear(r->cache);
        pthread_rwlock_unlock(&r->lock);
        delegate_free(before);
}

static const char *problem_of(const Responder *r, int64_t now) {
        if (r->issuer.certificate.len == 0)
                return "There is no certificate of a CA.";
        if (!r->list)
                return "There is no list of the certificates' states, or it is damaged or another CA's.";
        if (status_list_this_update(r->list) > now + SKEW)
                return "The list of the certificates' states is from the future.";
        if (status_list_next_update(r->list) <= now)
                return "The list of the certificates' states has run out.";
        if (!r->delegate_fits)
                return "The CA has not certified this responder, or revoked its certificate.";
        if (r->delegate->not_after <= now || r->delegate->not_before > now + SKEW)
                return "The responder's certificate is not valid now.";
        return NULL;
}

const char *responder_problem(Responder *r, int64_t now) {
        const char *problem;

        lock_current(r);
        problem = problem_of(r, now);
        pthread_rwlock_unlock(&r->lock);
        return problem;
}

int64_t responder_delegate_end(Responder *r) {
        int64_t end;

        lock_current(r);
        end = r->delegate_fits ? r->delegate->not_after : 0;
        pthread_rwlock_unlock(&r->lock);
        return end;
}

int responder_issuer(Responder *r, Issuer *ret) {
        int e = -ENOENT;

        lock_current(r);
        if (r->issuer.certificate.len > 0)
                e = issuer_read(bytes_view(&r->issuer.certificate), ret);
        pthread_rwlock_unlock(&r->lock);
        return e;
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

static int refuse(OcspError error, Bytes *ret) {
        uint8_t response[OCSP_ERROR_SIZE];

        ocsp_response_error(error, response);
        return bytes_dup(VIEW(response, sizeof(response)), ret);
}

static OcspSingle look_up(const Responder *r, const OcspCertificateId *id) {
        OcspSingle s = { .certificate_id = id->whole, .state = CERTIFICATE_UNKNOWN };
        StatusRecord record;

        if (!issuer_is_meant(&r->issuer, id))
                return s;
        s.state = status_list_find(r->list, id->serial, &record);
        if (s.state != CERTIFICATE_UNKNOWN) {
                s.reason = record.reason;
                s.time = record.time;
        }
        return s;
}

/* Nothing that we say may outlive the certificate that lets us say it. */
static int64_t next_update(const Responder *r) {
        int64_t list = status_list_next_update(r->list);

        return list < r->delegate->not_after ? list : r->delegate->not_after;
}

static int sign(const Responder *r, const OcspRequest *request, const OcspSingle *singles, int64_t now, Bytes *ret) {
        OcspAnswer answer = {
                .singles = singles,
                .n = request->n,
                .produced_at = now,
                .this_update = status_list_this_update(r->list),
                .next_update = next_update(r),
                .nonce = request->nonce,
                .key_hash = VIEW(r->delegate->key_hash, KEY_HASH_SIZE),
                .algorithm = delegate_algorithm(),
                .certificate = bytes_view(&r->delegate->certificate),
        };
        int e = ocsp_response_create(&answer, delegate_sign, r->delegate, ret);

        return e < 0 ? refuse(OCSP_INTERNAL_ERROR, ret) : 1;
}

static bool concerns_us(const Responder *r, const OcspRequest *request) {
        for (size_t i = 0; i < request->n; i++)
                if (issuer_is_meant(&r->issuer, &request->certificates[i]))
                        return true;
        return false;
}

/* Only what stands in the list is kept: of numbers that are in none there is no end. */
static int answer_one(Responder *r, const OcspRequest *request, int64_t now, Bytes *ret, bool *ret_kept) {
        const OcspCertificateId *id = &request->certificates[0];
        OcspSingle single;
        int e;

        e = answer_cache_find(r->cache, id->whole, ret);
        if (e != -ENOENT) {
                *ret_kept = e >= 0;
                return e;
        }
        single = look_up(r, id);
        e = sign(r, request, &single, now, ret);
        *ret_kept = e > 0 && single.state != CERTIFICATE_UNKNOWN;
        if (*ret_kept)
                answer_cache_keep(r->cache, id->whole, bytes_view(ret));
        return e;
}

static int answer_many(Responder *r, const OcspRequest *request, int64_t now, Bytes *ret) {
        OcspSingle singles[OCSP_CERTIFICATES_MAX];

        for (size_t i = 0; i < request->n; i++)
                singles[i] = look_up(r, &request->certificates[i]);
        return sign(r, request, singles, now, ret);
}

int responder_answer(Responder *r, View der, int64_t now, Bytes *ret, bool *ret_kept) {
        OcspRequest request;
        int e;

        *ret_kept = false;
        if (ocsp_request_read(der, &request) < 0)
                return refuse(OCSP_MALFORMED_REQUEST, ret);
        lock_current(r);
        if (problem_of(r, now))
                e = refuse(OCSP_TRY_LATER, ret);
        else if (!concerns_us(r, &request))
                e = refuse(OCSP_UNAUTHORIZED, ret);
        else if (request.n == 1 && request.nonce.len == 0)
                e = answer_one(r, &request, now, ret, ret_kept);
        else
                e = answer_many(r, &request, now, ret);
        pthread_rwlock_unlock(&r->lock);
        return e < 0 ? e : 0;
}
