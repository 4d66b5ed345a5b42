/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drafts of XAdES signatures; see xades.h. What needs the document as a tree stands in xades-envelop.c: signatures beside a document, and around one in base64,
 * need none, so that their memory does not grow with it. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "sign/xml/xades-draft.h"
#include "sign/xml/xml-names.h"

/* Marks a sentence for xgettext. */
#define N_(s) s

#define COPY_SIZE (192U * 1024U) /* a multiple of three, so that base64 of pieces is base64 of the whole */
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define OBJECT "http://www.w3.org/2000/09/xmldsig#Object"
#define OCTETS "application/octet-stream"

XadesDraft *xades_draft_free(XadesDraft *d) {
        if (!d)
                return NULL;
        xades_parts_done(&d->parts);
        bytes_done(&d->tbs);
        xml_insertion_done(&d->place);
        bytes_done(&d->object);
        free(d->media_type);
        free(d);
        return NULL;
}

static int draft_new(const Signer *signer, const XadesParams *params, XadesDraft **ret) {
        _cleanup_(xades_draft_freep) XadesDraft *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->in_fd = d->out_fd = -1;
        r = xades_parts_init(&d->parts, signer, params);
        if (r == -EOPNOTSUPP)
                return XADES_E_ALGORITHM;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

/* --- What a profile wants ----------------------------------------------------------------------------------------- */

/* The ministry's list: RSA with PKCS #1 v1.5 or PSS and ECDSA, no EdDSA; not beside the document. */
static int check_ksef(const Signer *signer, const XadesParams *params) {
        if (params->packing == XADES_DETACHED || params->options.element || params->options.place)
                return XADES_E_PROFILE;
        return signer->scheme.sign == GNUTLS_SIGN_EDDSA_ED25519 ? XADES_E_ALGORITHM : 0;
}

static int check_customs(const Signer *signer, const XadesParams *params) {
        if (params->packing != XADES_ENVELOPED || params->options.element || params->options.place)
                return XADES_E_PROFILE;
        return signer->scheme.sign == GNUTLS_SIGN_EDDSA_ED25519 ? XADES_E_ALGORITHM : 0;
}

static int check_profile(const Signer *signer, const XadesParams *params) {
        switch (params->options.profile) {
        case XADES_PROFILE_KSEF:
                return check_ksef(signer, params);
        case XADES_PROFILE_CUSTOMS:
                return check_customs(signer, params);
        default:
                return 0;
        }
}

/* --- References --------------------------------------------------------------------------------------------------- */

static int add_file(XadesParts *p, const char *name, const char *media_type, const Digest *digest) {
        XadesReference *r = xades_parts_add(p);

        if (!r)
                return -ENOMEM;
        r->uri = xades_uri_of_name(name);
        r->media_type = strdup(media_type ?: OCTETS);
        r->digest = *digest;
        return r->uri && r->media_type ? 0 : -ENOMEM;
}

static int detach(XadesDraft *d, const XadesParams *params) {
        Digest digest;
        int r;

        if (!params->name)
                return -EINVAL;
        d->prolog = true;
        r = digest_of_fd(d->parts.scheme.message_digest, d->in_fd, 0, UINT64_MAX, &digest);
        return r < 0 ? r : add_file(&d->parts, params->name, params->media_type, &digest);
}

/* The document's octets are what is signed, whatever they are. */
static int envelop_octets(XadesDraft *d, const XadesParams *params) {
        XadesReference *reference = xades_parts_add(&d->parts);
        struct stat st;

        if (!reference)
                return -ENOMEM;
        d->prolog = d->base64 = true;
        d->media_type = strdup(params->media_type ?: OCTETS);
        reference->media_type = strdup(params->media_type ?: OCTETS);
        reference->type = OBJECT;
        reference->base64 = true;
        if (!d->media_type || !reference->media_type || asprintf(&reference->uri, "#%s-object", d->parts.id) < 0)
                return -ENOMEM;
        /* Of no octets some readers hold that nothing was signed. */
        if (fstat(d->in_fd, &st) < 0)
                return -errno;
        return st.st_size == 0 ? XADES_E_EMPTY : digest_of_fd(d->parts.scheme.message_digest, d->in_fd, 0, UINT64_MAX, &reference->digest);
}

static int refer(XadesDraft *d, const XadesParams *params) {
        switch (params->packing) {
        case XADES_ENVELOPED:
                return xades_envelop(d, params);
        case XADES_ENVELOPING:
                return params->options.profile == XADES_PROFILE_KSEF ? xades_embed(d, params) : envelop_octets(d, params);
        default:
                return detach(d, params);
        }
}

static int finish(XadesDraft *d) {
        int r;

        r = xades_signed_info(&d->parts, &d->tbs);
        if (r < 0)
                return r;
        return d->tbs.len > XADES_SIGNED_INFO_MAX ? XADES_E_TOO_MANY : 0;
}

int xades_draft_new(const Signer *signer, const XadesParams *params, int in_fd, int out_fd, XadesDraft **ret) {
        _cleanup_(xades_draft_freep) XadesDraft *d = NULL;
        int r;

        r = check_profile(signer, params);
        if (r == 0)
                r = draft_new(signer, params, &d);
        if (r != 0)
                return r;
        d->in_fd = in_fd;
        d->out_fd = out_fd;
        r = refer(d, params);
        if (r == 0)
                r = finish(d);
        if (r == 0)
                *ret = TAKE_PTR(d);
        return r;
}

int xades_draft_new_manifest(const Signer *signer, const XadesParams *params, const XadesFile *files, size_t n_files, XadesDraft **ret) {
        _cleanup_(xades_draft_freep) XadesDraft *d = NULL;
        int r;

        if (n_files == 0)
                return -EINVAL;
        r = draft_new(signer, params, &d);
        if (r != 0)
                return r;
        d->prolog = d->manifest = true;
        for (size_t i = 0; r >= 0 && i < n_files; i++)
                r = add_file(&d->parts, files[i].name, files[i].media_type, &files[i].digest);
        if (r >= 0)
                r = xml_scope_bind(&d->parts.scope, "asic", XML_NS_ASIC);
        if (r >= 0)
                r = finish(d);
        if (r == 0)
                *ret = TAKE_PTR(d);
        return r;
}

View xades_draft_tbs(const XadesDraft *d) {
        return bytes_view(&d->tbs);
}

int xades_draft_stamped(const XadesDraft *d, View signature, Bytes *ret) {
        return xades_signature_value(&d->parts, signature, ret);
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

void xades_put_object(XmlWriter *w, const XadesDraft *d) {
        char id[sizeof(d->parts.id) + 8];

        snprintf(id, sizeof(id), "%s-object", d->parts.id);
        xml_put_open(w, "ds:Object");
        if (d->base64)
                xml_put_attribute(w, "Encoding", XML_TRANSFORM_BASE64);
        xml_put_attribute(w, "Id", id);
        if (d->media_type)
                xml_put_attribute(w, "MimeType", d->media_type);
        xml_put_raw(w, bytes_view(&d->object));
}

/* Everything up to the place of base64 in `*ret_head`, the rest in `*ret_tail`. */
static int write_signature(const XadesDraft *d, View signature, View token, Bytes *ret_head, Bytes *ret_tail) {
        _cleanup_xml_writer_ XmlWriter w = XML_WRITER(XML_FORM_DOCUMENT, NULL);
        size_t split;
        int r;

        if (d->prolog)
                xml_put_raw(&w, VIEW_LITERAL(DECLARATION));
        if (d->manifest)
                xml_put_open(&w, "asic:XAdESSignatures");
        xades_put_signature(&w, &d->parts, signature, token);
        if (d->base64 || d->object.len > 0)
                xades_put_object(&w, d);
        xml_put_raw(&w, VIEW(NULL, 0)); /* ends an open tag */
        split = w.out.len;
        while (w.depth > 0)
                xml_put_close(&w);
        r = xml_writer_finish(&w, ret_head);
        if (r < 0)
                return r;
        r = bytes_append(ret_tail, ret_head->data + split, ret_head->len - split);
        ret_head->len = split;
        return r;
}

int xades_read(int fd, uint64_t at, uint8_t *buffer, size_t size, size_t *ret) {
        size_t len = 0;

        while (len < size) {
                ssize_t n = pread(fd, buffer + len, size - len, (off_t) (at + len));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                len += (size_t) n;
        }
        *ret = len;
        return 0;
}

static int write_base64(int to, View v) {
        _cleanup_free_ char *text = base64_encode(v);

        return text ? write_all(to, view_string(text)) : -ENOMEM;
}

/* From `from` up to `until`, or the end. */
static int copy_range(int fd, uint64_t from, uint64_t until, bool base64, int to) {
        _cleanup_free_ uint8_t *buffer = malloc(COPY_SIZE);

        if (!buffer)
                return -ENOMEM;
        while (from < until) {
                size_t n = until - from < COPY_SIZE ? (size_t) (until - from) : COPY_SIZE;
                int r;

                r = xades_read(fd, from, buffer, n, &n);
                if (r < 0)
                        return r;
                if (n == 0)
                        return until == UINT64_MAX ? 0 : -EIO;
                r = base64 ? write_base64(to, VIEW(buffer, n)) : write_all(to, VIEW(buffer, n));
                if (r < 0)
                        return r;
                from += n;
        }
        return 0;
}

static int write_around(XadesDraft *d, View head, View tail) {
        int r;

        r = copy_range(d->in_fd, 0, d->place.head, false, d->out_fd);
        if (r >= 0)
                r = write_all(d->out_fd, bytes_view(&d->place.before));
        if (r >= 0)
                r = write_all(d->out_fd, head);
        if (r >= 0 && d->base64)
                r = copy_range(d->in_fd, 0, UINT64_MAX, true, d->out_fd);
        if (r >= 0)
                r = write_all(d->out_fd, tail);
        if (r >= 0)
                r = write_all(d->out_fd, bytes_view(&d->place.after));
        if (r >= 0 && d->place.head > 0)
                r = copy_range(d->in_fd, d->place.tail, UINT64_MAX, false, d->out_fd);
        return r;
}

int xades_draft_complete(XadesDraft *d, View signature, View token) {
        _cleanup_bytes_ Bytes head = BYTES_NULL, tail = BYTES_NULL;
        int r;

        if (d->out_fd < 0)
                return -EINVAL;
        r = write_signature(d, signature, token, &head, &tail);
        return r < 0 ? r : write_around(d, bytes_view(&head), bytes_view(&tail));
}

int xades_draft_complete_bytes(XadesDraft *d, View signature, View token, Bytes *ret) {
        _cleanup_bytes_ Bytes head = BYTES_NULL, tail = BYTES_NULL;
        int r;

        if (d->place.head > 0 || d->base64)
                return -EINVAL;
        r = write_signature(d, signature, token, &head, &tail);
        if (r >= 0)
                r = bytes_append_view(&head, bytes_view(&tail));
        if (r >= 0)
                *ret = bytes_take(&head);
        return r;
}

const char *xades_strerror(int outcome) {
        switch (outcome) {
        case XADES_E_NOT_XML:
                return N_("It is no well-formed XML document, or uses prefixes that it does not declare; sign it with --format xades-enveloping, which takes any file.");
        case XADES_E_DOCTYPE:
                return N_("It has a document type declaration (DOCTYPE), which could change what it says; take that out, or sign it with --format xades-enveloping.");
        case XADES_E_LIMIT:
                return N_("It is too deep or too large; sign it with --format xades-detached.");
        case XADES_E_ENCODING:
                return N_("It is in an encoding that no signature can be put into; convert it to UTF-8 first.");
        case XADES_E_XPATH:
                return N_("The XPath is none of version 1.0, or has a prefix that the document’s root does not declare.");
        case XADES_E_NO_ELEMENT:
                return N_("The XPath has to choose exactly one element of the document.");
        case XADES_E_BREAKS:
                return N_("A signature that it has already would break by another one within; sign it with --format xades-detached.");
        case XADES_E_XML_BASE:
                return N_("It has xml:base around the place of the signature, which goes with --xml-canonical exclusive or inclusive only.");
        case XADES_E_ALGORITHM:
                return N_("The key signs by an algorithm that this form of signature, or its recipient, does not have.");
        case XADES_E_KSEF:
                return N_("It is no AuthTokenRequest of KSeF, which is all that the profile signs.");
        case XADES_E_PROFILE:
                return N_("The profile says itself what is signed and where the signature stands: it goes with --format xades, for KSeF also xades-enveloping, and with neither --xml-element nor --xml-place.");
        case XADES_E_TOO_MANY:
                return N_("It is more than one signature can cover; sign fewer files at a time.");
        case XADES_E_EMPTY:
                return N_("It is empty, and cannot stand in a signature; sign it with --format xades-detached.");
        case XADES_E_CANONICAL:
                return N_("It has no canonical form, since it names a namespace by a relative address; sign it with --format xades-enveloping or xades-detached.");
        case XADES_E_SIGNED:
                return N_("There is no signature in it to which a timestamp could be added.");
        case XADES_E_STAMPED:
                return N_("Each of its signatures has a timestamp already.");
        default:
                return N_("The document cannot be signed.");
        }
}
