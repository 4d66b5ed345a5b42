/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One-time passwords; see totp.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdbool.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/totp.h"

#define SHA1_SIZE 20U

/* RFC 4226 §5.3: dynamic truncation. */
int hotp_code(View secret, uint64_t counter, unsigned digits, char ret[static 9]) {
        uint8_t message[8], mac[SHA1_SIZE];
        uint32_t value;
        size_t at;

        if (digits < 6 || digits > 8)
                return -EINVAL;
        for (size_t i = 0; i < sizeof(message); i++)
                message[i] = (uint8_t) (counter >> (56 - 8 * i));
        if (gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret.data, secret.len, message, sizeof(message), mac) < 0)
                return -EIO;
        at = mac[SHA1_SIZE - 1] & 15;
        value = (uint32_t) (mac[at] & 0x7f) << 24 | (uint32_t) mac[at + 1] << 16 | (uint32_t) mac[at + 2] << 8 | mac[at + 3];
        for (unsigned i = digits; i-- > 0; value /= 10)
                ret[i] = (char) ('0' + value % 10);
        ret[digits] = 0;
        secret_wipe(mac, sizeof(mac));
        secret_wipe(&value, sizeof(value));
        return 0;
}

int totp_code(View secret, uint64_t step, unsigned digits, char ret[static 9]) {
        return hotp_code(secret, step, digits, ret);
}

static bool is_code(View code, unsigned digits) {
        if (code.len != digits)
                return false;
        for (size_t i = 0; i < code.len; i++)
                if (code.data[i] < '0' || code.data[i] > '9')
                        return false;
        return true;
}

/* Every step of the window is computed and compared, whichever fits, so that the time tells nothing. Two steps may have the same
 * code; then the code counts for the earliest that is not used yet. */
int totp_verify(View secret, unsigned digits, uint64_t last_step, int64_t now, View code, uint64_t *ret_step) {
        uint64_t present, accepted = 0;
        bool replayed = false;
        int r = 0;

        if (digits < 6 || digits > 8 || now < TOTP_WINDOW * TOTP_STEP_SECONDS)
                return -EINVAL;
        present = (uint64_t) now / TOTP_STEP_SECONDS;
        if (last_step > present + TOTP_WINDOW)
                return TOTP_E_CLOCK;
        if (!is_code(code, digits))
                return TOTP_E_WRONG;
        for (uint64_t step = present + TOTP_WINDOW; step + TOTP_WINDOW >= present; step--) {
                char expected[9] = "";
                bool fits;

                r = totp_code(secret, step, digits, expected);
                fits = secret_equal(code, VIEW(expected, digits));
                secret_wipe(expected, sizeof(expected));
                if (r < 0)
                        return r;
                if (fits && step > last_step)
                        accepted = step;
                if (fits && step <= last_step)
                        replayed = true;
                if (step == 0)
                        break;
        }
        if (accepted == 0)
                return replayed ? TOTP_E_REPLAYED : TOTP_E_WRONG;
        *ret_step = accepted;
        return TOTP_ACCEPTED;
}

typedef struct Cursor {
        uint8_t *data;
        size_t len;
} Cursor;

static void put(Cursor *c, View v) {
        memcpy(c->data + c->len, v.data, v.len);
        c->len += v.len;
}

/* Percent-encoding of all but the unreserved characters (RFC 3986 §2.3). */
static void put_escaped(Cursor *c, const char *s) {
        static const char hex[] = "0123456789ABCDEF";

        for (; *s; s++) {
                unsigned char b = (unsigned char) *s;
                bool plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || strchr("-._~", b);

                if (plain) {
                        c->data[c->len++] = b;
                        continue;
                }
                c->data[c->len++] = '%';
                c->data[c->len++] = (uint8_t) hex[b >> 4];
                c->data[c->len++] = (uint8_t) hex[b & 15];
        }
}

int totp_uri(View secret, unsigned digits, const char *issuer, const char *account, Secret **ret) {
        _cleanup_secret_ Secret *base32 = NULL, *uri = NULL;
        size_t n_issuer = strlen(issuer), n_account = strlen(account);
        Cursor c = { 0 };
        int r;

        if (digits < 6 || digits > 8 || n_issuer > 1024 || n_account > 1024)
                return -EINVAL;
        r = base32_encode_secret(secret, &base32);
        if (r < 0)
                return r;
        /* The literals below are under 80 bytes together. */
        r = secret_new(80 + 2 * 3 * n_issuer + 3 * n_account + secret_len(base32), &uri);
        if (r < 0)
                return r;
        c.data = secret_data(uri);
        put(&c, VIEW_LITERAL("otpauth://totp/"));
        put_escaped(&c, issuer);
        put(&c, VIEW_LITERAL(":"));
        put_escaped(&c, account);
        put(&c, VIEW_LITERAL("?secret="));
        put(&c, secret_view(base32));
        put(&c, VIEW_LITERAL("&issuer="));
        put_escaped(&c, issuer);
        put(&c, VIEW_LITERAL("&algorithm=SHA1&digits="));
        c.data[c.len++] = (uint8_t) ('0' + digits);
        put(&c, VIEW_LITERAL("&period=30"));
        secret_truncate(uri, c.len);
        *ret = TAKE_PTR(uri);
        return 0;
}
