/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drafts of containers; see asic-make.h. What is signed is known once the files were copied; the signature and the directory come last. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <sys/stat.h>

#include "sign/asic/asic-make.h"
#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic-parallel.h"
#include "sign/asic/asic-verify.h"
#include "sign/asic/asic.h"
#include "sign/cms/cades.h"
#include "sign/media-type.h"
#include "sign/verify-report.h"
#include "sign/xml/xades.h"
#include "sign/asic/zip-write.h"

#define TYPE_S "application/vnd.etsi.asic-s+zip"
#define TYPE_E "application/vnd.etsi.asic-e+zip"
#define NUMBERS_MAX 999U /* of signatures in a container */

struct AsicDraft {
        ZipWriter *writer;
        CadesDraft *cades;
        XadesDraft *xades;
        AsicParallel *parallel; /* all the rest is empty then */
        char *signature; /* the entry's name */
        char *manifest;  /* likewise; NULL where there is none */
        AsicFile *files;
        size_t n;
};

AsicDraft *asic_draft_free(AsicDraft *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < d->n; i++) {
                free(d->files[i].name);
                free(d->files[i].media_type);
        }
        free(d->files);
        free(d->signature);
        free(d->manifest);
        zip_writer_free(d->writer);
        cades_draft_free(d->cades);
        xades_draft_free(d->xades);
        asic_parallel_free(d->parallel);
        free(d);
        return NULL;
}

/* Its own names are the container's (§4.3.2, §4.4.2): in any case, for who unpacks it where case does not count. */
static bool name_is_free(const char *name, bool simple) {
        return zip_name_is_sound(name) && name[strlen(name) - 1] != '/' && strcasecmp(name, "mimetype") != 0 && strcasecmp(name, "META-INF") != 0 &&
               strncasecmp(name, "META-INF/", 9) != 0 && (!simple || !strchr(name, '/'));
}

/* A further file with its digest. */
static int remember(AsicDraft *d, const char *name, const char *media_type, const Digest *digest) {
        AsicFile f = { .name = strdup(name), .media_type = strdup(media_type ?: media_type_of_name(name)), .digest = *digest };

        if (!f.name || !f.media_type) {
                free(f.name);
                free(f.media_type);
                return -ENOMEM;
        }
        d->files[d->n++] = f;
        return 0;
}

static int feed(void *userdata, View piece) {
        return gnutls_hash(*(gnutls_hash_hd_t *) userdata, piece.data, piece.len) < 0 ? -EIO : 0;
}

static int copy_file(AsicDraft *d, const AsicSource *file, gnutls_digest_algorithm_t algorithm) {
        Digest digest = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;
        struct stat st;
        int r;

        if (fstat(file->fd, &st) < 0)
                return -errno;
        if (gnutls_hash_init(&hash, algorithm) < 0)
                return -EIO;
        r = zip_writer_add_fd(d->writer, file->name, file->fd, (uint64_t) st.st_size, feed, &hash);
        gnutls_hash_deinit(hash, digest.data);
        return r < 0 ? r : remember(d, file->name, file->media_type, &digest);
}

static int compare_names(const void *a, const void *b) {
        const AsicSource *const *x = a, *const *y = b;

        return strcmp((*x)->name, (*y)->name);
}

static int check_names(const AsicSource *files, size_t n, bool simple) {
        _cleanup_free_ const AsicSource **sorted = calloc(n, sizeof(*sorted));

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (!files[i].name || !name_is_free(files[i].name, simple))
                        return ASIC_E_NAME;
                sorted[i] = &files[i];
        }
        qsort(sorted, n, sizeof(*sorted), compare_names);
        for (size_t i = 1; i < n; i++)
                if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
                        return ASIC_E_SAME_NAME;
        return 0;
}

/* A new container around the files. */
static int pack(AsicDraft *d, const Signer *signer, const AsicParams *params, const AsicSource *files, size_t n, int out_fd) {
        int r;

        if (params->simple && n != 1)
                return ASIC_E_ONE_FILE;
        r = check_names(files, n, params->simple);
        if (r == 0)
                r = zip_writer_new(out_fd, params->signing_time, &d->writer);
        if (r == 0)
                r = zip_writer_add(d->writer, "mimetype", view_string(params->simple ? TYPE_S : TYPE_E));
        if (r != 0)
                return r;
        d->files = calloc(n, sizeof(*d->files));
        if (!d->files)
                return -ENOMEM;
        for (size_t i = 0; i < n && r == 0; i++)
                r = copy_file(d, &files[i], signer->scheme.message_digest);
        return r;
}

/* The files of a container as further signers sign them: all. */
static int digest_all(AsicDraft *d, AsicContainer *c, gnutls_digest_algorithm_t algorithm) {
        int r = 0;

        d->files = calloc(c->n[ASIC_ROLE_DATA] + 1, sizeof(*d->files));
        if (!d->files)
                return -ENOMEM;
        for (size_t i = 0; i < c->zip.n && r == 0; i++) {
                Digest digest;

                if (c->roles[i] != ASIC_ROLE_DATA)
                        continue;
                r = asic_digest(c, &c->zip.entries[i], algorithm, &digest);
                if (r == 0)
                        r = remember(d, c->zip.entries[i].name, NULL, &digest);
        }
        return r;
}

