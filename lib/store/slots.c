/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The slots file; see slots.h. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "store/slots.h"

#define MAGIC "SYGSLOTS"
#define MAGIC_SIZE 8U
#define FORMAT 1U
#define FILE_SIZE_MAX 16384U

static int fill_random(uint8_t *p, size_t len) {
        return getrandom(p, len, 0) == (ssize_t) len ? 0 : -EIO;
}

int slots_new(uint32_t application_id, Slots *ret) {
        Slots s = { .application_id = application_id };
        int r;

        r = fill_random(s.store_id, sizeof(s.store_id));
        if (r < 0)
                return r;
        *ret = s;
        return 0;
}

static int slot_key(const Slots *s, const Slot *slot, View key, AeadKey *ret) {
        _cleanup_secret_ Secret *derived = NULL;
        uint8_t salt[STORE_ID_SIZE + SLOT_ID_SIZE];
        View info = slot->kind == SLOT_HOST ? VIEW_LITERAL("sygnet v1 slot host") : VIEW_LITERAL("sygnet v1 slot recovery");
        int r;

        memcpy(salt, s->store_id, STORE_ID_SIZE);
        memcpy(salt + STORE_ID_SIZE, slot->id, SLOT_ID_SIZE);
        r = hkdf_sha256(key, VIEW(salt, sizeof(salt)), info, AEAD_KEY_SIZE, &derived);
        return r < 0 ? r : aead_key_init(ret, TAKE_PTR(derived));
}

static int slot_place(const Slots *s, const Slot *slot, Bytes *ret) {
        int r;

        r = bytes_reserve(ret, 64);
        if (r < 0)
                return r;
        bytes_append_u32be(ret, s->application_id);
        bytes_append(ret, s->store_id, sizeof(s->store_id));
        bytes_append_byte(ret, (uint8_t) slot->kind);
        return bytes_append(ret, slot->id, sizeof(slot->id));
}

/* The longest prefix of the sanitized label that fits and does not cut a character. */
static int set_label(Slot *slot, const char *label) {
        _cleanup_free_ char *shown = utf8_sanitize(view_string(label));
        size_t n = 0;

        if (!shown)
                return -ENOMEM;
        for (size_t c; shown[n] && (c = utf8_char_length(shown + n)) > 0 && n + c <= SLOT_LABEL_MAX;)
                n += c;
        memcpy(slot->label, shown, n);
        slot->label[n] = 0;
        return 0;
}

int slots_add(Slots *s, SlotKind kind, View key, View store_key, const char *label) {
        Slot slot = { .kind = kind, .created = time(NULL) };
        _cleanup_(aead_key_done) AeadKey k = { 0 };
        _cleanup_bytes_ Bytes place = BYTES_NULL, wrapped = BYTES_NULL;
        int r;

        if (key.len != AEAD_KEY_SIZE || store_key.len != STORE_KEY_SIZE)
                return -EINVAL;
        if (s->n >= SLOTS_MAX)
                return -ENOSPC;
        r = fill_random(slot.id, sizeof(slot.id));
        if (r < 0)
                return r;
        r = set_label(&slot, label);
        if (r < 0)
                return r;
        r = slot_key(s, &slot, key, &k);
        if (r < 0)
                return r;
        r = slot_place(s, &slot, &place);
        if (r < 0)
                return r;
        r = aead_seal(&k, bytes_view(&place), store_key, &wrapped);
        if (r < 0)
                return r;
        memcpy(slot.wrapped, wrapped.data, sizeof(slot.wrapped));
        s->slot[s->n++] = slot;
        return 0;
}

static int slot_unwrap(const Slots *s, const Slot *slot, View key, Secret **ret) {
        _cleanup_(aead_key_done) AeadKey k = { 0 };
        _cleanup_bytes_ Bytes place = BYTES_NULL;
        int r;

        r = slot_key(s, slot, key, &k);
        if (r < 0)
                return r;
        r = slot_place(s, slot, &place);
        if (r < 0)
                return r;
        return aead_open(&k, bytes_view(&place), VIEW(slot->wrapped, sizeof(slot->wrapped)), ret);
}

int slots_unwrap(const Slots *s, SlotKind kind, View key, Secret **ret_store_key) {
        int result = -ENOKEY;

        if (key.len != AEAD_KEY_SIZE)
                return -ENOKEY;
        for (unsigned i = 0; i < s->n; i++) {
                int r;

                if (s->slot[i].kind != kind)
                        continue;
                r = slot_unwrap(s, &s->slot[i], key, ret_store_key);
                if (r == 0)
                        return 0;
                if (r != -ENOKEY)
                        result = r;
        }
        return result;
}

unsigned slots_count(const Slots *s, SlotKind kind) {
        unsigned n = 0;

        for (unsigned i = 0; i < s->n; i++)
                n += s->slot[i].kind == kind;
        return n;
}

