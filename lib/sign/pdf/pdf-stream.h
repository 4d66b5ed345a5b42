/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Streams that an update brings, as objects of their own (ISO 32000-1 §7.3.8). */

#include "sign/pdf/pdf-update.h"

/* Data as FlateDecode has it (§7.4.4), as small as zlib makes it. 0, -ENOMEM, -EFBIG. */
int pdf_deflate(View data, Bytes *ret);

/* Writes object `id`: a stream with these dictionary entries (`/Key value` lines, without Length) and the data as it is. */
int pdf_write_stream(PdfUpdate *u, int id, View entries, View data);

/* The same, deflated; the entries name no Filter. */
int pdf_write_deflated(PdfUpdate *u, int id, View entries, View data);
