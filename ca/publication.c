/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Publications; see publication.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "ca/crl.h"
#include "ca/publication.h"
#include "crypto/status-list.h"

#define MAC_TYPES "iiiii"
#define MAC_FIELDS(p) (p)->number, (p)->at, (p)->certificates, (p)->events, (int64_t) (p)->jumped

/* --- The number --------------------------------------------------------------------------------------------------- */

int publication_read(Txn *t, Publication *ret) {
        Publication p;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT number, at, certificates, events, jumped, mac FROM publication WHERE id = 1", "");
        if (r <= 0)
                return r;
        p = (Publication) {
                .number = row_int(row, 0),
                .at = row_int(row, 1),
                .certificates = row_int(row, 2),
                .events = row_int(row, 3),
                .jumped = row_int(row, 4) == 1,
        };
        r = store_mac_check(txn_store(t), row_blob(row, 5), "publication", MAC_TYPES, MAC_FIELDS(&p));
        if (r < 0)
                return r;
        *ret = p;
        return 1;
}

/* An older copy goes on beyond what may have been published since. Should the same copy be put back a second time, the time
 * that went by keeps that jump from ending where the first one did. */
static void next_number(Publication *p, bool rolled_back, int64_t now) {
        p->number++;
        if (rolled_back && !p->jumped)
                p->number += PUBLICATION_JUMP + (now > p->at ? now - p->at : 0);
        p->jumped = rolled_back;
}

int publication_begin(Txn *t, const States *s, int64_t now, int64_t before, Publication *ret) {
        Publication p = { .number = before };
        uint8_t mac[32];
        int r;

        r = publication_read(t, &p);
        if (r < 0)
                return r;
        next_number(&p, store_is_rolled_back(txn_store(t)), now);
        p.at = now;
        p.certificates = s->certificates;
        p.events = s->events;
        r = store_mac(txn_store(t), mac, "publication", MAC_TYPES, MAC_FIELDS(&p));
        if (r >= 0)
                r = txn_exec(t,
                             "INSERT INTO publication (id, number, at, certificates, events, jumped, mac) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6) "
                             "ON CONFLICT (id) DO UPDATE SET number = ?1, at = ?2, certificates = ?3, events = ?4, jumped = ?5, mac = ?6",
                             MAC_TYPES "b", MAC_FIELDS(&p), VIEW(mac, sizeof(mac)));
        if (r < 0)
                return r;
        *ret = p;
        return 0;
}

/* --- The files ---------------------------------------------------------------------------------------------------- */

void publication_content_done(PublicationContent *c) {
        free(c->records);
        bytes_done(&c->crl);
        root_key_done(&c->key);
        *c = (PublicationContent) { 0 };
}

static int write_file(const char *directory, const char *name, View content) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        return atomic_file_write(path, content, 0644, true);
}

static int select_entries(const PublicationContent *c, CrlEntry **ret, size_t *ret_n) {
        CrlEntry *entries = calloc(c->n + 1, sizeof(*entries));
        size_t n = 0;

        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < c->n; i++) {
                const StateRecord *s = &c->records[i];

                if (s->state == CERTIFICATE_GOOD)
                        continue;
                memcpy(entries[n].serial, s->serial, SERIAL_SIZE);
                entries[n].reason = s->reason;
                entries[n].date = s->since;
                entries[n++].invalid_since = s->invalid_since;
        }
        *ret = entries;
        *ret_n = n;
        return 0;
}

static int make_crl(PublicationContent *c, gnutls_x509_crt_t root) {
        _cleanup_free_ CrlEntry *entries = NULL;
        Signatory by;
        size_t n;
        int r;

        r = root_key_open(&c->key, c->store, c->root, c->key_host);
        if (r >= 0)
                r = select_entries(c, &entries, &n);
        if (r < 0)
                return r;
        by = root_key_signatory(&c->key);
        return crl_create(root, by.sign, by.userdata, entries, n, (uint64_t) c->number, c->this_update, c->next_update, &c->crl);
}

static int write_crl(const char *directory, PublicationContent *c) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = NULL;
        int r;

        r = root_import(c->root, &root);
        if (r >= 0)
                r = make_crl(c, root);
        return r < 0 ? r : write_file(directory, PUBLICATION_CRL, bytes_view(&c->crl));
}

static int write_states(const char *directory, const PublicationContent *c) {
        _cleanup_free_ StatusRecord *list = calloc(c->n + 1, sizeof(*list));
        _cleanup_free_ char *path = NULL;
        uint8_t root[SHA256_SIZE];
        int r;

        if (!list || asprintf(&path, "%s/" PUBLICATION_STATUS, directory) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < c->n; i++) {
                const StateRecord *s = &c->records[i];

                memcpy(list[i].serial, s->serial, SERIAL_SIZE);
                list[i].state = s->state;
                list[i].reason = s->reason;
                list[i].time = s->state == CERTIFICATE_GOOD ? 0 : s->since;
                list[i].not_after = s->not_after;
        }
        r = sha256(bytes_view(&c->root->certificate), root);
        return r < 0 ? r : status_list_write(path, root, c->this_update, c->next_update, list, c->n);
}

int publication_write(const char *directory, PublicationContent *c) {
        int r = c->number > 0 ? write_file(directory, PUBLICATION_CERTIFICATE, bytes_view(&c->root->certificate)) : 0;

        if (r >= 0)
                r = write_states(directory, c);
        return r < 0 || c->number == 0 ? r : write_crl(directory, c);
}