/* Slots stand in the order they were added, so the newest are the last. */
void slots_remove(Slots *s, SlotKind kind, unsigned keep) {
        unsigned count = slots_count(s, kind), n = 0;

        for (unsigned i = 0; i < s->n; i++) {
                if (s->slot[i].kind == kind && count > keep) {
                        count--;
                        continue;
                }
                s->slot[n++] = s->slot[i];
        }
        s->n = n;
}

int slots_format(const Slots *s, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uint8_t digest[SHA256_SIZE];
        int r;

        /* Reserved once, so that the appends below cannot fail. */
        r = bytes_reserve(&b, FILE_SIZE_MAX);
        if (r < 0)
                return r;
        bytes_append(&b, MAGIC, MAGIC_SIZE);
        bytes_append_byte(&b, FORMAT);
        bytes_append_u32be(&b, s->application_id);
        bytes_append(&b, s->store_id, sizeof(s->store_id));
        bytes_append_byte(&b, (uint8_t) s->n);
        for (unsigned i = 0; i < s->n; i++) {
                const Slot *slot = &s->slot[i];

                bytes_append_byte(&b, (uint8_t) slot->kind);
                bytes_append(&b, slot->id, sizeof(slot->id));
                bytes_append_u64be(&b, (uint64_t) slot->created);
                bytes_append_byte(&b, (uint8_t) strlen(slot->label));
                bytes_append_view(&b, view_string(slot->label));
                bytes_append(&b, slot->wrapped, sizeof(slot->wrapped));
        }
        r = sha256(bytes_view(&b), digest);
        if (r < 0)
                return r;
        bytes_append(&b, digest, sizeof(digest));
        *ret = bytes_take(&b);
        return 0;
}

/* Takes `n` bytes off the front; NULL when there are fewer. */
static const uint8_t *take(View *v, size_t n) {
        const uint8_t *p = v->data;

        if (v->len < n)
                return NULL;
        v->data += n;
        v->len -= n;
        return p;
}

static uint64_t be(const uint8_t *p, size_t n) {
        uint64_t v = 0;

        for (size_t i = 0; i < n; i++)
                v = v << 8 | p[i];
        return v;
}

static int parse_slot(View *v, Slot *ret) {
        const uint8_t *fixed = take(v, 1 + SLOT_ID_SIZE + 8 + 1), *label, *wrapped;
        size_t n;

        if (!fixed || (fixed[0] != SLOT_HOST && fixed[0] != SLOT_RECOVERY))
                return -EBADMSG;
        n = fixed[1 + SLOT_ID_SIZE + 8];
        if (n > SLOT_LABEL_MAX)
                return -EBADMSG;
        label = take(v, n);
        wrapped = take(v, sizeof(ret->wrapped));
        if (!label || !wrapped || !utf8_is_valid(VIEW(label, n)))
                return -EBADMSG;
        *ret = (Slot) { .kind = (SlotKind) fixed[0], .created = (int64_t) be(fixed + 1 + SLOT_ID_SIZE, 8) };
        memcpy(ret->id, fixed + 1, sizeof(ret->id));
        memcpy(ret->label, label, n);
        memcpy(ret->wrapped, wrapped, sizeof(ret->wrapped));
        return 0;
}

int slots_parse(View v, Slots *ret) {
        uint8_t digest[SHA256_SIZE];
        const uint8_t *head;
        Slots s = { 0 };
        unsigned n;
        int r;

        if (v.len < MAGIC_SIZE + 1 || memcmp(v.data, MAGIC, MAGIC_SIZE) != 0)
                return -EBADMSG;
        if (v.data[MAGIC_SIZE] != FORMAT)
                return -EPROTONOSUPPORT;
        if (v.len > FILE_SIZE_MAX || v.len < SHA256_SIZE)
                return -EBADMSG;
        v.len -= SHA256_SIZE;
        r = sha256(v, digest);
        if (r < 0)
                return r;
        if (memcmp(v.data + v.len, digest, SHA256_SIZE) != 0)
                return -EBADMSG;
        head = take(&v, MAGIC_SIZE + 1 + 4 + STORE_ID_SIZE + 1);
        if (!head)
                return -EBADMSG;
        s.application_id = (uint32_t) be(head + MAGIC_SIZE + 1, 4);
        memcpy(s.store_id, head + MAGIC_SIZE + 5, STORE_ID_SIZE);
        n = head[MAGIC_SIZE + 5 + STORE_ID_SIZE];
        if (n > SLOTS_MAX)
                return -EBADMSG;
        for (; s.n < n; s.n++) {
                r = parse_slot(&v, &s.slot[s.n]);
                if (r < 0)
                        return r;
        }
        if (v.len > 0)
                return -EBADMSG;
        *ret = s;
        return 0;
}

int slots_read(const char *path, Slots *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = read_file(path, FILE_SIZE_MAX, &b);
        if (r == -EFBIG)
                return -EBADMSG;
        return r < 0 ? r : slots_parse(bytes_view(&b), ret);
}

int slots_write(const char *path, const Slots *s) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = slots_format(s, &b);
        return r < 0 ? r : atomic_file_write(path, bytes_view(&b), 0600, true);
}
