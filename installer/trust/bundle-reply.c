/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checker's answer about a file of several certificates; see bundle.h. */

#include <errno.h>
#include <string.h>

#include "installer/trust/bundle.h"

#define HEADER "sygnet-trust-check 1 bundle "
#define END "end\n"
#define LINE_MAX_SIZE 128U

void bundle_reply_done(BundleReply *b) {
        for (size_t i = 0; i < b->n; i++)
                check_reply_done(&b->replies[i]);
        free(b->replies);
        *b = (BundleReply) { 0 };
}

int bundle_reply_write(const BundleReply *b, Bytes *ret) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        if (b->n > BUNDLE_CERTIFICATES_MAX || (b->problem == CHECK_NONE) != (b->n > 0))
                return -EINVAL;
        r = bytes_printf(&text, HEADER "%zu %s\n", b->n, check_problem_keyword(b->problem));
        for (size_t i = 0; r >= 0 && i < b->n; i++) {
                _cleanup_bytes_ Bytes reply = BYTES_NULL;

                r = check_reply_write(&b->replies[i], &reply);
                if (r >= 0)
                        r = bytes_append_view(&text, bytes_view(&reply));
        }
        if (r < 0)
                return r;
        *ret = bytes_take(&text);
        return 0;
}

/* The first line, which must be as it is written: number and word are read, and it is written again. */
static int take_header(View *text, size_t *ret_n, CheckProblem *ret_problem) {
        const uint8_t *end = text->len > 0 ? memchr(text->data, '\n', text->len < LINE_MAX_SIZE ? text->len : LINE_MAX_SIZE) : NULL;
        char line[LINE_MAX_SIZE + 1], again[LINE_MAX_SIZE + 1];
        CheckProblem p = CHECK_NONE;
        unsigned long n;
        size_t size;
        char *word;

        if (!end)
                return -EBADMSG;
        size = (size_t) (end - text->data) + 1;
        memcpy(line, text->data, size);
        line[size] = 0;
        if (strncmp(line, HEADER, strlen(HEADER)) != 0)
                return -EBADMSG;
        n = strtoul(line + strlen(HEADER), &word, 10);
        while (p < CHECK_PROBLEM_MAX && (snprintf(again, sizeof(again), " %s\n", check_problem_keyword(p)) < 0 || strcmp(again, word) != 0))
                p++;
        if (n > BUNDLE_CERTIFICATES_MAX || p == CHECK_PROBLEM_MAX || (p == CHECK_NONE) != (n > 0))
                return -EBADMSG;
        snprintf(again, sizeof(again), HEADER "%lu %s\n", n, check_problem_keyword(p));
        if (strlen(line) != size || strcmp(line, again) != 0)
                return -EBADMSG;
        *ret_n = n;
        *ret_problem = p;
        *text = VIEW(end + 1, text->len - size);
        return 0;
}

/* One answer: it ends with the first line that says so, since no other can. */
static int take_reply(View *text, CheckReply *ret) {
        const uint8_t *end = view_find(*text, "\n" END);
        View one;
        int r;

        if (!end)
                return -EBADMSG;
        one = VIEW(text->data, (size_t) (end - text->data) + strlen("\n" END));
        r = check_reply_read(one, ret);
        if (r < 0)
                return r;
        *text = VIEW(text->data + one.len, text->len - one.len);
        return 0;
}

int bundle_reply_read(View text, BundleReply *ret) {
        _cleanup_bundle_ BundleReply b = { 0 };
        size_t n;
        int r;

        if (text.len > BUNDLE_REPLY_SIZE_MAX)
                return -EBADMSG;
        r = take_header(&text, &n, &b.problem);
        if (r < 0)
                return r;
        b.replies = calloc(n > 0 ? n : 1, sizeof(*b.replies));
        if (!b.replies)
                return -ENOMEM;
        while (b.n < n) {
                r = take_reply(&text, &b.replies[b.n]);
                if (r < 0)
                        return r;
                b.n++;
        }
        if (text.len > 0)
                return -EBADMSG;
        *ret = b;
        b = (BundleReply) { 0 };
        return 0;
}
