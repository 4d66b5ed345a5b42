/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for both ends of the trust checker: certificates and files of several as they come from a caller, and answers as a checker that was taken over
 * would give them. What the check accepts must come through the lines unchanged; what the lines accept must be what would be written. */

#include <string.h>

#include "installer/trust/bundle.h"
#include "installer/trust/check.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_check(View input) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 }, back = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL, again = BYTES_NULL;

        if (check_certificate(input, 1800000000, &reply) < 0)
                return;
        require(check_reply_write(&reply, &text) == 0);
        require(check_reply_read(bytes_view(&text), &back) == 0);
        require(check_reply_write(&back, &again) == 0);
        require(view_equal(bytes_view(&text), bytes_view(&again)));
}

static void run_reply(View input) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (check_reply_read(input, &reply) < 0)
                return;
        require(check_reply_write(&reply, &text) == 0);
        require(view_equal(bytes_view(&text), input));
}

static void run_bundle(View input) {
        _cleanup_bytes_ Bytes text = BYTES_NULL, again = BYTES_NULL;
        _cleanup_bundle_ BundleReply reply = { 0 }, back = { 0 };

        if (check_bundle(input, 1800000000, &reply) < 0)
                return;
        require(bundle_reply_write(&reply, &text) == 0);
        require(bundle_reply_read(bytes_view(&text), &back) == 0);
        require(bundle_reply_write(&back, &again) == 0);
        require(view_equal(bytes_view(&text), bytes_view(&again)));
}

static void run_bundle_reply(View input) {
        _cleanup_bundle_ BundleReply reply = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (bundle_reply_read(input, &reply) < 0)
                return;
        require(bundle_reply_write(&reply, &text) == 0);
        require(view_equal(bytes_view(&text), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        run_check(VIEW(data, size));
        run_reply(VIEW(data, size));
        run_bundle(VIEW(data, size));
        run_bundle_reply(VIEW(data, size));
        return 0;
}
