/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The length of SMS; see sms-text.h. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "courier/sms-text.h"

/* TS 23.038 section 6.2.1 and its extension table, without the control characters: those take two places. */
static const char gsm[] = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
                          "abcdefghijklmnopqrstuvwxyzäöñüà";
static const char gsm_extension[] = "^{}\\[~]|€";

static const struct {
        const char *from, *to;
} plain_forms[] = {
        { "ą", "a" }, { "ć", "c" }, { "ę", "e" }, { "ł", "l" }, { "ń", "n" }, { "ó", "o" }, { "ś", "s" }, { "ź", "z" }, { "ż", "z" },
        { "Ą", "A" }, { "Ć", "C" }, { "Ę", "E" }, { "Ł", "L" }, { "Ń", "N" }, { "Ó", "O" }, { "Ś", "S" }, { "Ź", "Z" }, { "Ż", "Z" },
        { "„", "\"" }, { "“", "\"" }, { "”", "\"" }, { "‘", "'" }, { "’", "'" }, { "–", "-" }, { "—", "-" }, { "…", "..." }, { "\xc2\xa0", " " },
};

/* The length in bytes of the character at the front of valid UTF-8. */
static size_t char_length(View v) {
        size_t n = v.data[0] < 0x80 ? 1 : v.data[0] < 0xe0 ? 2 : v.data[0] < 0xf0 ? 3 : 4;

        return n <= v.len ? n : v.len;
}

/* Whole characters of well-formed UTF-8 can't be found across the borders of others. */
static bool is_in(const char *set, View c) {
        return c.data && memmem(set, strlen(set), c.data, c.len) != NULL;
}

unsigned sms_parts(View text, bool *ret_ucs2) {
        size_t septets = 0, units = 0;
        bool ucs2 = false;

        while (text.len > 0) {
                View c = VIEW(text.data, char_length(text));

                units += c.len == 4 ? 2 : 1;
                septets += is_in(gsm_extension, c) ? 2 : 1;
                ucs2 = ucs2 || !(is_in(gsm, c) || is_in(gsm_extension, c));
                text = VIEW(text.data + c.len, text.len - c.len);
        }
        *ret_ucs2 = ucs2;
        if (ucs2)
                return units <= 70 ? 1 : (unsigned) ((units + 66) / 67);
        return septets <= 160 ? 1 : (unsigned) ((septets + 152) / 153);
}

static int append_plain(View c, Text *out) {
        for (size_t i = 0; i < ELEMENTSOF(plain_forms); i++)
                if (view_equal(c, view_string(plain_forms[i].from)))
                        return text_append_string(out, plain_forms[i].to);
        return text_append(out, c);
}

static int to_plain(View text, Text *out) {
        int r = 0;

        while (r >= 0 && text.len > 0) {
                View c = VIEW(text.data, char_length(text));

                r = append_plain(c, out);
                text = VIEW(text.data + c.len, text.len - c.len);
        }
        return r;
}

int sms_fit(View text, Text *ret) {
        _cleanup_text_ Text t = { 0 };
        bool ucs2;
        int r;

        r = text_new(text.len + 1, &t);
        if (r >= 0)
                r = sms_parts(text, &ucs2) > 1 && ucs2 ? to_plain(text, &t) : text_append(&t, text);
        if (r >= 0 && sms_parts(text_view(&t), &ucs2) > SMS_PARTS_MAX)
                r = -E2BIG;
        if (r < 0)
                return r;
        *ret = t;
        t = (Text) { 0 };
        return 0;
}
