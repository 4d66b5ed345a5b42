/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The file of certificates' states; see status-list.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic-file.h"
#include "crypto/status-list.h"

#define MAGIC "SygnetSL"
#define VERSION 1U
#define HEADER_SIZE 64U
#define RECORD_SIZE 40U
#define FILE_SIZE_MAX (HEADER_SIZE + (size_t) STATUS_LIST_MAX * RECORD_SIZE + SHA256_SIZE)

struct StatusList {
        Bytes content;
        size_t n;
        int64_t this_update, next_update;
};

/* --- Numbers and records ------------------------------------------------------------------------------------------ */

static uint64_t read_be(const uint8_t *p, size_t size) {
        uint64_t v = 0;

        for (size_t i = 0; i < size; i++)
                v = v << 8 | p[i];
        return v;
}

static bool record_is_sound(const StatusRecord *r) {
        if (r->state == CERTIFICATE_UNKNOWN || !certificate_state_fits(r->state, r->reason))
                return false;
        return r->state == CERTIFICATE_GOOD ? r->time == 0 : r->time > 0;
}

static bool times_are_sound(int64_t this_update, int64_t next_update) {
        return this_update > 0 && next_update > this_update;
}

static void decode(const uint8_t *p, StatusRecord *ret) {
        memcpy(ret->serial, p, STATUS_SERIAL_SIZE);
        ret->state = (CertificateState) p[16];
        ret->reason = (CertificateReason) p[17];
        ret->time = (int64_t) read_be(p + 24, 8);
        ret->not_after = (int64_t) read_be(p + 32, 8);
}

