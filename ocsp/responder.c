/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers; see responder.h. What is read from the published files is one snapshot under a lock that all readers share; the one who notices that a file was
 * replaced reads both anew, and the others wait for that. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "crypto/status-list.h"
#include "ocsp/answer-cache.h"
#include "ocsp/responder.h"
#include "ocsp/response.h"

#define CERTIFICATE_SIZE_MAX 65536U
#define OPEN_TRIES 8U
#define SKEW INT64_C(300) /* seconds that clocks may differ, as clients allow */

/* By this it is known that a file is still as it was read. */
typedef struct Stamp {
        nlink_t links;
        off_t size;
        struct timespec modified, changed;
} Stamp;

/* A published file, kept open: then one look tells whether the name is still its own, and no other can be taken for it. */
typedef struct Published {
        char *path;
        int fd; /* negative: there is none, or it cannot be opened */
        Stamp stamp;
} Published;

struct Responder {
        pthread_rwlock_t lock;
        Published issuer_file, list_file;
        bool looked;        /* at the files */
        Issuer issuer;      /* no certificate: none, or one that cannot be read */
        StatusList *list;   /* NULL: none, one that cannot be read, or another CA's */
        Delegate *delegate;
        bool delegate_fits; /* certified by the CA that is there now, and not revoked */
        AnswerCache *cache;
};

/* --- The published files ------------------------------------------------------------------------------------------ */

static Stamp stamp_of(const struct stat *st) {
        return (Stamp) { .links = st->st_nlink, .size = st->st_size, .modified = st->st_mtim, .changed = st->st_ctim };
}

/* All zero when there is nothing. */
static Stamp published_stamp(const Published *f) {
        struct stat st;

        if (f->fd >= 0)
                return fstat(f->fd, &st) < 0 ? (Stamp) { 0 } : stamp_of(&st);
        return stat(f->path, &st) < 0 ? (Stamp) { 0 } : stamp_of(&st);
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* One that was replaced has lost its name, and with it a link. */
static bool published_is_current(const Published *f) {
        Stamp now = published_stamp(f);

        return now.links == f->stamp.links && now.size == f->stamp.size && same_time(&now.modified, &f->stamp.modified) &&
               same_time(&now.changed, &f->stamp.changed);
}

static void published_close(Published *f) {
        if (f->fd >= 0)
                close(f->fd);
        f->fd = -1;
}

/* The stamp is taken before the file is read: what changes meanwhile has another one than is remembered. */
static void published_open(Published *f) {
        for (unsigned i = 0; i < OPEN_TRIES; i++) {
                published_close(f);
                f->stamp = published_stamp(f);
                f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
                if (f->fd < 0)
                        return;
                f->stamp = published_stamp(f);
                /* Else it was replaced just now. */
                if (f->stamp.links > 0)
                        return;
        }
        published_close(f);
        f->stamp = (Stamp) { 0 };
}

static void read_issuer(Responder *r) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;

        issuer_done(&r->issuer);
        if (r->issuer_file.fd >= 0 && read_fd(r->issuer_file.fd, CERTIFICATE_SIZE_MAX, &der) >= 0)
                (void) issuer_read(bytes_view(&der), &r->issuer);
}

static void read_list(Responder *r) {
        r->list = status_list_free(r->list);
        if (r->list_file.fd < 0 || r->issuer.certificate.len == 0 || status_list_read(r->list_file.fd, &r->list) < 0)
                return;
        if (memcmp(status_list_root(r->list), r->issuer.fingerprint, SHA256_SIZE) != 0)
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

static void look_again(Responder *r) {
        published_open(&r->issuer_file);
        published_open(&r->list_file);
        r->looked = true;
        read_issuer(r);
        read_list(r);
        judge_delegate(r);
        answer_cache_clear(r->cache);
}

static bool is_current(const Responder *r) {
        return r->looked && published_is_current(&r->issuer_file) && published_is_current(&r->list_file);
}

/* Returns with the lock held for reading and the files as they are now. */
static void lock_current(Responder *r) {
        pthread_rwlock_rdlock(&r->lock);
        while (!is_current(r)) {
                pthread_rwlock_unlock(&r->lock);
                pthread_rwlock_wrlock(&r->lock);
                /* Somebody else may have read them meanwhile. */
                if (!is_current(r))
                        look_again(r);
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
        r->issuer_file.fd = r->list_file.fd = -1;
        if (asprintf(&r->issuer_file.path, "%s/ca.crt", published) < 0)
                r->issuer_file.path = NULL;
        if (asprintf(&r->list_file.path, "%s/status", published) < 0)
                r->list_file.path = NULL;
        e = answer_cache_new(&r->cache);
        if (e < 0 || !r->issuer_file.path || !r->list_file.path) {
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
        published_close(&r->issuer_file);
        published_close(&r->list_file);
        free(r->issuer_file.path);
        free(r->list_file.path);
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
