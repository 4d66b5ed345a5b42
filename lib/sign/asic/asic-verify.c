/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The round over a container's signatures; see asic-verify.h. What a signature is of is noted only while its digests and value hold, so that a broken one covers
 * nothing. */

#include <errno.h>

#include "sign/asic/asic-archive.h"
#include "sign/asic/asic-judge.h"
#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic-verify.h"
#include "sign/asic/asic.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/cms/cms-verify.h"
#include "sign/cms/timestamp.h"
#include "sign/xml/xades-verify.h"

#define PLAIN_MAX (64U * 1024U) /* what a CMS signature without attributes is compared with (cms-signer.c) */

/* References looked up for all signatures together: a CMS may have many signers, a manifest many references. */
#define LOOKUPS_MAX (1024U * 1024U)

/* What all signatures and manifests together may inflate to, and so many times the container's size beyond that: certificates and digests do not deflate by much. */
#define SIGNATURES_FREE (8U * 1024U * 1024U)
#define SIGNATURES_RATIO 4U

typedef struct Manifest {
        size_t entry;
        const ZipEntry *signature; /* NULL: none in this container */
        AsicManifest manifest;
} Manifest;

/* A XAdES signature refers to the files itself. */
typedef struct Reference {
        size_t report;
        const ZipEntry *entry;
} Reference;

typedef struct Round {
        AsicContainer container;
        const VerifyParams *params;
        VerifyReport *report;
        Manifest *manifests;
        size_t n_manifests;
        Reference *references; /* of the signatures of one XML document */
        size_t n_references, allocated_references;
        int problem;           /* with noting them */
        AsicArchive archives[ASIC_ARCHIVES_MAX];
        size_t n_archives;
        size_t lookups;        /* that may still be made */
        size_t *covered; /* the last signature that holds and is of the entry, counted from 1; 0: none */
} Round;

bool asic_verify_recognize(int fd) {
        return zip_recognize(fd);
}

static void round_done(Round *round) {
        for (size_t i = 0; i < round->n_archives; i++)
                asic_archive_done(&round->archives[i]);
        for (size_t i = 0; i < round->n_manifests; i++)
                asic_manifest_done(&round->manifests[i].manifest);
        free(round->manifests);
        free(round->references);
        free(round->covered);
        asic_done(&round->container);
}

/* What cannot be read at all is left out: whatever needs it then finds none. */
static int read_manifest(Round *round, size_t entry) {
        Manifest *m = &round->manifests[round->n_manifests];
        _cleanup_bytes_ Bytes xml = BYTES_NULL;
        int r;

        r = asic_read(&round->container, &round->container.zip.entries[entry], &xml);
        if (r == 0)
                r = asic_manifest_read(bytes_view(&xml), &m->manifest);
        if (r > 0 || r == -EBADMSG || r == -E2BIG)
                return 0;
        if (r < 0)
                return r;
        m->entry = entry;
        m->signature = asic_find_uri(&round->container, m->manifest.signature);
        round->n_manifests++;
        return 0;
}

static int read_manifests(Round *round) {
        const AsicContainer *c = &round->container;
        int r = 0;

        round->manifests = calloc(c->n[ASIC_ROLE_MANIFEST] + c->n[ASIC_ROLE_ARCHIVE_MANIFEST] + 1, sizeof(*round->manifests));
        round->covered = calloc(c->zip.n + 1, sizeof(*round->covered));
        if (!round->manifests || !round->covered)
                return -ENOMEM;
        for (size_t i = 0; i < c->zip.n && r >= 0; i++)
                if (c->roles[i] == ASIC_ROLE_MANIFEST || c->roles[i] == ASIC_ROLE_ARCHIVE_MANIFEST)
                        r = read_manifest(round, i);
        return r;
}

/* The earliest time that is proven for a signature file. True where one of them keeps it, whoever its authority is. */
static bool find_proof(Round *round, const ZipEntry *signature, VerifyParams *params) {
        bool kept = false;

        for (size_t i = 0; i < round->n_archives; i++) {
                const AsicArchive *a = &round->archives[i];

                if (!a->sound || a->manifest->n > round->lookups)
                        continue;
                round->lookups -= a->manifest->n;
                if (!asic_archive_has(&round->container, a, signature))
                        continue;
                kept = true;
                if (a->time > 0 && (params->proven_time <= 0 || a->time < params->proven_time)) {
                        params->proven_time = a->time;
                        params->proven_by = a->authority;
                }
        }
        return kept;
}

