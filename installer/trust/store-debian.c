/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Debian's ca-certificates: files below /usr/local/share/ca-certificates, from which update-ca-certificates makes the links of /etc/ssl/certs and one
 * bundle. Its hooks run, but for those that call dpkg: Java's does, to have a package's trigger run, which a confined service must not and in a
 * transaction of apt cannot; Java's store is changed by store-java.c. */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "installer/trust/store.h"

#define LOCAL "/usr/local/share/ca-certificates"
#define LINKS "/etc/ssl/certs"
#define BUNDLE LINKS "/ca-certificates.crt"
#define CONF "/etc/ca-certificates.conf"
#define HOOKS "/etc/ca-certificates/update.d"
#define UPDATE "/usr/sbin/update-ca-certificates"

#define CONF_SIZE_MAX (1024U * 1024U)
#define HOOK_SIZE_MAX (1024U * 1024U)

static void closedirp(DIR **d) {
        if (*d)
                closedir(*d);
}

static bool is_present(const Stores *s) {
        return (s->update || stores_has(s, UPDATE)) && stores_has(s, LINKS) && stores_has(s, "/usr/share/ca-certificates") && !stores_has(s, "/etc/pki/trust/anchors");
}

static char *place(const Stores *s) {
        return stores_path(s, "%s", LOCAL);
}

static const char *problem(const Stores *s) {
        const char *local = directory_problem(s, LOCAL);

        return local ?: directory_problem(s, LINKS);
}

static int survey(const Stores *s, Survey *ret) {
        _cleanup_free_ char *bundle = stores_path(s, "%s", BUNDLE);

        return bundle ? survey_add_pem_file(ret, bundle, PURPOSE_ALL) : -ENOMEM;
}

static char *file_path(const Stores *s, const Record *r) {
        return stores_path(s, LOCAL "/sygnet-%.16s.crt", r->fingerprint);
}

static char *link_path(const Stores *s, const Record *r) {
        return stores_path(s, LINKS "/sygnet-%.16s.pem", r->fingerprint);
}

static int with_file(const Stores *s, const Record *r, int (*f)(const char *path, View content)) {
        _cleanup_free_ char *file = file_path(s, r);
        _cleanup_bytes_ Bytes pem = BYTES_NULL;
        int k = file ? certificate_to_pem(bytes_view(&r->der), &pem) : -ENOMEM;

        return k < 0 ? k : f(file, bytes_view(&pem));
}

static int put(const Stores *s, const Record *r) {
        return with_file(s, r, content_put);
}

static int drop(const Stores *s, const Record *r) {
        return with_file(s, r, content_drop);
}

static bool has_file(const Stores *s, const Record *r) {
        return with_file(s, r, content_is) > 0;
}

/* A link that stands beside another's file of that name is the other's. */
static bool is_gone(const Stores *s, const Record *r) {
        _cleanup_free_ char *link = link_path(s, r), *file = file_path(s, r);
        struct stat st;

        return link && file && (lstat(link, &st) < 0 || access(file, F_OK) >= 0);
}

/* --- What a killed update leaves ---------------------------------------------------------------------------------- */

/* Whether a link by hash, HASH.N -> sygnet-….pem, names the certificate's own link. */
static bool has_link_by_hash(const Stores *s, const char *name) {
        _cleanup_free_ char *links = stores_path(s, "%s", LINKS);
        _cleanup_(closedirp) DIR *d = links ? opendir(links) : NULL;
        struct dirent *e;

        while (d && (e = readdir(d))) {
                char target[64];
                ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof(target));

                if (n > 0 && view_equal(VIEW(target, n), view_string(name)))
                        return true;
        }
        return false;
}

/* Puts the certificate's link back where it is gone and a link by hash still names it: only a link that it takes away makes
 * update-ca-certificates mend those, and an update that was cut short may have taken away the one and left the others. */
static int restore_link(const Stores *s, const Record *r) {
        _cleanup_free_ char *link = link_path(s, r), *file = file_path(s, r);

        if (!link || !file)
                return -ENOMEM;
        if (!has_link_by_hash(s, strrchr(link, '/') + 1))
                return 0;
        return symlink(file, link) < 0 && errno != EEXIST ? -errno : 0;
}

