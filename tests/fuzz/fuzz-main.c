/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over the files of a directory, for compilers without libFuzzer: what was found once stays tested. Each input is cut
 * short and altered byte by byte as well. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/atomic-file.h"

#define INPUT_MAX (2U * 1024 * 1024)
#define ALTERED_MAX 4096U /* longer inputs are run as they are */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_altered(const Bytes *input) {
        _cleanup_free_ uint8_t *copy = malloc(input->len + 1);

        for (size_t i = 0; copy && i < input->len; i++) {
                memcpy(copy, input->data, input->len);
                LLVMFuzzerTestOneInput(copy, i);
                for (unsigned bit = 0; bit < 8; bit++) {
                        copy[i] = (uint8_t) (input->data[i] ^ 1U << bit);
                        LLVMFuzzerTestOneInput(copy, input->len);
                }
        }
}

static int run_file(int directory, const char *name) {
        _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
        _cleanup_bytes_ Bytes input = BYTES_NULL;
        int r;

        if (fd < 0)
                return -errno;
        r = read_fd(fd, INPUT_MAX, &input);
        if (r < 0)
                return r;
        LLVMFuzzerTestOneInput(input.data, input.len);
        if (input.len <= ALTERED_MAX)
                run_altered(&input);
        return 0;
}

int main(int argc, char **argv) {
        unsigned n = 0;
        DIR *d;

        d = argc == 2 ? opendir(argv[1]) : NULL;
        if (!d) {
                fprintf(stderr, "Usage: %s DIRECTORY\n", argv[0]);
                return 2;
        }
        for (struct dirent *e = readdir(d); e; e = readdir(d)) {
                if (e->d_name[0] == '.')
                        continue;
                if (run_file(dirfd(d), e->d_name) < 0) {
                        fprintf(stderr, "%s: cannot be read\n", e->d_name);
                        closedir(d);
                        return 1;
                }
                n++;
        }
        closedir(d);
        printf("%u inputs\n", n);
        return n > 0 ? 0 : 1;
}
