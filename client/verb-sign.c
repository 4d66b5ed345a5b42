/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet sign: its options, and what it tells. */

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "client/file-list.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/seal-wait.h"
#include "client/sign-appearance.h"
#include "client/sign-batch.h"
#include "client/sign-xml.h"
#include "client/verbs.h"

#define LISTED_MAX 24U /* outputs that are listed at a terminal, where a longer list would push away what went wrong */

static int fail_format(void) {
        _cleanup_bytes_ Bytes names = BYTES_NULL;
        int r = 0;

        for (unsigned i = FORMAT_AUTOMATIC + 1; r == 0 && i < FORMAT_MAX; i++)
                r = bytes_printf(&names, "%s%s", names.len > 0 ? ", " : "", document_format_to_string((SignatureFormat) i));
        return r < 0 ? fail_memory() : fail(EXIT_USAGE, _("--format is one of %s."), (const char *) names.data);
}

static int parse_format(const Arguments *a, SignatureFormat *ret) {
        const char *s = arguments_get(a, "format");

        if (!s)
                *ret = FORMAT_AUTOMATIC;
        else if (document_format_from_string(s, ret) < 0)
                return fail_format();
        return 0;
}

static int parse_pades(const Arguments *a, PadesOptions *ret) {
        const char *level = arguments_get(a, "certify");

        *ret = (PadesOptions) {
                .reason = arguments_get(a, "reason"),
                .location = arguments_get(a, "location"),
                .contact = arguments_get(a, "contact"),
                .field = arguments_get(a, "field"),
        };
        if (level && (strlen(level) != 1 || *level < '1' || *level > '3'))
                return fail(EXIT_USAGE, "%s", _("--certify takes 1 (no change is allowed), 2 (filling in and signing) or 3 (annotations too)."));
        ret->certify = level ? *level - '0' : 0;
        return 0;
}

static int parse_countersign(const Arguments *a, CadesOptions *ret) {
        unsigned number;
        int r;

        *ret = (CadesOptions) { .countersign = arguments_has(a, "countersign"), .content_fd = -1 };
        if (!ret->countersign)
                return 0;
        r = arguments_number(a, "countersign", 1, 256, 0, &number);
        ret->signer = number;
        return r;
}

static int parse_options(const Arguments *a, size_t n_files, SignOptions *ret) {
        SignOptions o = {
                .output = arguments_get(a, "output"),
                .replace = arguments_has(a, "force"),
                .skip_signed = arguments_has(a, "skip-signed"),
                .mode = sign_item_mode(),
                .content = arguments_get(a, "content"),
                .document.signing_time = time(NULL),
        };
        struct stat st;
        int r;

        r = parse_format(a, &o.document.format);
        if (r == 0)
                r = parse_pades(a, &o.document.pades);
        if (r == 0)
                r = sign_xml_parse(a, &o.document);
        if (r > 0)
                return r;
        o.output_is_directory = o.output && stat(o.output, &st) == 0 && S_ISDIR(st.st_mode);
        o.document.add = arguments_has(a, "add");
        r = parse_countersign(a, &o.document.cades);
        if (r > 0)
                return r;
        if (o.document.add && o.document.cades.countersign)
                return fail(EXIT_USAGE, "%s", _("--add signs the document, --countersign a signature: one of them."));
        if (o.content && (n_files > 1 || !sign_options_is_addition(&o)))
                return fail(EXIT_USAGE, "%s", _("--content is the document of one signature, to which --add or --countersign adds another."));
        if (n_files > 1 && sign_options_is_container(&o)) {
                if (!o.output || o.output_is_directory)
                        return fail(EXIT_USAGE, "%s", _("With several files in one container --output names it."));
                if (o.skip_signed)
                        return fail(EXIT_USAGE, "%s", _("--skip-signed is for documents that are signed one by one."));
        } else if (o.output && n_files > 1 && !o.output_is_directory)
                return fail(EXIT_USAGE, "%s", _("With several files --output names a directory that exists."));
        *ret = o;
        return 0;
}

