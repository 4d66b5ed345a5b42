/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Media types; see media-type.h. */

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "sign/media-type.h"

static const struct {
        const char *ending, *type;
} types[] = {
        { ".asice", "application/vnd.etsi.asic-e+zip" },
        { ".asics", "application/vnd.etsi.asic-s+zip" },
        { ".csv", "text/csv" },
        { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { ".html", "text/html" },
        { ".jpeg", "image/jpeg" },
        { ".jpg", "image/jpeg" },
        { ".json", "application/json" },
        { ".odp", "application/vnd.oasis.opendocument.presentation" },
        { ".ods", "application/vnd.oasis.opendocument.spreadsheet" },
        { ".odt", "application/vnd.oasis.opendocument.text" },
        { ".pdf", "application/pdf" },
        { ".png", "image/png" },
        { ".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
        { ".rtf", "application/rtf" },
        { ".tif", "image/tiff" },
        { ".tiff", "image/tiff" },
        { ".txt", "text/plain" },
        { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { ".xml", "application/xml" },
        { ".zip", "application/zip" },
};

const char *media_type_of_name(const char *name) {
        size_t len = strlen(name);

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                size_t ending = strlen(types[i].ending);

                if (len > ending && strcasecmp(name + len - ending, types[i].ending) == 0)
                        return types[i].type;
        }
        return "application/octet-stream";
}
