/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The states of all certificates of a CA in one file, which the CA writes anew at each change and the OCSP responder reads. Numbers are big-endian:
 *
 *   0   8   "SygnetSL"
 *   8   4   version, 1
 *   12  4   n, the number of records
 *   16  32  SHA-256 of the CA's certificate
 *   48  8   thisUpdate: when this was true, seconds since 1970
 *   56  8   nextUpdate: until when a newer list is there; nobody may rely on this one later
 *   64  40n records, by serial number rising: 16 serial number, 1 state, 1 reason, 6 zero, 8 since when, 8 notAfter
 *   …   32  SHA-256 of all before
 *
 * The last is against accidents: who may write the file is a matter of its owner and mode. What is read was checked whole; it is a copy in memory, not a
 * mapping, because a file that somebody cuts short would kill who has it mapped, and what was checked could change. */

#include "base/bytes.h"
#include "crypto/certificate-state.h"
#include "crypto/digest.h"

#define STATUS_SERIAL_SIZE 16U
#define STATUS_LIST_MAX 1000000U /* records */

typedef struct StatusRecord {
        uint8_t serial[STATUS_SERIAL_SIZE]; /* contents octets of the INTEGER */
        CertificateState state;             /* not unknown */
        CertificateReason reason;
        int64_t time;                       /* since when it is suspended or revoked; 0 when good */
        int64_t not_after;
} StatusRecord;

/* Builds a file's content. Sorts `records` in place. -EINVAL for what the reader would refuse: a serial number twice, a state and reason that do not go
 * together, a time of a good certificate or none of another, nextUpdate not after thisUpdate; -E2BIG beyond STATUS_LIST_MAX. */
int status_list_build(const uint8_t root[static SHA256_SIZE], int64_t this_update, int64_t next_update, StatusRecord *records, size_t n, Bytes *ret);

/* The same into a file that appears whole or not at all, readable for everybody (0644). Also -errno. */
int status_list_write(const char *path, const uint8_t root[static SHA256_SIZE], int64_t this_update, int64_t next_update, StatusRecord *records,
                      size_t n);

typedef struct StatusList StatusList;

/* Reads a list. -EBADMSG when it is none or anything about it is not as above, -EPROTONOSUPPORT for a later version, -EFBIG, -errno. Whether it is
 * still valid is the caller's to judge by the two times. */
int status_list_read(int fd, StatusList **ret); /* from where the descriptor stands */
int status_list_parse(View content, StatusList **ret);
StatusList *status_list_free(StatusList *l);
DEFINE_CLEANUP(StatusList *, status_list_free);

const uint8_t *status_list_root(const StatusList *l); /* SHA256_SIZE bytes */
int64_t status_list_this_update(const StatusList *l);
int64_t status_list_next_update(const StatusList *l);
size_t status_list_count(const StatusList *l);

/* The record at a place, below status_list_count(). */
void status_list_get(const StatusList *l, size_t i, StatusRecord *ret);

/* Looks a serial number up, given as the contents octets of its INTEGER. CERTIFICATE_UNKNOWN when it is not there; `ret`, which may be NULL, is
 * written when it is. */
CertificateState status_list_find(const StatusList *l, View serial, StatusRecord *ret);
