/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* New passwords of keys; see new-password.h. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/no-core.h"
#include "base/password-rule.h"
#include "client/new-password.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/quiet.h"

#define KEYS_MAX 256U /* bytes taken from the terminal at once */
#define ESCAPE 0x1b

/* Generated passwords: five groups of five, of what is not mistaken for something else when it is copied by hand; some 140
 * bits. */
static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
#define GROUPS 5U
#define GROUP 5U
#define GENERATED_SIZE (GROUPS * GROUP + GROUPS - 1)

/* --- Typed -------------------------------------------------------------------------------------------------------- */

static void say_part(const char *separator, const char *part) {
        ask("%s%s", separator, part);
}

/* One line below the question, rewritten with each key. Classes are shown by their characters, which are the same in every
 * language. */
static void show_gaps(View typed) {
        const char *separator = " ";
        PasswordGaps g;

        if (password_rule_gaps(&password_rule_key, typed, &g)) {
                ask("\r\033[K  %s", _("good; Enter ends"));
                return;
        }
        if (g.not_text) {
                ask("\r\033[K  %s", _("some of these characters cannot be typed everywhere"));
                return;
        }
        ask("\r\033[K  %s", _("still missing:"));
        if (g.characters > 0) {
                ask(" ");
                ask(ngettext("%zu character", "%zu characters", g.characters), g.characters);
                separator = ", ";
        }
        if (g.upper) {
                say_part(separator, "A-Z");
                separator = ", ";
        }
        if (g.lower) {
                say_part(separator, "a-z");
                separator = ", ";
        }
        if (g.digit) {
                say_part(separator, "0-9");
                separator = ", ";
        }
        if (g.special)
                say_part(separator, _("a special character"));
}

typedef struct Typing {
        Secret *text; /* of SECRET_MAX bytes, `len` of them typed */
        size_t len;
        bool done, ended;
        uint8_t sequence; /* what of a cursor key's sequence came last; 0: none is under way */
} Typing;

static void take_back(Typing *t) {
        while (t->len > 0 && (secret_data(t->text)[--t->len] & 0xc0) == 0x80)
                ;
}

/* What a cursor key sends (ECMA-48 §5.4) is no password: ESC, then “[” or “O” and what follows up to a letter; or ESC and one more. */
static bool is_of_sequence(Typing *t, uint8_t key) {
        uint8_t before = t->sequence;

        if (before == 0 && key != ESCAPE)
                return false;
        if (before == 0 || (before == ESCAPE && (key == '[' || key == 'O')) || (before == '[' && (key < 0x40 || key > 0x7e)))
                t->sequence = key == ESCAPE || before == ESCAPE ? key : before;
        else
                t->sequence = 0;
        return true;
}

static void take_key(Typing *t, uint8_t key, const Quiet *q) {
        if (is_of_sequence(t, key))
                return;
        if (key == '\n' || key == '\r')
                t->done = true;
        else if (key == 0x7f || key == 0x08 || key == q->before.c_cc[VERASE])
                take_back(t);
        else if (key == q->before.c_cc[VKILL])
                t->len = 0;
        else if (key == q->before.c_cc[VEOF])
                t->ended = t->len == 0;
        else if (key >= 0x20 && t->len < SECRET_MAX)
                secret_data(t->text)[t->len++] = key;
}

static View typed(const Typing *t) {
        return VIEW(secret_view(t->text).data, t->len);
}

/* What was typed at once: a key, or what was pasted. 0, -EINTR, -ENODATA at the end
 * of input. */
static int take_keys(Typing *t, const Quiet *q) {
        uint8_t keys[KEYS_MAX];
        ssize_t n;
        int r;

        r = quiet_wait(q);
        if (r < 0)
                return r;
        n = read(STDIN_FILENO, keys, sizeof(keys));
        for (ssize_t i = 0; i < n && !t->done && !t->ended; i++)
                take_key(t, keys[i], q);
        secret_wipe(keys, sizeof(keys));
        return n < 0 ? -errno : n == 0 || t->ended ? -ENODATA : 0;
}

/* Until it is good. */
static int type_password(Typing *t, const Quiet *q) {
        PasswordGaps gaps;
        int r;

        for (;;) {
                show_gaps(typed(t));
                t->done = false;
                r = take_keys(t, q);
                if (r < 0)
                        return r;
                if (t->done && password_rule_gaps(&password_rule_key, typed(t), &gaps))
                        return 0;
                if (t->done)
                        ask("\a");
        }
}

