/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over the files of directories, for compilers without libFuzzer: what was found once stays tested. Each input is cut short and altered byte by byte
 * as well, each bit of a byte by itself, or one of them only where SYGNET_FUZZ_FEWER is set. With --no-memory each is run while its allocations fail instead, one after
 * the other, alone and with all that follow; with --as-is each is run once. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/atomic-file.h"
#include "tests/fuzz/allocations.h"

#define INPUT_MAX (2U * 1024 * 1024)
#define ALTERED_MAX 4096U /* longer inputs are run as they are */
#define FAILURES_MAX 120U /* of one input's allocations so many fail in turn, spread over all of them */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum Mode { MODE_ALTERED, MODE_NO_MEMORY, MODE_AS_IS } Mode;

static size_t failures;

static void run_altered(const Bytes *input) {
        _cleanup_free_ uint8_t *copy = malloc(input->len + 1);
        bool fewer = getenv("SYGNET_FUZZ_FEWER");

        for (size_t i = 0; copy && i < input->len; i++) {
                memcpy(copy, input->data, input->len);
                LLVMFuzzerTestOneInput(copy, i);
                for (unsigned bit = fewer ? i % 8 : 0; bit < (fewer ? i % 8 + 1 : 8); bit++) {
                        copy[i] = (uint8_t) (input->data[i] ^ 1U << bit);
                        LLVMFuzzerTestOneInput(copy, input->len);
                }
        }
}

static size_t run_failing(const Bytes *input, size_t n, bool all) {
        allocations_start(n, all);
        LLVMFuzzerTestOneInput(input->data, input->len);
        failures += allocations_failed();
        return allocations_stop();
}

/* What is made once and kept was made when the input ran before. */
static void run_without_memory(const Bytes *input) {
        size_t n = run_failing(input, 0, false);

        for (size_t i = 1; i <= n; i += 1 + n / FAILURES_MAX) {
                run_failing(input, i, false);
                run_failing(input, i, true);
        }
}

static int run_file(int directory, const char *name, Mode mode) {
        _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
        _cleanup_bytes_ Bytes input = BYTES_NULL;
        int r;

        if (fd < 0)
                return -errno;
        r = read_fd(fd, INPUT_MAX, &input);
        if (r < 0)
                return r;
        LLVMFuzzerTestOneInput(input.data, input.len);
        if (mode == MODE_NO_MEMORY)
                run_without_memory(&input);
        else if (mode == MODE_ALTERED && input.len <= ALTERED_MAX)
                run_altered(&input);
        return 0;
}

/* The number of inputs, or -errno. */
static int run_directory(const char *path, Mode mode) {
        DIR *d = opendir(path);
        int n = 0;

        if (!d)
                return -errno;
        for (struct dirent *e = readdir(d); e && n >= 0; e = readdir(d)) {
                int r = e->d_name[0] == '.' ? 0 : run_file(dirfd(d), e->d_name, mode);

                if (r < 0)
                        fprintf(stderr, "%s: cannot be read\n", e->d_name);
                n = r < 0 ? r : n + (e->d_name[0] != '.');
        }
        closedir(d);
        return n;
}

int main(int argc, char **argv) {
        Mode mode = argc > 1 && strcmp(argv[1], "--no-memory") == 0 ? MODE_NO_MEMORY : argc > 1 && strcmp(argv[1], "--as-is") == 0 ? MODE_AS_IS : MODE_ALTERED;
        int n = 0;

        for (int i = mode == MODE_ALTERED ? 1 : 2; i < argc; i++) {
                int r = run_directory(argv[i], mode);

                if (r <= 0) {
                        fprintf(stderr, "%s: no inputs\nUsage: %s [--no-memory | --as-is] DIRECTORY…\n", argv[i], argv[0]);
                        return 1;
                }
                n += r;
        }
        printf("%d inputs, %zu runs without memory\n", n, failures);
        return n > 0 ? 0 : 2;
}
