/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libsygnet-sign: signatures of documents in the formats PAdES, CAdES, XAdES and ASiC (EN 319 142-1, 122-1, 132-1, 162-1), made with a key in a
 * file or wherever the caller has it, and verified by EN 319 102-1. Everything happens in the calling process; the library starts none,
 * uses no network, writes nothing to the terminal or the log, and changes neither locale nor signal handlers.
 *
 *   cc sign-pdf.c $(pkg-config --cflags --libs sygnet-sign)
 *
 * Results. Functions that can fail return 0, a negative errno value, or a positive number: then what was asked for cannot be done with this
 * document, key or option, and sygnet_strerror() has the sentence. Of the positive numbers only those that stand here are fixed.
 * What a function returns through a pointer is written only when it returns 0.
 *
 * Ownership. What a function makes is released by its own sygnet_…_free(), which take NULL; strings and bytes that functions return belong to the
 * object they were asked of. Descriptors stay the caller's.
 *
 * Threads. Different objects may be used on different threads at the same time. One signer, and one set of options, may serve drafts on several
 * threads as long as none changes it. Anything else is for one thread at a time.
 *
 * Stability. Symbols are versioned (SYGNET_SIGN_1). What stands here keeps its name, its arguments and its meaning; later versions only add. */

#ifndef SYGNET_SIGN_H
#define SYGNET_SIGN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sygnet_signer sygnet_signer;
typedef struct sygnet_options sygnet_options;
typedef struct sygnet_draft sygnet_draft;
typedef struct sygnet_verifier sygnet_verifier;
typedef struct sygnet_report sygnet_report;

/* The version of the library that runs, as in "0.1.0". */
const char *sygnet_version(void);

/* What a result means: an English sentence, never NULL, that needs no freeing. */
const char *sygnet_strerror(int result);

/* A key file's password is not right, or the file was altered, which looks the same. */
#define SYGNET_E_PASSWORD 1002

/* --- Keys --------------------------------------------------------------------------------------------------------- */

/* The key and certificates of a PKCS#12 file, or of a PKCS#8 file under a password. `password` is UTF-8. For a PKCS#8 file the certificates come from
 * `certificates`, a file of PEM; for a PKCS#12 file those are added; it may be NULL. Takes up to a second: key files are slow to open on purpose. */
int sygnet_signer_open(const char *path, const char *password, const char *certificates, sygnet_signer **ret);

/* Signs the `len` bytes of `data` by the scheme of sygnet_signer_scheme() and writes the value: for RSA as it is, for ECDSA the DER of
 * Ecdsa-Sig-Value (RFC 3279), for Ed25519 64 bytes. `*value_len` is the room at first and the length then. 0, or a negative errno value that is
 * handed up. Called on the thread that calls sygnet_sign_…(). */
typedef int sygnet_sign_func(void *userdata, const void *data, size_t len, void *value, size_t *value_len);

/* A key that the caller keeps: on a card, in another process, behind a network. `certificates` is PEM, the signer's first, then its
 * issuers'. `sign` may be NULL for drafts that are completed with a value from elsewhere. */
int sygnet_signer_new(const char *certificates, sygnet_sign_func *sign, void *userdata, sygnet_signer **ret);

/* Has an RSA key sign by RSA-PSS instead of PKCS #1 v1.5, from now on. -EINVAL for another kind of key. */
int sygnet_signer_use_pss(sygnet_signer *s);

/* "ECDSA-SHA256", "RSA-SHA256", "RSA-PSS-SHA256", "EdDSA-Ed25519": how the key signs. Borrowed. */
const char *sygnet_signer_scheme(const sygnet_signer *s);

void sygnet_signer_free(sygnet_signer *s);

/* --- How to sign -------------------------------------------------------------------------------------------------- */

int sygnet_options_new(sygnet_options **ret);

/* Sets one, a NULL value takes it back. -ENOENT for a name that is none of these, -EINVAL for a value that is none. Text is UTF-8.
 *
 *   format               pades, cades, cades-enveloping, xades, xades-enveloping, xades-detached, asic-s, asic-s-xades, asic-e, asic-e-xades; unless
 *                        set pades for a PDF and cades for anything else
 *   signing-time         seconds since 1970, UTC; unless set, now
 *   timestamped          yes: leave room for a timestamp (see sygnet_draft_complete())
 *   name, media-type     of the document, where the format has a place for them
 *   reason, location, contact, field, certify, document-password
 *                        PDF: as the options of sygnet-sign(1) of these names; certify is 1, 2 or 3
 *   visible-text, visible-image, visible-font
 *                        PDF: shown on a page: text with {name}, {date}, {time}, {reason} and the like filled in; a PNG or JPEG file; a
 *                        TrueType file for the text
 *   visible-page, visible-place, visible-rectangle
 *                        PDF: a number or last; bottom-right and the like; or left,bottom,width,height as in 20mm,20mm,70mm,25mm
 *   xml-element, xml-place
 *                        XML: XPath of the element to sign, and of the one that the signature becomes the last child of
 *   xml-profile          XML: ksef or customs */
int sygnet_options_set(sygnet_options *o, const char *name, const char *value);

void sygnet_options_free(sygnet_options *o);

/* --- Signing ------------------------------------------------------------------------------------------------------ */

/* Signs the file `in` and writes `out`, whole or not at all, readable by whom `in` is; a file of that name is left alone (-EEXIST). `options` may be
 * NULL. */
int sygnet_sign_file(const sygnet_signer *s, const sygnet_options *options, const char *in, const char *out);

/* The same between descriptors: `in_fd` a regular file, `out_fd` empty, readable and writable. */
int sygnet_sign_fd(const sygnet_signer *s, const sygnet_options *options, int in_fd, int out_fd);