/* Beside signatures, timestamps are there to keep them. */
static int read_archives(Round *round) {
        int r = 0;

        if (round->container.n[ASIC_ROLE_CADES] + round->container.n[ASIC_ROLE_XADES] == 0)
                return 0;
        for (size_t i = 0; i < round->n_manifests && round->n_archives < ASIC_ARCHIVES_MAX && r >= 0; i++) {
                Manifest *m = &round->manifests[i];
                AsicArchive *a = &round->archives[round->n_archives];

                if (round->container.roles[m->entry] != ASIC_ROLE_ARCHIVE_MANIFEST || !m->signature ||
                    round->container.roles[asic_index(&round->container, m->signature)] != ASIC_ROLE_TIMESTAMP)
                        continue;
                *a = (AsicArchive) { .entry = &round->container.zip.entries[m->entry], .timestamp = m->signature, .manifest = &m->manifest };
                round->n_archives++;
                r = asic_archive_read(&round->container, round->params, a);
        }
        return r;
}

static int check_archives(Round *round) {
        int r = read_archives(round);

        return r < 0 ? r : asic_archives_check(&round->container, round->params, round->archives, round->n_archives, &round->lookups);
}

/* EN 319 162-1 §5.3: an archive timestamp around it makes B-LT B-LTA. */
static void raise_level(SignatureReport *s, bool kept) {
        if (kept && s->level && strcmp(s->level, "B-LT") == 0)
                s->level = "B-LTA";
}

/* What a CAdES signature or timestamp is over: in ASiC-E a manifest (§4.4.3.2); in ASiC-S the only file, where none names it (§4.3.3.2). */
typedef struct Target {
        const ZipEntry *entry;
        const Manifest *manifest; /* NULL: the file itself */
} Target;

static Target find_target(const Round *round, const ZipEntry *signature) {
        Target t = { 0 };

        for (size_t i = 0; i < round->n_manifests; i++) {
                const Manifest *m = &round->manifests[i];

                if (m->signature != signature)
                        continue;
                if (t.manifest)
                        return (Target) { 0 }; /* two, and nobody can tell which */
                t = (Target) { &round->container.zip.entries[m->entry], m };
        }
        if (!t.manifest && round->container.kind == ASIC_S && round->container.n[ASIC_ROLE_MANIFEST] == 0)
                t.entry = asic_single(&round->container);
        return t;
}