static int encode(Bytes *b, const StatusRecord *r) {
        const uint8_t state[8] = { (uint8_t) r->state, (uint8_t) r->reason };
        int e;

        e = bytes_append(b, r->serial, STATUS_SERIAL_SIZE);
        if (e >= 0)
                e = bytes_append(b, state, sizeof(state));
        if (e >= 0)
                e = bytes_append_u64be(b, (uint64_t) r->time);
        return e < 0 ? e : bytes_append_u64be(b, (uint64_t) r->not_after);
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static int compare_records(const void *a, const void *b) {
        return memcmp(((const StatusRecord *) a)->serial, ((const StatusRecord *) b)->serial, STATUS_SERIAL_SIZE);
}

static int check_records(StatusRecord *records, size_t n) {
        if (n > STATUS_LIST_MAX)
                return -E2BIG;
        if (n > 0)
                qsort(records, n, sizeof(*records), compare_records);
        for (size_t i = 0; i < n; i++)
                if (!record_is_sound(&records[i]) || (i > 0 && compare_records(&records[i - 1], &records[i]) == 0))
                        return -EINVAL;
        return 0;
}

static int append_header(Bytes *b, const uint8_t *root, int64_t this_update, int64_t next_update, size_t n) {
        int r;

        r = bytes_append_view(b, VIEW_LITERAL(MAGIC));
        if (r >= 0)
                r = bytes_append_u32be(b, VERSION);
        if (r >= 0)
                r = bytes_append_u32be(b, (uint32_t) n);
        if (r >= 0)
                r = bytes_append(b, root, SHA256_SIZE);
        if (r >= 0)
                r = bytes_append_u64be(b, (uint64_t) this_update);
        return r < 0 ? r : bytes_append_u64be(b, (uint64_t) next_update);
}

int status_list_build(const uint8_t root[static SHA256_SIZE], int64_t this_update, int64_t next_update, StatusRecord *records, size_t n, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uint8_t digest[SHA256_SIZE];
        int r;

        if (!times_are_sound(this_update, next_update))
                return -EINVAL;
        r = check_records(records, n);
        if (r >= 0)
                r = bytes_reserve(&b, HEADER_SIZE + n * RECORD_SIZE + SHA256_SIZE);
        if (r >= 0)
                r = append_header(&b, root, this_update, next_update, n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = encode(&b, &records[i]);
        if (r >= 0)
                r = sha256(bytes_view(&b), digest);
        if (r >= 0)
                r = bytes_append(&b, digest, sizeof(digest));
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

int status_list_write(const char *path, const uint8_t root[static SHA256_SIZE], int64_t this_update, int64_t next_update, StatusRecord *records,
                      size_t n) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r;

        r = status_list_build(root, this_update, next_update, records, n, &content);
        return r < 0 ? r : atomic_file_write(path, bytes_view(&content), 0644, true);
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static int check_header(View v, size_t *ret_n) {
        size_t n;

        if (v.len < HEADER_SIZE + SHA256_SIZE || memcmp(v.data, MAGIC, strlen(MAGIC)) != 0)
                return -EBADMSG;
        if (read_be(v.data + 8, 4) != VERSION)
                return -EPROTONOSUPPORT;
        n = read_be(v.data + 12, 4);
        if (n > STATUS_LIST_MAX)
                return -EFBIG;
        if (v.len != HEADER_SIZE + n * RECORD_SIZE + SHA256_SIZE)
                return -EBADMSG;
        *ret_n = n;
        return 0;
}

static int check_digest(View v) {
        uint8_t digest[SHA256_SIZE];
        int r;

        r = sha256(VIEW(v.data, v.len - SHA256_SIZE), digest);
        if (r < 0)
                return r;
        return memcmp(digest, v.data + v.len - SHA256_SIZE, SHA256_SIZE) == 0 ? 0 : -EBADMSG;
}

static const uint8_t *record_at(View content, size_t i) {
        return content.data + HEADER_SIZE + i * RECORD_SIZE;
}

static int check_all(View v, size_t n) {
        static const uint8_t zero[6];

        for (size_t i = 0; i < n; i++) {
                const uint8_t *p = record_at(v, i);
                StatusRecord record;

                decode(p, &record);
                if (!record_is_sound(&record) || memcmp(p + 18, zero, sizeof(zero)) != 0)
                        return -EBADMSG;
                if (i > 0 && memcmp(record_at(v, i - 1), p, STATUS_SERIAL_SIZE) >= 0)
                        return -EBADMSG;
        }
        return 0;
}

/* Takes `content` over. */
static int parse(Bytes *content, StatusList **ret) {
        _cleanup_(status_list_freep) StatusList *l = calloc(1, sizeof(*l));
        View v = bytes_view(content);
        int r;

        if (!l)
                return -ENOMEM;
        r = check_header(v, &l->n);
        if (r >= 0)
                r = check_digest(v);
        if (r >= 0)
                r = check_all(v, l->n);
        if (r < 0)
                return r;
        l->this_update = (int64_t) read_be(v.data + 48, 8);
        l->next_update = (int64_t) read_be(v.data + 56, 8);
        if (!times_are_sound(l->this_update, l->next_update))
                return -EBADMSG;
        l->content = bytes_take(content);
        *ret = TAKE_PTR(l);
        return 0;
}

int status_list_read(int fd, StatusList **ret) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r;

        r = read_fd(fd, FILE_SIZE_MAX, &content);
        return r < 0 ? r : parse(&content, ret);
}

int status_list_parse(View content, StatusList **ret) {
        _cleanup_bytes_ Bytes copy = BYTES_NULL;
        int r;

        if (content.len > FILE_SIZE_MAX)
                return -EFBIG;
        r = bytes_dup(content, &copy);
        return r < 0 ? r : parse(&copy, ret);
}

StatusList *status_list_free(StatusList *l) {
        if (!l)
                return NULL;
        bytes_done(&l->content);
        free(l);
        return NULL;
}

const uint8_t *status_list_root(const StatusList *l) {
        return l->content.data + 16;
}

int64_t status_list_this_update(const StatusList *l) {
        return l->this_update;
}

int64_t status_list_next_update(const StatusList *l) {
        return l->next_update;
}

size_t status_list_count(const StatusList *l) {
        return l->n;
}

void status_list_get(const StatusList *l, size_t i, StatusRecord *ret) {
        decode(record_at(bytes_view(&l->content), i), ret);
}

CertificateState status_list_find(const StatusList *l, View serial, StatusRecord *ret) {
        size_t low = 0, high = l->n;

        if (serial.len != STATUS_SERIAL_SIZE)
                return CERTIFICATE_UNKNOWN;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const uint8_t *p = record_at(bytes_view(&l->content), middle);
                int order = memcmp(serial.data, p, STATUS_SERIAL_SIZE);
                StatusRecord record;

                if (order == 0) {
                        decode(p, &record);
                        if (ret)
                                *ret = record;
                        return record.state;
                }
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return CERTIFICATE_UNKNOWN;
}