/* In steps, for a key that answers later, or a timestamp. Reads the document, writes to `out_fd` what can be written, and has what is to be signed.
 * Both descriptors stay open, and the signer stays, until the draft is freed; the options are not needed any more. */
int sygnet_draft_new(const sygnet_signer *s, const sygnet_options *options, int in_fd, int out_fd, sygnet_draft **ret);

/* The same of several documents in one container (ASiC). `names` are theirs within it. */
int sygnet_draft_new_container(const sygnet_signer *s, const sygnet_options *options, const int *fds, const char *const *names, size_t n, int out_fd,
                               sygnet_draft **ret);

/* The bytes that are to be signed (hashing is part of signing). Borrowed. */
const void *sygnet_draft_tbs(const sygnet_draft *d, size_t *ret_len);

/* What the message imprint of a timestamp is made over, once there is a signature value. Borrowed. */
int sygnet_draft_stamped(sygnet_draft *d, const void *value, size_t value_len, const void **ret, size_t *ret_len);

/* Writes the signature, its value as sygnet_sign_func gives it, and the TimeStampToken (RFC 3161) where there is one (else NULL and 0). Once only. */
int sygnet_draft_complete(sygnet_draft *d, const void *value, size_t value_len, const void *token, size_t token_len);

void sygnet_draft_free(sygnet_draft *d);

/* Gets a TimeStampToken (RFC 3161, DER) from an authority, whose message imprint is this digest, by this algorithm ("SHA256"). `*token_len` is the
 * room at first and the length then. 0, or a negative errno value that is handed up. */
typedef int sygnet_stamp_func(void *userdata, const char *algorithm, const void *digest, size_t digest_len, void *token, size_t *token_len);

/* Adds timestamps to a signed document: one for each signature that has none, over a PDF one for all of it. `out_fd` is empty, readable and writable;
 * `document_password` is that of an encrypted PDF, or NULL. The tokens are not verified. */
int sygnet_extend_fd(int in_fd, int out_fd, const char *document_password, sygnet_stamp_func *stamp, void *userdata);

/* --- Verifying ---------------------------------------------------------------------------------------------------- */

/* A verifier without anchors trusts nobody, and tells of each signature only whether it fits. */
int sygnet_verifier_new(sygnet_verifier **ret);

/* The certificates that end a path: a file of PEM or DER, or the system's own bundle. */
int sygnet_verifier_add_anchors_file(sygnet_verifier *v, const char *path);
int sygnet_verifier_add_system_anchors(sygnet_verifier *v);

/* A CRL (RFC 5280) or an OCSP response (RFC 6960) in DER. The library fetches none. -EBADMSG when it is none. */
int sygnet_verifier_add_crl(sygnet_verifier *v, const void *der, size_t len);
int sygnet_verifier_add_ocsp(sygnet_verifier *v, const void *der, size_t len);

/* The password of encrypted PDF documents, the user's or the owner's; NULL for none. */
int sygnet_verifier_set_document_password(sygnet_verifier *v, const char *password);

/* The time that is validated for, seconds since 1970; unless set, now. */
void sygnet_verifier_set_time(sygnet_verifier *v, int64_t seconds);

void sygnet_verifier_free(sygnet_verifier *v);

/* Verifies the document at `fd`, whatever its format; `content_fd` is the document of a detached signature, or a folder with the documents of an XML
 * signature, or -1. 0 with a report also for what is no signed document at all. */
int sygnet_verify_fd(sygnet_verifier *v, int fd, int content_fd, sygnet_report **ret);

/* EN 319 102-1 table 5. */
#define SYGNET_TOTAL_PASSED 0
#define SYGNET_INDETERMINATE 1
#define SYGNET_TOTAL_FAILED 2

/* Of the whole document, which is as good as its worst signature; subindication by the name of EN 319 102-1 table 6, NULL when there is none; the reason
 * is an English sentence, NULL when there is none. */
int sygnet_report_indication(const sygnet_report *r);
const char *sygnet_report_subindication(const sygnet_report *r);
const char *sygnet_report_reason(const sygnet_report *r);

/* How many signatures there are, and of each, from 0, the same and more; texts are NULL and times -1 where there is none. */
size_t sygnet_report_signatures(const sygnet_report *r);
int sygnet_signature_indication(const sygnet_report *r, size_t i);
const char *sygnet_signature_subindication(const sygnet_report *r, size_t i);
const char *sygnet_signature_reason(const sygnet_report *r, size_t i);
const char *sygnet_signature_signer(const sygnet_report *r, size_t i);  /* the certificate's subject, RFC 4514 */
const char *sygnet_signature_format(const sygnet_report *r, size_t i);  /* "PAdES", "CAdES" and the like */
const char *sygnet_signature_level(const sygnet_report *r, size_t i);   /* "B-B", "B-T" and the like */
const char *sygnet_signature_field(const sygnet_report *r, size_t i);   /* of a PDF */
int64_t sygnet_signature_signing_time(const sygnet_report *r, size_t i); /* as the signer claims */
int64_t sygnet_signature_proven_time(const sygnet_report *r, size_t i);  /* by a timestamp */
int sygnet_signature_covers_all(const sygnet_report *r, size_t i);       /* 1 when nothing of the document is left out, else 0 */
const void *sygnet_signature_certificate(const sygnet_report *r, size_t i, size_t *ret_len); /* DER; NULL when there is none */

/* All of it as JSON, the object that “sygnet verify --json” prints. Borrowed; NULL when memory ran out. */
const char *sygnet_report_json(sygnet_report *r);

void sygnet_report_free(sygnet_report *r);

#ifdef __cplusplus
}
#endif
#endif
