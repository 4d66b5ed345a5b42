/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-store status: what is in the state directory, for people or as JSON; needs no key. */

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/codec.h"
#include "base/json.h"
#include "base/utf8.h"
#include "store/admin.h"
#include "store-tool/tool.h"

static const char *kind_name(SlotKind kind) {
        return kind == SLOT_HOST ? "host" : "recovery";
}

static void print_json_slots(Json *j, const Slots *slots) {
        json_array_begin(j, "slots");
        for (unsigned i = 0; i < slots->n; i++) {
                const Slot *slot = &slots->slot[i];
                _cleanup_free_ char *id = hex_encode(VIEW(slot->id, sizeof(slot->id)));

                json_object_begin(j, NULL);
                json_string(j, "id", id);
                json_string(j, "kind", kind_name(slot->kind));
                json_string(j, "host", slot->kind == SLOT_HOST ? slot->label : NULL);
                json_time(j, "created", slot->created);
                json_object_end(j);
        }
        json_array_end(j);
}

static int print_json(const Options *o, const StoreStatus *s) {
        _cleanup_free_ char *id = hex_encode(VIEW(s->slots.store_id, sizeof(s->slots.store_id)));
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_string(&j, "service", o->service->name);
        json_string(&j, "directory", o->state);
        json_string(&j, "store", id);
        json_bool(&j, "running", s->busy);
        if (!s->busy) {
                json_int(&j, "version", s->version);
                json_int(&j, "generation", (int64_t) s->generation);
                json_bool(&j, "rolled_back", s->rolled_back);
                json_int(&j, "size", (int64_t) s->size);
        }
        print_json_slots(&j, &s->slots);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static void print_slot(const Slot *slot) {
        _cleanup_free_ char *id = hex_encode(VIEW(slot->id, sizeof(slot->id))), *label = utf8_sanitize(view_string(slot->label));
        time_t t = (time_t) slot->created;
        char when[32] = "?";
        struct tm tm;

        if (gmtime_r(&t, &tm))
                strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%SZ", &tm);
        printf("  %-8s  %s  %s  %s\n", kind_name(slot->kind), id ? id : "", when, label ? label : "");
}

static int print_text(const Options *o, const StoreStatus *s) {
        _cleanup_free_ char *id = hex_encode(VIEW(s->slots.store_id, sizeof(s->slots.store_id)));

        printf("Store of %s in %s\n  id          %s\n", o->service->name, o->state, id ? id : "");
        if (s->busy)
                printf("  state       in use: %s is running (stop it to see more)\n", o->service->name);
        else {
                printf("  state       closed, undamaged\n  version     %" PRId64 "\n  generation  %" PRIu64 "\n  size        %" PRIu64 " bytes\n",
                       s->version, s->generation, s->size);
                if (s->rolled_back)
                        puts("  This is an older copy (a backup or a snapshot) that nobody has accepted yet.");
        }
        puts("Slots");
        for (unsigned i = 0; i < s->slots.n; i++)
                print_slot(&s->slots.slot[i]);
        if (slots_count(&s->slots, SLOT_RECOVERY) == 0)
                puts("There is no recovery slot. Make one with 'sygnet-store recovery-key'.");
        return fflush(stdout) == EOF ? EXIT_FAILED : EXIT_OK;
}

int verb_status(const Options *o) {
        StoreStatus s;
        int r;

        r = owner_enter(o, false);
        if (r == 0)
                r = store_status(o->state, o->service->application_id, &s);
        owner_leave();
        if (r < 0)
                return tell_store(o, r);
        return o->json ? print_json(o, &s) : print_text(o, &s);
}
