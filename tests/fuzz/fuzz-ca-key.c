/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What sygnet-cad may ask the CA's key to sign. The first octet says whether there is a root, which the input then begins with. */

#include "ca-key/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const uint8_t algorithm[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 };
        static const uint8_t name[] = { 0x30, 0x12, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x07, 'E', 'x', 'a', 'm', 'p', 'l', 'e' };
        static const uint8_t key_id[] = { 1, 2, 3, 4 };
        Judge j = { .algorithm = VIEW(algorithm, sizeof(algorithm)), .public_key = VIEW("\x30\x00", 2) };
        const char *problem;
        TbsKind kind;
        View serial;

        if (size == 0)
                return 0;
        if (data[0] & 1) {
                j.has_root = true;
                j.name = VIEW(name, sizeof(name));
                j.key_id = VIEW(key_id, sizeof(key_id));
                for (unsigned i = 0; i < JUDGE_TIME_SIZE; i++) {
                        j.not_before[i] = '0';
                        j.not_after[i] = '9';
                }
        }
        (void) judge_tbs(&j, VIEW(data + 1, size - 1), &kind, &problem);
        (void) judge_serial(VIEW(data + 1, size - 1), &serial);
        j.has_root = false;
        (void) judge_set_root(&j, VIEW(data + 1, size - 1));
        return 0;
}