static void print_json(const SignBatch *b) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, "files");
        for (size_t i = 0; i < b->n; i++) {
                const SignItem *item = &b->items[i];

                json_object_begin(&j, NULL);
                json_string(&j, "file", item->path);
                if (item->n_parts > 0) {
                        json_array_begin(&j, "further_files");
                        for (size_t k = 0; k < item->n_parts; k++)
                                json_string(&j, NULL, item->parts[k].path);
                        json_array_end(&j);
                }
                json_string(&j, "output", item->is_signed ? item->output : NULL);
                json_bool(&j, "signed", item->is_signed);
                json_bool(&j, "signed_already", item->signed_already);
                json_string(&j, "format", document_format_to_string(item->format));
                json_string(&j, "level", !item->is_signed ? NULL : item->timestamped ? "B-T" : "B-B");
                json_object_end(&j);
        }
        json_array_end(&j);
        json_object_end(&j);
        (void) json_finish(&j);
}

static void print_outputs(const SignBatch *b) {
        for (size_t i = 0; i < b->n; i++) {
                _cleanup_free_ char *name = NULL, *clean = NULL;

                if (!b->items[i].is_signed)
                        continue;
                name = text_from_locale(b->items[i].output);
                clean = text_clean(name ?: "");
                out_styled(STYLE_GOOD, "%s ", output_is_utf8() ? "✔" : "OK");
                out("%s\n", clean);
        }
}

static void print_summary(const SignBatch *b) {
        if (b->n_signed <= LISTED_MAX || !output_is_terminal())
                print_outputs(b);
        if (b->n == 1 && b->n_already == 0)
                return;
        out(ngettext("%zu file signed", "%zu files signed", b->n_signed), b->n_signed);
        if (b->n_already > 0)
                out(ngettext(", %zu before", ", %zu before", b->n_already), b->n_already);
        if (b->n_failed > 0)
                out(ngettext(", %zu not", ", %zu not", b->n_failed), b->n_failed);
        out(".\n");
}

static int fail_level(const SignBatch *b) {
        complain(ngettext("%zu file was signed at level B-B, without the timestamp that was asked for.",
                          "%zu files were signed at level B-B, without the timestamp that was asked for.", b->n_lowered), b->n_lowered);
        hint("%s", _("The signatures are good. “sygnet extend FILE” adds a timestamp later."));
        return EXIT_LEVEL;
}

static int sign_files(Client *c, KeySigner *key, SignBatch *b, SignOptions *options) {
        int r;

        options->seal = key_signer_is_seal(key);
        if (options->seal && key->daemon.session.id) {
                r = seal_wait(c, &key->daemon.credential, key->daemon.session.id);
                if (r > 0)
                        return r;
                /* The documents are dated when their signatures are made. */
                options->document.signing_time = time(NULL);
        }
        r = sign_batch_run(b, key);
        if (r != 0 && b->n_signed + b->n_already + b->n_failed == 0)
                return r;
        if (c->json)
                print_json(b);
        else
                print_summary(b);
        return r != 0 || b->n_lowered == 0 ? r : fail_level(b);
}

int verb_sign(Client *c) {
        _cleanup_(pdf_appearance_freep) PdfAppearance *appearance = NULL;
        _cleanup_secret_ Secret *document_password = NULL;
        _cleanup_(key_signer_done) KeySigner key = { 0 };
        _cleanup_timestamp_service_ TimestampService timestamps = { 0 };
        _cleanup_(sign_batch_done) SignBatch b = { 0 };
        _cleanup_(file_list_done) FileList files = { 0 };
        SignOptions options;
        int r;

        r = file_list_read(c, &files);
        if (r == 0)
                r = parse_options(&c->arguments, files.n, &options);
        if (r == 0 && !arguments_has(&c->arguments, "no-timestamp"))
                r = timestamp_service_open(c, &timestamps);
        if (r == 0)
                r = sign_appearance_parse(&c->arguments, &appearance);
        if (r == 0 && arguments_has(&c->arguments, "document-password-file"))
                r = prompt_secret(c, "document-password-file", _("Password of the documents"), &document_password);
        if (r > 0)
                return r;
        options.timestamps = timestamps.n > 0 ? &timestamps : NULL;
        options.document.pades.appearance = appearance;
        if (document_password)
                options.document.pades.password = secret_view(document_password);
        r = sign_batch_open(&b, files.paths, files.n, &options);
        if (r == 0)
                r = key_signer_init(&key, c, sign_xml_is_login(&options.document));
        return r > 0 ? r : sign_files(c, &key, &b, &options);
}
