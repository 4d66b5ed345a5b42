/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The form of codes; see code-form.h. */

#include <string.h>

#include "daemon/code-form.h"

#define SMS_LEN 8U
#define MAIL_LEN 16U /* 80 bits */
#define MAIL_GROUP 4U

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Eight bytes modulo 10^8 favour no code by more than one part in 10^11. */
static void make_digits(Secret *random, Secret *code) {
        uint64_t n = 0;

        for (size_t i = 0; i < 8; i++)
                n = n << 8 | secret_data(random)[i];
        for (size_t i = SMS_LEN; i-- > 0; n /= 10)
                secret_data(code)[i] = (uint8_t) ('0' + n % 10);
        secret_wipe(&n, sizeof(n));
}

static void make_letters(Secret *random, Secret *code) {
        for (size_t i = 0; i < MAIL_LEN; i++)
                secret_data(code)[i] = (uint8_t) crockford[secret_data(random)[i] & 31];
}

int code_form_make(Channel c, Secret **ret) {
        _cleanup_secret_ Secret *random = NULL, *code = NULL;
        int r;

        r = secret_random(MAIL_LEN, &random);
        if (r >= 0)
                r = secret_new(c == CHANNEL_SMS ? SMS_LEN : MAIL_LEN, &code);
        if (r < 0)
                return r;
        if (c == CHANNEL_SMS)
                make_digits(random, code);
        else
                make_letters(random, code);
        *ret = TAKE_PTR(code);
        return 0;
}

int code_form_show(Channel c, Secret *code, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        size_t n = 0;
        int r;

        if (c == CHANNEL_SMS)
                return secret_dup(secret_view(code), ret);
        r = secret_new(MAIL_LEN + MAIL_LEN / MAIL_GROUP - 1, &s);
        if (r < 0)
                return r;
        for (size_t i = 0; i < MAIL_LEN; i++) {
                if (i > 0 && i % MAIL_GROUP == 0)
                        secret_data(s)[n++] = '-';
                secret_data(s)[n++] = secret_data(code)[i];
        }
        *ret = TAKE_PTR(s);
        return 0;
}

/* Letters that look like digits are read as those: none of them is in the alphabet (Crockford). */
static uint8_t read_letter(uint8_t c) {
        if (c >= 'a' && c <= 'z')
                c = (uint8_t) (c - 'a' + 'A');
        return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

int code_form_read(Channel c, View typed, Secret **ret) {
        size_t want = c == CHANNEL_SMS ? SMS_LEN : MAIL_LEN, n = 0;
        _cleanup_secret_ Secret *s = NULL;
        bool bad = false;
        int r;

        r = secret_new(want, &s);
        if (r < 0)
                return r;
        for (size_t i = 0; i < typed.len; i++) {
                if (memchr(" -\t\r\n", typed.data[i], 5))
                        continue;
                if (n < want)
                        secret_data(s)[n] = c == CHANNEL_SMS ? typed.data[i] : read_letter(typed.data[i]);
                else
                        bad = true;
                n++;
        }
        if (bad || n < want)
                memset(secret_data(s), '?', want);
        *ret = TAKE_PTR(s);
        return 0;
}
