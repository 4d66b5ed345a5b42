/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The report as JSON; see verify-json.h. */

#include "base/json.h"
#include "sign/verify-json.h"

static void write_signature(Json *j, const SignatureReport *s) {
        json_object_begin(j, NULL);
        json_bool(j, "integrity", s->integrity);
        json_string(j, "indication", indication_to_string(s->indication));
        json_string(j, "subindication", subindication_to_string(s->subindication));
        json_string(j, "reason", s->reason);
        json_string(j, "signer", s->signer);
        if (s->signing_time >= 0)
                json_time(j, "signing_time", s->signing_time);
        else
                json_null(j, "signing_time");
        json_string(j, "format", s->format);
        json_string(j, "level", s->level);
        json_bool(j, "covers_whole_document", s->covers_whole_document);
        if (s->field)
                json_string(j, "field", s->field);
        json_object_end(j);
}

int verify_report_write_json(const VerifyReport *r, FILE *out) {
        Json j = JSON_INIT(out);

        json_object_begin(&j, NULL);
        json_string(&j, "indication", indication_to_string(r->indication));
        json_string(&j, "subindication", subindication_to_string(r->subindication));
        json_string(&j, "reason", r->reason);
        json_array_begin(&j, "signatures");
        for (size_t i = 0; i < r->n_signatures; i++)
                write_signature(&j, &r->signatures[i]);
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j);
}
