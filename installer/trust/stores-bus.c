/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* List, ListStores and State of org.sygnet.Trust1: which trust stores there are and what is in them. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "installer/trust/call.h"

#define FINGERPRINTS_MAX 512U

int append_store_words(sd_bus_message *m, const char *key, unsigned stores) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                if (stores & store_bit(id))
                        r = sd_bus_message_append(m, "s", store_id_word(id));
        for (int depth = 0; r >= 0 && depth < 3; depth++)
                r = sd_bus_message_close_container(m);
        return r;
}

/* --- Surveys ------------------------------------------------------------------------------------------------------ */

int surveys_make(const Stores *s, Surveys *ret) {
        _cleanup_surveys_ Surveys surveys = { 0 };

        for (StoreId id = 0; id < STORE_MAX; id++) {
                const Store *store = store_by_id(id);

                if (!store || !store->is_present(s))
                        continue;
                surveys.present |= store_bit(id);
                if (store->survey(s, &surveys.items[id]) == -ENOMEM)
                        return -ENOMEM;
        }
        *ret = surveys;
        surveys = (Surveys) { 0 };
        return 0;
}

void surveys_done(Surveys *s) {
        for (StoreId id = 0; id < STORE_MAX; id++)
                survey_done(&s->items[id]);
}

unsigned surveys_find(const Surveys *s, const char *fingerprint) {
        unsigned stores = 0;

        for (StoreId id = 0; id < STORE_MAX; id++)
                if (survey_find(&s->items[id], fingerprint) != 0)
                        stores |= store_bit(id);
        return stores;
}

/* --- List --------------------------------------------------------------------------------------------------------- */

/* The place of the certificate in the first of its stores. */
static char *first_path(const Trust *t, const Record *record) {
        for (StoreId id = 0; id < STORE_MAX; id++)
                if ((record->stores & store_bit(id)) && store_by_id(id))
                        return store_by_id(id)->path(&t->stores, record);
        return strdup("");
}

/* Whether all stores that got it have it still, and its file. */
static bool is_present(const Trust *t, const Surveys *surveys, const Record *record) {
        for (StoreId id = 0; id < STORE_MAX; id++)
                if ((record->stores & store_bit(id)) && store_by_id(id)->has_file && !store_by_id(id)->has_file(&t->stores, record))
                        return false;
        return (surveys_find(surveys, record->fingerprint) & record->stores) == record->stores;
}

static int append_record(sd_bus_message *reply, const Trust *t, const Surveys *surveys, const Record *record) {
        _cleanup_free_ char *path = first_path(t, record);
        int r;

        if (!path)
                return -ENOMEM;
        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}", "fingerprint", "s", record->fingerprint, "subject", "s", record->subject,
                                          "not_after", "x", record->not_after, "installed", "x", record->installed, "uid", "u", (uint32_t) record->uid, "path",
                                          "s", path, "present", "b", (int) is_present(t, surveys, record));
        if (r >= 0)
                r = append_store_words(reply, "stores", record->stores);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int read_records(Trust *t, RecordList *ret) {
        size_t damaged;
        int r = record_list(t->stores.records, ret, &damaged);

        if (r >= 0 && damaged > 0)
                service_log(SD_ERR, "%zu records in %s are damaged and were passed over.", damaged, t->stores.records);
        return r;
}

int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(record_list_done) RecordList list = { 0 };
        _cleanup_surveys_ Surveys surveys = { 0 };
        Trust *t = userdata;
        int r;

        trust_touch(t);
        r = gate_pass(t->gate, m, ACTION_TRUST_READ, method_list, userdata, error);
        if (r != 0)
                return r;
        r = read_records(t, &list);
        if (r >= 0)
                r = surveys_make(&t->stores, &surveys);
        if (r < 0)
                return bus_error_set_errno(error, r);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < list.n; i++)
                if (list.records[i].stores != 0)
                        r = append_record(reply, t, &surveys, &list.records[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- ListStores --------------------------------------------------------------------------------------------------- */

static int append_store(sd_bus_message *reply, const Trust *t, const Store *store) {
        _cleanup_free_ char *place = store->place(&t->stores);
        bool present = store->is_present(&t->stores);
        const char *problem = present ? store->problem(&t->stores) : NULL;

        if (!place)
                return -ENOMEM;
        return sd_bus_message_append(reply, "a{sv}", 7, "id", "s", store_id_word(store->id), "name", "s", store->name, "path", "s", place, "present", "b",
                                     (int) present, "writable", "b", (int) (present && !problem), "purposes", "b", (int) (store->purposes != 0), "problem",
                                     "s", problem ?: "");
}

int method_list_stores(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Trust *t = userdata;
        int r;

        trust_touch(t);
        r = gate_pass(t->gate, m, ACTION_TRUST_STATUS, method_list_stores, userdata, error);
        if (r != 0)
                return r;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                if (store_by_id(id))
                        r = append_store(reply, t, store_by_id(id));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- State -------------------------------------------------------------------------------------------------------- */

static const char *explain(unsigned trusted, bool ours) {
        if (trusted == 0)
                return ours ? N_("Sygnet put it there, but it is gone. Installing it again puts it back.") : N_("It is not in this store.");
        if (trusted != PURPOSE_ALL)
                return ours ? N_("Sygnet put it there, for some purposes only.") : N_("It is there for some purposes only, and not by Sygnet.");
        return ours ? N_("Sygnet put it there.") : N_("It is there, and not by Sygnet.");
}

static int append_state(sd_bus_message *reply, const Surveys *surveys, StoreId id, const char *fingerprint, const Record *record) {
        unsigned trusted = survey_find(&surveys->items[id], fingerprint);
        bool ours = record && (record->stores & store_bit(id));

        return sd_bus_message_append(reply, "a{sv}", 5, "fingerprint", "s", fingerprint, "store", "s", store_id_word(id), "trusted", "b", (int) (trusted != 0),
                                     "ours", "b", (int) ours, "why", "s", explain(trusted, ours));
}

static int answer_state(sd_bus_message *m, const Surveys *surveys, const RecordList *list, char *const *fingerprints) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; fingerprints && fingerprints[i]; i++)
                for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                        if (surveys->present & store_bit(id))
                                r = append_state(reply, surveys, id, fingerprints[i], record_list_find(list, fingerprints[i]));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static void strv_freep(char ***l) {
        for (char **s = *l; s && *s; s++)
                free(*s);
        free(*l);
}

int method_state(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(record_list_done) RecordList list = { 0 };
        _cleanup_(strv_freep) char **fingerprints = NULL;
        _cleanup_surveys_ Surveys surveys = { 0 };
        Trust *t = userdata;
        int r;

        trust_touch(t);
        r = gate_pass(t->gate, m, ACTION_TRUST_STATUS, method_state, userdata, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read_strv(m, &fingerprints);
        if (r < 0)
                return bus_error_set_argument(error, r);
        for (size_t i = 0; fingerprints && fingerprints[i]; i++) {
                if (i >= FINGERPRINTS_MAX)
                        return bus_error_set(error, ERROR_LIMIT, NULL);
                r = call_check_fingerprint(fingerprints[i], error);
                if (r < 0)
                        return r;
        }
        r = read_records(t, &list);
        if (r >= 0)
                r = surveys_make(&t->stores, &surveys);
        return r < 0 ? bus_error_set_errno(error, r) : answer_state(m, &surveys, &list, fingerprints);
}