static int ask_guided(const char *question, Secret **ret) {
        _cleanup_secret_ Secret *text = NULL;
        Typing t;
        Quiet q;
        int r;

        do {
                secret_free(TAKE_PTR(text));
                r = secret_new(SECRET_MAX, &text);
                if (r < 0)
                        return fail_memory();
                t = (Typing) { .text = text };
                r = quiet_begin(&q, QUIET_KEYS);
                if (r < 0)
                        return fail_errno(r, "%s", _("The terminal cannot be used"));
                ask("%s:\n", question);
                r = type_password(&t, &q);
                ask("\r\033[K");
                quiet_end(&q);
        } while (r == -EINTR);
        if (r == -ENODATA)
                return fail(EXIT_FAILED, "%s", _("Nothing was entered."));
        if (r < 0)
                return fail_errno(r, "%s", _("The terminal cannot be read"));
        secret_truncate(text, t.len);
        *ret = TAKE_PTR(text);
        return 0;
}

/* Redrawing takes a terminal that moves its cursor, and the bytes of a charset that we know. */
static bool can_guide(void) {
        const char *term = getenv("TERM");

        return output_is_utf8() && term && *term && strcmp(term, "dumb") != 0;
}

static int ask_twice(const char *question, Secret **ret) {
        _cleanup_secret_ Secret *first = NULL, *second = NULL;
        _cleanup_free_ char *again = NULL;
        int r;

        no_core();
        r = ask_guided(question, &first);
        if (r > 0)
                return r;
        if (asprintf(&again, _("%s (again)"), question) < 0)
                return fail_memory();
        r = prompt_ask_secret(again, &second);
        if (r > 0)
                return r;
        if (!secret_equal(secret_view(first), secret_view(second)))
                return fail(EXIT_FAILED, "%s", _("The two are not the same; nothing was changed."));
        *ret = TAKE_PTR(first);
        return 0;
}

/* --- Generated ---------------------------------------------------------------------------------------------------- */

/* An even choice: bytes beyond the last whole multiple are thrown away. */
static int random_character(char *ret) {
        const unsigned n = sizeof(alphabet) - 1;
        uint8_t b;

        do
                if (getrandom(&b, 1, 0) != 1)
                        return -EIO;
        while (b >= 256 / n * n);
        *ret = alphabet[b % n];
        return 0;
}

static int generate_once(Secret *s) {
        char *p = (char *) secret_data(s);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < GENERATED_SIZE; i++)
                if (i % (GROUP + 1) == GROUP)
                        p[i] = '-';
                else
                        r = random_character(&p[i]);
        return r;
}

static int generate(Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = secret_new(GENERATED_SIZE, &s);
        if (r < 0)
                return fail_memory();
        do {
                r = generate_once(s);
                if (r < 0)
                        return fail_errno(r, "%s", _("There are no random numbers"));
        } while (password_rule_check(&password_rule_key, secret_view(s)) != PASSWORD_GOOD);
        *ret = TAKE_PTR(s);
        return 0;
}

bool new_password_generated(const Client *c) {
        return arguments_has(&c->arguments, "generate-password");
}

void new_password_show(const Client *c, const Secret *password) {
        View v;

        if (!password || !new_password_generated(c) || c->json)
                return;
        v = secret_view(password);
        out(_("Password: "));
        fwrite(v.data, 1, v.len, stdout);
        out("\n%s\n", _("It is shown this once. Nobody can recover it: keep it where you will find it."));
}

void new_password_json(Json *j, const Secret *password) {
        _cleanup_free_ char *text = password ? strndup((const char *) secret_view(password).data, secret_len(password)) : NULL;

        if (!text)
                return;
        json_string(j, "password", text);
        secret_wipe(text, strlen(text));
}

/* --- Either ------------------------------------------------------------------------------------------------------- */

static const char *problem(View password) {
        return password_problem_to_string(password_rule_check(&password_rule_key, password));
}

int new_password(Client *c, const char *option, const char *question, Secret **ret) {
        bool from_file = arguments_has(&c->arguments, option);

        no_core();
        if (new_password_generated(c) && from_file)
                return fail(EXIT_USAGE, _("Either --generate-password or --%s, not both."), option);
        if (new_password_generated(c))
                return generate(ret);
        if (!from_file && prompt_possible()) {
                hint("%s", _("Choose a password of at least 12 characters with upper and lower case, a digit and a special character.\n"
                             "Nobody can recover it: keep it where you will find it."));
                if (can_guide())
                        return ask_twice(question, ret);
        }
        return prompt_new_secret(c, option, question, problem, ret);
}