/* A reference of a manifest. Whether it fits stays in s->integrity. */
static int check_reference(Round *round, const AsicReference *ref, SignatureReport *s) {
        const ZipEntry *e = asic_find_uri(&round->container, ref->uri);
        Digest digest;
        int r;

        if (!e)
                return asic_fail(s, SUB_SIGNED_DATA_NOT_FOUND, N_("A file that was signed is no longer in the container."));
        if (ref->algorithm == GNUTLS_DIG_UNKNOWN)
                return asic_fail(s, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        r = asic_digest(&round->container, e, ref->algorithm, &digest);
        if (r < 0 && r != -EOPNOTSUPP)
                return r;
        if (r == -EOPNOTSUPP)
                return asic_fail(s, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        if (r > 0 || !view_equal(digest_view(&digest), digest_view(&ref->digest)))
                return asic_fail(s, SUB_HASH_FAILURE, N_("A file in the container was changed after it was signed."));
        if (!cms_digest_is_secure(ref->algorithm, s->proven_time >= 0 ? s->proven_time : round->params->now))
                return signature_report_note(s, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The container's manifest uses a digest that is no longer secure."));
        return 0;
}

static int note_covered(Round *round, SignatureReport *s, const ZipEntry *e) {
        size_t i = asic_index(&round->container, e), number = (size_t) (s - round->report->signatures) + 1;

        /* A manifest may name a file twice. */
        if (round->covered[i] == number)
                return 0;
        round->covered[i] = number;
        return round->container.roles[i] == ASIC_ROLE_DATA ? report_append_name(&s->covered, &s->n_covered, e->name) : 0;
}

/* What the signature at hand is of, when it holds for its manifest or file. */
static int cover(Round *round, const Target *t, SignatureReport *s) {
        const AsicManifest *m = t->manifest ? &t->manifest->manifest : NULL;
        int r = 0;

        if (!s->integrity || !t->entry || s->countersignature)
                return 0;
        if (m && m->n > round->lookups)
                return asic_fail(s, SUB_FORMAT_FAILURE, N_("The signature refers to more than is examined."));
        round->lookups -= m ? m->n : 0;
        for (size_t i = 0; m && i < m->n && r >= 0; i++)
                r = check_reference(round, &m->references[i], s);
        if (r < 0 || !s->integrity)
                return r;
        if (!m)
                r = note_covered(round, s, t->entry);
        for (size_t i = 0; m && i < m->n && r >= 0; i++)
                r = note_covered(round, s, asic_find_uri(&round->container, m->references[i].uri));
        return r;
}

/* One that holds and is of none of the container's files was put there for another's sake. */
static int require_file(SignatureReport *s) {
        if (!s->integrity || s->n_covered > 0 || s->countersignature)
                return 0;
        return asic_fail(s, SUB_SIGNED_DATA_NOT_FOUND, N_("The signature is of no file in the container."));
}

typedef struct EntryDigest {
        AsicContainer *container;
        const ZipEntry *entry;
} EntryDigest;

static int digest_entry(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        const EntryDigest *e = userdata;
        int r = asic_digest(e->container, e->entry, algorithm, ret);

        return r > 0 ? -EIO : r;
}

/* A small file as a descriptor, or -1: for signatures without attributes, which need to see it. */
static int pour(const Round *round, const ZipEntry *e) {
        int fd = -1;

        return e->size <= PLAIN_MAX && asic_pour(&round->container, e, &fd) == 0 ? fd : -1;
}

static int fail_format(Round *round, const char *format, const char *reason) {
        SignatureReport *s;
        int r;

        r = verify_report_add(round->report, &s);
        if (r < 0)
                return r;
        s->format = format;
        return signature_report_note(s, SUB_FORMAT_FAILURE, reason);
}

static int verify_cades(Round *round, const ZipEntry *e) {
        Target t = find_target(round, e);
        EntryDigest target = { &round->container, t.entry };
        CmsContent content = { .digest = t.entry ? digest_entry : NULL, .userdata = &target };
        size_t from = round->report->n_signatures;
        VerifyParams params = *round->params;
        _cleanup_bytes_ Bytes cms = BYTES_NULL;
        _cleanup_close_ int fd = t.entry ? pour(round, t.entry) : -1;
        bool kept = find_proof(round, e, &params);
        int r;

        r = asic_read(&round->container, e, &cms);
        if (r > 0)
                return fail_format(round, "CMS", N_("A signature in the container cannot be read."));
        params.content_fd = fd;
        if (r == 0)
                r = cms_verify(bytes_view(&cms), &content, &params, round->report, NULL);
        for (size_t i = from; i < round->report->n_signatures && r >= 0; i++) {
                SignatureReport *s = &round->report->signatures[i];

                raise_level(s, kept);
                if (!t.entry)
                        r = asic_fail(s, SUB_FORMAT_FAILURE, N_("The container does not tell which files this signature is of."));
                else
                        r = cover(round, &t, s);
                if (r >= 0)
                        r = require_file(s);
        }
        return r;
}

/* The imprint of a token against what it shall be over. */
static int check_imprint(Round *round, View token, const ZipEntry *target, SignatureReport *s) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        TimestampInfo info;
        Digest digest;
        int r;

        r = timestamp_token_read(token, &content, &info);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return asic_fail(s, SUB_FORMAT_FAILURE, N_("What stands in the place of the time-stamp is none."));
        s->signing_time = info.time;
        r = asic_digest(&round->container, target, info.algorithm, &digest);
        if (r < 0 && r != -EOPNOTSUPP)
                return r;
        if (r != 0 || !view_equal(info.imprint, digest_view(&digest)))
                return asic_fail(s, SUB_HASH_FAILURE, N_("The time-stamp is of something else, or the file was changed after it."));
        if (!cms_digest_is_secure(info.algorithm, round->params->now))
                return signature_report_note(s, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The time-stamp uses a digest that is no longer secure."));
        return 0;
}

/* The authority's signature holds; that it is one is judged as for any timestamp. */
static int check_authority(Round *round, View token, SignatureReport *s) {
        _cleanup_free_ char *authority = NULL;
        int r;

        if (s->indication != INDICATION_TOTAL_PASSED)
                return 0;
        r = s->signing_time > round->params->now + REVOCATION_SKEW_S ? TIMESTAMP_E_UNTRUSTED : timestamp_verify_signature(token, round->params, &authority);
        if (r > 0)
                return signature_report_note(s, SUB_CHAIN_CONSTRAINTS_FAILURE, N_("The certificate of the time-stamp is of no time-stamping authority."));
        if (r < 0)
                return r;
        s->proven_time = s->signing_time;
        s->proven_by = TAKE_PTR(authority);
        return 0;
}

/* A timestamp in the place of a signature (§4.3.3.2): like one, by the authority. */
static int verify_timestamp(Round *round, const ZipEntry *e) {
        Target t = find_target(round, e);
        size_t from = round->report->n_signatures;
        VerifyParams params = *round->params;
        _cleanup_bytes_ Bytes token = BYTES_NULL;
        SignatureReport *s;
        int r;

        r = asic_read(&round->container, e, &token);
        if (r > 0)
                return fail_format(round, "TST", N_("A time-stamp in the container cannot be read."));
        params.no_timestamps = true;
        params.content_fd = -1;
        if (r == 0)
                r = cms_verify(bytes_view(&token), &(CmsContent) { 0 }, &params, round->report, NULL);
        for (size_t i = from; i < round->report->n_signatures && r >= 0; i++) {
                s = &round->report->signatures[i];
                s->format = "TST";
                s->timestamp = true;
                s->level = NULL;
                if (!t.entry) {
                        r = asic_fail(s, SUB_FORMAT_FAILURE, N_("The container does not tell which files this signature is of."));
                        continue;
                }
                r = check_imprint(round, bytes_view(&token), t.entry, s);
                if (r >= 0)
                        r = check_authority(round, bytes_view(&token), s);
                if (r >= 0)
                        r = cover(round, &t, s);
                if (r >= 0)
                        r = require_file(s);
        }
        return r;
}

static int resolve_digest(void *userdata, const char *uri, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Round *round = userdata;
        const ZipEntry *e = asic_find_uri(&round->container, uri);
        int r;

        if (!e)
                return -ENOENT;
        r = asic_digest(&round->container, e, algorithm, ret);
        if (r > 0)
                *ret = (Digest) { .len = 0 }; /* damaged: it fits nothing */
        return r < 0 ? r : 0;
}

static int resolve_read(void *userdata, const char *uri, Bytes *ret) {
        const Round *round = userdata;
        const ZipEntry *e = asic_find_uri(&round->container, uri);
        int r = e ? asic_read(&round->container, e, ret) : -ENOENT;

        return r == ZIP_E_TOO_LARGE ? -E2BIG : r > 0 ? -EBADMSG : r;
}

/* Whether the signature holds is known later. */
static void resolve_covered(void *userdata, size_t report, const char *uri) {
        Round *round = userdata;

        if (round->n_references == round->allocated_references) {
                size_t n = round->allocated_references > 0 ? 2 * round->allocated_references : 16;
                Reference *grown = reallocarray(round->references, n, sizeof(*grown));

                if (!grown) {
                        round->problem = -ENOMEM;
                        return;
                }
                round->references = grown;
                round->allocated_references = n;
        }
        round->references[round->n_references++] = (Reference) { report, asic_find_uri(&round->container, uri) };
}

static int cover_references(Round *round) {
        int r = round->problem;

        for (size_t i = 0; i < round->n_references && r >= 0; i++) {
                const Reference *ref = &round->references[i];
                SignatureReport *s = &round->report->signatures[ref->report];

                if (s->integrity && ref->entry)
                        r = note_covered(round, s, ref->entry);
        }
        round->n_references = 0;
        return r;
}

/* Countersignatures, which stand inside of others, are of signatures. */
static int require_files(Round *round, XmlDocument *document, size_t from) {
        int r = 0;

        for (xmlNode *n = xml_signature_find(document, NULL); n && r >= 0 && from < round->report->n_signatures; n = xml_signature_find(document, n), from++)
                if (n->parent == xml_document_root(document) || n == xml_document_root(document))
                        r = require_file(&round->report->signatures[from]);
        return r;
}

/* §4.3.3.2, §4.4.3.2. */
static int verify_xades(Round *round, const ZipEntry *e) {
        const XmlResolver resolver = { .digest = resolve_digest, .read = resolve_read, .covered = resolve_covered, .userdata = round };
        _cleanup_xml_document_ XmlDocument *document = NULL;
        size_t from = round->report->n_signatures;
        VerifyParams params = *round->params;
        _cleanup_bytes_ Bytes xml = BYTES_NULL;
        int r;

        (void) find_proof(round, e, &params);
        params.content_fd = -1;
        r = asic_read(&round->container, e, &xml);
        if (r > 0)
                return fail_format(round, "XAdES", N_("A signature in the container cannot be read."));
        if (r == 0)
                r = xml_document_read(bytes_view(&xml), &document);
        if (r > 0)
                return fail_format(round, "XAdES", xml_document_strerror(r));
        if (r == 0)
                r = xades_verify_document(document, &params, &resolver, round->report);
        if (r >= 0)
                r = cover_references(round);
        if (r >= 0)
                r = require_files(round, document, from);
        if (r >= 0 && round->report->n_signatures == from)
                r = fail_format(round, "XAdES", N_("What stands in the place of the signature is none."));
        return r;
}

static int verify_entry(Round *round, size_t i) {
        const AsicContainer *c = &round->container;
        const ZipEntry *e = &c->zip.entries[i];

        if (c->roles[i] == ASIC_ROLE_CADES)
                return verify_cades(round, e);
        if (c->roles[i] == ASIC_ROLE_XADES)
                return verify_xades(round, e);
        /* Beside signatures, timestamps over them are there to keep them, and no signatures of their own. */
        if (c->roles[i] == ASIC_ROLE_TIMESTAMP && c->n[ASIC_ROLE_CADES] + c->n[ASIC_ROLE_XADES] == 0)
                return verify_timestamp(round, e);
        return 0;
}

/* Each is read, and held against each other: nobody needs so many. */
static bool is_too_much(const AsicContainer *c) {
        return c->n[ASIC_ROLE_CADES] + c->n[ASIC_ROLE_XADES] + c->n[ASIC_ROLE_TIMESTAMP] > VERIFY_SIGNATURES_MAX ||
               c->n[ASIC_ROLE_MANIFEST] + c->n[ASIC_ROLE_ARCHIVE_MANIFEST] > VERIFY_SIGNATURES_MAX;
}

static int verify_container(Round *round) {
        int r;

        if (is_too_much(&round->container))
                return -E2BIG;
        r = read_manifests(round);
        if (r >= 0)
                r = check_archives(round);
        for (size_t i = 0; i < round->container.zip.n && r >= 0; i++)
                r = verify_entry(round, i);
        if (r >= 0)
                r = asic_judge(&round->container, round->covered, round->report);
        return r;
}

static bool is_in_proportion(const AsicContainer *c) {
        uint64_t total = 0;

        for (size_t i = 0; i < c->zip.n; i++)
                total += c->roles[i] == ASIC_ROLE_DATA ? 0 : c->zip.entries[i].size; /* cannot overflow, zip.c */
        return total <= SIGNATURES_FREE || (total - SIGNATURES_FREE) / SIGNATURES_RATIO <= c->zip.size;
}

int asic_verify(int fd, const VerifyParams *params, VerifyReport *ret) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        _cleanup_(round_done) Round round = { .container.zip.fd = -1, .params = params, .report = &report, .lookups = LOOKUPS_MAX };
        int r;

        r = asic_open(fd, &round.container);
        if (r < 0)
                return r;
        if (r == 0 && !is_in_proportion(&round.container))
                r = ZIP_E_TOO_LARGE;
        if (r == 0) {
                report.container = asic_kind_to_string(round.container.kind);
                r = verify_container(&round);
                /* What is beyond a limit is told of none of them. */
                if (r == -E2BIG) {
                        verify_report_done(&report);
                        r = ZIP_E_TOO_LARGE;
                }
                if (r < 0)
                        return r;
        }
        r = verify_report_conclude(&report, r > 0 ? zip_strerror(r) : N_("The container holds no signature."));
        if (r < 0)
                return r;
        *ret = report;
        report = (VerifyReport) { 0 };
        return 0;
}
