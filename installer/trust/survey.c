/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Surveys; see survey.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "installer/trust/survey.h"

#define FILE_SIZE_MAX (32U * 1024U * 1024U)

/* How the to-be-signed part of a certificate of version 3 begins, RFC 5280 §4.1. */
#define VERSION_3 "\xa0\x03\x02\x01\x02"

/* What survey_add_binary() digests at most, as a multiple of what it reads: nested things could make it work for long. */
#define NESTING_MAX 8U

void survey_done(Survey *s) {
        free(s->entries);
        *s = (Survey) { 0 };
}

static SurveyEntry *find(const Survey *s, const uint8_t digest[static SHA256_SIZE]) {
        for (size_t i = 0; i < s->n; i++)
                if (memcmp(s->entries[i].digest, digest, SHA256_SIZE) == 0)
                        return &s->entries[i];
        return NULL;
}

static int add(Survey *s, View der, unsigned purposes) {
        SurveyEntry entry = { .purposes = purposes }, *known;
        int r = sha256(der, entry.digest);

        if (r < 0)
                return r;
        known = find(s, entry.digest);
        if (known) {
                known->purposes |= purposes;
                return 0;
        }
        if (s->n >= SURVEY_MAX)
                return 0;
        if (s->n >= s->allocated) {
                size_t more = s->allocated > 0 ? 2 * s->allocated : 256;
                SurveyEntry *grown = reallocarray(s->entries, more, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                s->entries = grown;
                s->allocated = more;
        }
        s->entries[s->n++] = entry;
        return 0;
}

int survey_add_pem(Survey *s, View text, unsigned purposes) {
        View body;

        while (pem_next(&text, "CERTIFICATE", &body) > 0) {
                _cleanup_bytes_ Bytes der = BYTES_NULL;
                int r;

                r = base64_decode(body, &der);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0)
                        r = add(s, bytes_view(&der), purposes);
                if (r < 0 && r != -EINVAL)
                        return r;
                /* One that was cut off is followed by another's beginning, within what looks like its body. */
                if (r < 0)
                        text = VIEW(body.data, body.len + text.len);
        }
        return 0;
}

int survey_add_pem_file(Survey *s, const char *path, unsigned purposes) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r = read_file(path, FILE_SIZE_MAX, &text);

        if (r == -ENOENT)
                return 0;
        return r < 0 ? r : survey_add_pem(s, bytes_view(&text), purposes);
}

/* The length of a SEQUENCE, header and all, that takes one or two octets to say; 0 where there is none. */
static size_t sequence_length(View v, size_t *ret_header) {
        if (v.len >= 3 && v.data[0] == 0x30 && v.data[1] == 0x81) {
                *ret_header = 3;
                return 3 + (size_t) v.data[2];
        }
        if (v.len < 4 || v.data[0] != 0x30 || v.data[1] != 0x82)
                return 0;
        *ret_header = 4;
        return 4 + ((size_t) v.data[2] << 8 | v.data[3]);
}

/* The length of what might be a certificate at the head of `v`; 0 when it is none. */
static size_t certificate_length(View v) {
        size_t header, inner_header, length = sequence_length(v, &header), inner;
        View tbs;

        if (length == 0 || length > v.len)
                return 0;
        tbs = VIEW(v.data + header, length - header);
        inner = sequence_length(tbs, &inner_header);
        if (inner == 0 || inner > tbs.len || inner - inner_header < strlen(VERSION_3))
                return 0;
        return memcmp(tbs.data + inner_header, VERSION_3, strlen(VERSION_3)) == 0 ? length : 0;
}

int survey_add_binary(Survey *s, View data, unsigned purposes) {
        size_t left = data.len * NESTING_MAX;

        for (size_t i = 0; i < data.len; i++) {
                size_t length = certificate_length(VIEW(data.data + i, data.len - i));
                int r;

                if (length == 0 || length > left)
                        continue;
                left -= length;
                r = add(s, VIEW(data.data + i, length), purposes);
                if (r < 0)
                        return r;
        }
        return 0;
}

void survey_intersect(Survey *s, const Survey *other) {
        size_t n = 0;

        for (size_t i = 0; i < s->n; i++) {
                const SurveyEntry *both = find(other, s->entries[i].digest);

                if (!both)
                        continue;
                s->entries[n] = s->entries[i];
                s->entries[n++].purposes &= both->purposes;
        }
        s->n = n;
}

unsigned survey_find(const Survey *s, const char *fingerprint) {
        _cleanup_bytes_ Bytes digest = BYTES_NULL;
        const SurveyEntry *entry;

        if (hex_decode(fingerprint, &digest) < 0 || digest.len != SHA256_SIZE)
                return 0;
        entry = find(s, digest.data);
        return entry ? entry->purposes : 0;
}
