/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Streams; see pdf-stream.h. */

#include <errno.h>
#include <zlib.h>

#include "sign/pdf/pdf-stream.h"

int pdf_deflate(View data, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uLongf size = compressBound(data.len);
        int r;

        if (data.len > PDF_UPDATE_MAX)
                return -EFBIG;
        r = bytes_reserve(&b, size);
        if (r < 0)
                return r;
        if (compress2(b.data, &size, data.data, data.len, Z_BEST_COMPRESSION) != Z_OK)
                return -ENOMEM;
        b.len = size;
        *ret = bytes_take(&b);
        return 0;
}

int pdf_write_stream(PdfUpdate *u, int id, View entries, View data) {
        int r;

        r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = pdf_update_append_stream(u, entries, data);
        return r < 0 ? r : pdf_update_end_object(u);
}

int pdf_write_deflated(PdfUpdate *u, int id, View entries, View data) {
        _cleanup_bytes_ Bytes deflated = BYTES_NULL, all = BYTES_NULL;
        int r;

        r = pdf_deflate(data, &deflated);
        if (r == 0)
                r = bytes_append_view(&all, entries);
        if (r == 0)
                r = bytes_append_view(&all, VIEW_LITERAL("/Filter /FlateDecode\n"));
        return r < 0 ? r : pdf_write_stream(u, id, bytes_view(&all), bytes_view(&deflated));
}