static int check_container(const AsicContainer *c, const AsicParams *params) {
        bool alone = c->n[ASIC_ROLE_DATA] == 1 && c->n[ASIC_ROLE_CADES] == 1 && c->n[ASIC_ROLE_XADES] + c->n[ASIC_ROLE_TIMESTAMP] + c->n[ASIC_ROLE_EVIDENCE] == 0;

        if (c->kind == ASIC_S)
                return !params->simple ? ASIC_E_OTHER_KIND : alone && !params->xades && c->n[ASIC_ROLE_ARCHIVE_MANIFEST] == 0 ? 0 : ASIC_E_FULL;
        if (c->kind != ASIC_E)
                return ASIC_E_NO_CONTAINER;
        if (c->n[params->xades ? ASIC_ROLE_CADES : ASIC_ROLE_XADES] > 0 || params->simple)
                return ASIC_E_OTHER_KIND;
        return c->n[ASIC_ROLE_DATA] == 0 ? ASIC_E_EMPTY : 0;
}

/* Digests and values alone: nobody puts a signature beside one that is broken. */
static int check_signatures(int fd, int64_t now) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        int r;

        r = asic_verify(fd, &(VerifyParams) { .now = now, .content_fd = -1 }, &report);
        for (size_t i = 0; r == 0 && i < report.n_signatures; i++)
                if (!report.signatures[i].integrity)
                        r = ASIC_E_BROKEN;
        return r;
}

/* What it has, byte by byte, for a further signature. */
static int unpack(AsicDraft *d, const Signer *signer, const AsicParams *params, const AsicSource *file, int out_fd, AsicContainer *ret) {
        int r;

        r = asic_open(file->fd, ret);
        if (r == 0)
                r = check_container(ret, params);
        if (r == 0)
                r = check_signatures(file->fd, params->signing_time);
        if (r == 0 && params->simple)
                return asic_parallel_new(signer, ret, params->signing_time, file->fd, out_fd, &d->parallel);
        if (r == 0)
                r = digest_all(d, ret, signer->scheme.message_digest);
        return r != 0 ? r : zip_writer_new_from(out_fd, params->signing_time, &ret->zip, &d->writer);
}

/* The first number of which nothing is there yet. Numbers have three digits, so that names sort. */
static int choose_names(AsicDraft *d, const AsicParams *params, const AsicContainer *c) {
        if (params->simple) {
                d->signature = strdup(params->xades ? "META-INF/signatures.xml" : "META-INF/signature.p7s");
                return d->signature ? 0 : -ENOMEM;
        }
        for (unsigned i = 1; i <= NUMBERS_MAX; i++) {
                _cleanup_free_ char *signature = NULL, *manifest = NULL;

                if (asprintf(&signature, params->xades ? "META-INF/signatures%03u.xml" : "META-INF/signature%03u.p7s", i) < 0) {
                        signature = NULL;
                        return -ENOMEM;
                }
                if (asprintf(&manifest, "META-INF/ASiCManifest%03u.xml", i) < 0) {
                        manifest = NULL;
                        return -ENOMEM;
                }
                if (zip_find(&c->zip, signature) || (!params->xades && zip_find(&c->zip, manifest)))
                        continue;
                d->signature = TAKE_PTR(signature);
                d->manifest = params->xades ? NULL : TAKE_PTR(manifest);
                return 0;
        }
        return ZIP_E_TOO_LARGE;
}

/* §4.4.3.2: CAdES over a manifest of the files; §4.3.3.2: over the file. */
static int draft_cades(AsicDraft *d, const Signer *signer, const AsicParams *params) {
        const CadesParams cades = { .signing_time = params->signing_time };
        _cleanup_bytes_ Bytes manifest = BYTES_NULL;
        Digest digest = d->files[0].digest;
        int r;

        if (d->manifest) {
                r = asic_manifest_write(d->signature, "application/pkcs7-signature", d->files, d->n, signer->scheme.message_digest, &manifest);
                if (r >= 0)
                        r = zip_writer_add(d->writer, d->manifest, bytes_view(&manifest));
                if (r >= 0)
                        r = digest_of(signer->scheme.message_digest, bytes_view(&manifest), &digest);
                if (r < 0)
                        return r;
        }
        return cades_draft_new(signer, &cades, digest_view(&digest), &d->cades);
}

/* §4.3.3.2, §4.4.3.2: XAdES over the files themselves. */
static int draft_xades(AsicDraft *d, const Signer *signer, const AsicParams *params) {
        const XadesParams xades = { .signing_time = params->signing_time, .nonce = params->nonce };
        _cleanup_free_ XadesFile *files = calloc(d->n, sizeof(*files));

        if (!files)
                return -ENOMEM;
        for (size_t i = 0; i < d->n; i++)
                files[i] = (XadesFile) { .name = d->files[i].name, .media_type = d->files[i].media_type, .digest = d->files[i].digest };
        return xades_draft_new_manifest(signer, &xades, files, d->n, &d->xades);
}