/* The unfinished bundle, which the next update would append to, and links by hash to a certificate that is gone. */
static int clear_torn(const Stores *s, const RecordList *l) {
        _cleanup_free_ char *unfinished = stores_path(s, BUNDLE ".new");
        int r = unfinished ? delete_file(unfinished) : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < l->n; i++)
                if (record_is_pending(&l->records[i], STORE_CA_CERTIFICATES))
                        r = restore_link(s, &l->records[i]);
        return r;
}

/* --- The command -------------------------------------------------------------------------------------------------- */

/* A configuration that is the system's and drops the certificates that leave. Without it the links of a removed file would stay. */
static int write_conf(const Stores *s, const RecordList *l, const char *to) {
        _cleanup_free_ char *conf = stores_path(s, "%s", CONF);
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        if (!conf)
                return -ENOMEM;
        r = read_file(conf, CONF_SIZE_MAX, &text);
        if (r < 0 && r != -ENOENT)
                return r;
        r = bytes_append_byte(&text, '\n');
        for (size_t i = 0; r >= 0 && i < l->n; i++)
                if (record_is_pending(&l->records[i], STORE_CA_CERTIFICATES))
                        r = bytes_printf(&text, "!sygnet-%.16s.crt\n", l->records[i].fingerprint);
        return r < 0 ? r : atomic_file_write(to, bytes_view(&text), 0600, true);
}

static bool calls_dpkg(const char *hook) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        return read_file(hook, HOOK_SIZE_MAX, &text) < 0 || (text.len > 0 && memmem(text.data, text.len, "dpkg", 4));
}

static int clear_links(const char *directory) {
        _cleanup_(closedirp) DIR *d = opendir(directory);
        struct dirent *e;

        if (!d)
                return -errno;
        while ((e = readdir(d)))
                if (e->d_type == DT_LNK && unlinkat(dirfd(d), e->d_name, 0) < 0)
                        return -errno;
        return 0;
}

/* Links to the hooks that may run, in a directory of ours. */
static int choose_hooks(const Stores *s, const char *directory) {
        _cleanup_free_ char *hooks = stores_path(s, "%s", HOOKS);
        _cleanup_(closedirp) DIR *d = hooks ? opendir(hooks) : NULL;
        struct dirent *e;
        int r;

        if (!hooks)
                return -ENOMEM;
        if (mkdir(directory, 0700) < 0 && errno != EEXIST)
                return -errno;
        r = clear_links(directory);
        while (r >= 0 && d && (e = readdir(d))) {
                _cleanup_free_ char *from = NULL, *to = NULL;

                if (e->d_name[0] == '.')
                        continue;
                if (asprintf(&from, "%s/%s", hooks, e->d_name) < 0 || asprintf(&to, "%s/%s", directory, e->d_name) < 0)
                        return -ENOMEM;
                if (!calls_dpkg(from) && symlink(from, to) < 0)
                        r = -errno;
        }
        return r;
}

static int commands(const Stores *s, const RecordList *l, bool leaving, bool torn, CommandList *ret) {
        _cleanup_free_ char *conf = NULL, *hooks = NULL;
        const char *update = s->update ?: UPDATE;
        int r = torn ? clear_torn(s, l) : 0;

        if (asprintf(&conf, "%s/removal.conf", s->records) < 0 || asprintf(&hooks, "%s/hooks", s->records) < 0)
                return -ENOMEM;
        if (r >= 0)
                r = choose_hooks(s, hooks);
        if (r >= 0 && leaving)
                r = write_conf(s, l, conf);
        if (r < 0)
                return r;
        return command_add(ret, (const char *const[]) { update, "--hooksdir", hooks, leaving ? "--certsconf" : NULL, conf, NULL });
}

const Store store_ca_certificates = {
        .id = STORE_CA_CERTIFICATES,
        .name = N_("The system's certificates (ca-certificates)"),
        .is_present = is_present,
        .place = place,
        .path = file_path,
        .problem = problem,
        .survey = survey,
        .put = put,
        .drop = drop,
        .commands = commands,
        .has_file = has_file,
        .is_gone = is_gone,
};
