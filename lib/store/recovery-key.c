/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The recovery key on paper; see recovery-key.h. */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/codec.h"
#include "store/recovery-key.h"

#define DATA_CHARS 4U
#define GROUP_CHARS (DATA_CHARS + 1U)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Value of a character as it may have been typed, or 32. Looks at the whole alphabet each time: no table look-up by a secret index. */
static unsigned value_of(uint8_t c) {
        unsigned v = 32;

        if (c >= 'a' && c <= 'z')
                c = (uint8_t) (c - 'a' + 'A');
        c = c == '0' ? 'O' : c == '1' ? 'I' : c == '8' ? 'B' : c;
        for (unsigned i = 0; i < 32; i++)
                v = alphabet[i] == c ? i : v;
        return v;
}

/* Multiplication by x in GF(32), modulo x^5 + x^2 + 1. */
static unsigned times_x(unsigned v) {
        v <<= 1;
        return v & 32 ? v ^ 0x25 : v;
}

/* Sum of x^(4 - i) · c[i], plus the group's number: each coefficient is another one, so that every single wrong character and every
 * swap of two different characters changes it. */
static unsigned check_value(const unsigned values[static DATA_CHARS], unsigned group) {
        unsigned sum = 0;

        for (unsigned i = 0; i < DATA_CHARS; i++)
                sum = times_x(sum ^ values[i]);
        return sum ^ group;
}

int recovery_key_format(View key, Secret **ret_text) {
        _cleanup_secret_ Secret *base32 = NULL, *text = NULL;
        uint8_t *out;
        int r;

        if (key.len != RECOVERY_KEY_SIZE)
                return -EINVAL;
        r = base32_encode_secret(key, &base32);
        if (r < 0)
                return r;
        r = secret_new(RECOVERY_KEY_GROUPS * (GROUP_CHARS + 1) - 1, &text);
        if (r < 0)
                return r;
        out = secret_data(text);
        for (unsigned g = 0; g < RECOVERY_KEY_GROUPS; g++) {
                unsigned values[DATA_CHARS];

                for (unsigned i = 0; i < DATA_CHARS; i++) {
                        *out = secret_data(base32)[g * DATA_CHARS + i];
                        values[i] = value_of(*out++);
                }
                *out++ = (uint8_t) alphabet[check_value(values, g)];
                if (g + 1 < RECOVERY_KEY_GROUPS)
                        *out++ = '-';
                secret_wipe(values, sizeof(values));
        }
        *ret_text = TAKE_PTR(text);
        return 0;
}

/* The characters that count, as values. Returns how many there are, at most `room` + 1. */
static size_t collect(View text, uint8_t *values, size_t room) {
        size_t n = 0;

        for (size_t i = 0; i < text.len && n <= room; i++) {
                if (strchr("- \t\r\n", text.data[i]) && text.data[i])
                        continue;
                if (n < room)
                        values[n] = (uint8_t) value_of(text.data[i]);
                n++;
        }
        return n;
}

/* False when the group's characters are not of the alphabet or do not fit its check character. */
static bool group_fits(const uint8_t *typed, unsigned group) {
        unsigned values[DATA_CHARS];
        bool fits = typed[DATA_CHARS] < 32;

        for (unsigned i = 0; i < DATA_CHARS; i++) {
                values[i] = typed[i];
                fits = fits && values[i] < 32;
        }
        fits = fits && check_value(values, group) == typed[DATA_CHARS];
        secret_wipe(values, sizeof(values));
        return fits;
}

int recovery_key_parse(View text, Secret **ret_key, unsigned *ret_group) {
        _cleanup_secret_ Secret *typed = NULL, *base32 = NULL, *key = NULL;
        int r;

        *ret_group = 0;
        r = secret_new(RECOVERY_KEY_GROUPS * GROUP_CHARS, &typed);
        if (r < 0)
                return r;
        r = secret_new(RECOVERY_KEY_GROUPS * DATA_CHARS, &base32);
        if (r < 0)
                return r;
        if (collect(text, secret_data(typed), secret_len(typed)) != secret_len(typed))
                return -EINVAL;
        for (unsigned g = 0; g < RECOVERY_KEY_GROUPS; g++) {
                const uint8_t *values = secret_data(typed) + g * GROUP_CHARS;

                if (!group_fits(values, g)) {
                        *ret_group = g + 1;
                        return -EINVAL;
                }
                for (unsigned i = 0; i < DATA_CHARS; i++)
                        secret_data(base32)[g * DATA_CHARS + i] = (uint8_t) alphabet[values[i]];
        }
        r = base32_decode_secret(secret_view(base32), &key);
        if (r < 0)
                return r;
        *ret_key = TAKE_PTR(key);
        return 0;
}