/* Readers of containers with XAdES want OpenDocument's manifest (§4.4.3.2 allows it); one that is there names the files already. */
static int add_package(AsicDraft *d, const AsicParams *params, const AsicContainer *c) {
        _cleanup_bytes_ Bytes manifest = BYTES_NULL;
        int r;

        if (!params->xades || c->n[ASIC_ROLE_PACKAGE_MANIFEST] > 0)
                return 0;
        r = asic_package_write(params->simple ? TYPE_S : TYPE_E, d->files, d->n, &manifest);
        return r < 0 ? r : zip_writer_add(d->writer, "META-INF/manifest.xml", bytes_view(&manifest));
}

int asic_draft_new(const Signer *signer, const AsicParams *params, const AsicSource *files, size_t n_files, int out_fd, AsicDraft **ret) {
        _cleanup_(asic_draft_freep) AsicDraft *d = calloc(1, sizeof(*d));
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        int r;

        if (!d)
                return -ENOMEM;
        if (n_files == 0 || (params->add && n_files > 1))
                return -EINVAL;
        r = params->add ? unpack(d, signer, params, &files[0], out_fd, &c) : pack(d, signer, params, files, n_files, out_fd);
        if (r == 0 && !d->parallel)
                r = choose_names(d, params, &c);
        if (r == 0 && !d->parallel)
                r = add_package(d, params, &c);
        if (r == 0 && !d->parallel)
                r = params->xades ? draft_xades(d, signer, params) : draft_cades(d, signer, params);
        if (r != 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

void asic_draft_item(const AsicDraft *d, SignerItem *ret) {
        if (d->parallel)
                *ret = (SignerItem) { .type = SIGNER_ITEM_CMS_ATTRIBUTES, .tbs = asic_parallel_tbs(d->parallel) };
        else
                *ret = d->xades ? (SignerItem) { .type = SIGNER_ITEM_XML_SIGNEDINFO, .tbs = xades_draft_tbs(d->xades) }
                        : (SignerItem) { .type = SIGNER_ITEM_CMS_ATTRIBUTES, .tbs = cades_draft_tbs(d->cades) };
}

int asic_draft_stamped(AsicDraft *d, View signature, Bytes *ret) {
        return d->xades ? xades_draft_stamped(d->xades, signature, ret) : bytes_dup(signature, ret);
}

int asic_draft_complete(AsicDraft *d, View signature, View timestamp) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        if (d->parallel) {
                r = asic_parallel_complete(d->parallel, signature, timestamp);
                /* It has none but what it had when it was drafted. */
                return r > 0 && !zip_strerror(r) ? -EIO : r;
        }
        if (d->xades)
                r = xades_draft_complete_bytes(d->xades, signature, timestamp, &b);
        else
                r = cades_draft_complete(d->cades, signature, timestamp, &b);
        if (r >= 0)
                r = zip_writer_add(d->writer, d->signature, bytes_view(&b));
        return r < 0 ? r : zip_writer_finish(d->writer);
}

bool asic_recognize(int fd, bool *ret_simple, bool *ret_xades) {
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };

        if (!zip_recognize(fd) || asic_open(fd, &c) != 0 || (c.kind != ASIC_S && c.kind != ASIC_E))
                return false;
        *ret_simple = c.kind == ASIC_S;
        *ret_xades = c.n[ASIC_ROLE_XADES] > 0;
        return true;
}

const char *asic_strerror(int outcome) {
        static const char *const sentences[] = {
                [ASIC_E_ONE_FILE - ASIC_E_ONE_FILE] = N_("An ASiC-S container holds one file: use --format asic-e for several."),
                [ASIC_E_NAME - ASIC_E_ONE_FILE] = N_("A file's name cannot stand in a container: rename it."),
                [ASIC_E_SAME_NAME - ASIC_E_ONE_FILE] = N_("Two files have the same name: rename one of them."),
                [ASIC_E_NO_CONTAINER - ASIC_E_ONE_FILE] = N_("This is no ASiC container, so that no signature can be added to it."),
                [ASIC_E_EMPTY - ASIC_E_ONE_FILE] = N_("The container holds no file that could be signed."),
                [ASIC_E_OTHER_KIND - ASIC_E_ONE_FILE] = N_("The container is of another kind, or its signatures are: leave --format away, and a signature of its own kind is added."),
                [ASIC_E_FULL - ASIC_E_ONE_FILE] = N_("Nothing can be added to this ASiC-S container: put it, or its file, into an ASiC-E container to have it signed by others."),
                [ASIC_E_BROKEN - ASIC_E_ONE_FILE] = N_("A signature in the container does not hold, so that none is put beside it: see “sygnet verify”."),
        };

        return outcome >= ASIC_E_ONE_FILE && outcome <= ASIC_E_BROKEN ? sentences[outcome - ASIC_E_ONE_FILE] : NULL;
}
