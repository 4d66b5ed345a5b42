/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Host key files and the recovery key on its way in and out; see tool.h. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "store/recovery-key.h"
#include "store-tool/tool.h"

#define HOST_KEY_SIZE 32U

int host_key_read(const char *path, Secret **ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_secret_ Secret *key = NULL;
        struct stat st;
        int r;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;
        if ((st.st_mode & 077) != 0)
                return -EPERM;
        r = secret_read_fd(fd, HOST_KEY_SIZE, false, &key);
        if (r == -E2BIG || (r == 0 && secret_len(key) != HOST_KEY_SIZE))
                return -EBADMSG;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(key);
        return 0;
}

/* `owner` names a file or directory whose owner the new file gets, when root makes it. */
int host_key_write(const char *path, const Secret *key, const char *owner, bool replace) {
        _cleanup_(atomic_file_freep) AtomicFile *f = NULL;
        struct stat st;
        int r;

        r = atomic_file_open(path, 0600, &f);
        if (r < 0)
                return r;
        if (geteuid() == 0 && stat(owner, &st) == 0 && fchown(atomic_file_fd(f), st.st_uid, st.st_gid) < 0)
                return -errno;
        r = write_all(atomic_file_fd(f), secret_view(key));
        return r < 0 ? r : atomic_file_commit(f, replace);
}

int host_key_read_or_make(const Options *o, Secret **ret, bool *ret_made) {
        _cleanup_secret_ Secret *key = NULL;
        int r;

        r = host_key_read(o->host_key, ret);
        if (r != -ENOENT) {
                *ret_made = false;
                return r;
        }
        r = secret_random(HOST_KEY_SIZE, &key);
        if (r < 0)
                return r;
        r = host_key_write(o->host_key, key, o->state, false);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(key);
        *ret_made = true;
        return 0;
}

static void on_interrupt(int signal) {
}

/* One line from the terminal, not shown while it is typed. An interrupt ends the reading, so that the terminal gets its echo back. */
static int read_line_quietly(Secret **ret) {
        _cleanup_secret_ Secret *line = NULL;
        ssize_t n;
        int r;

        r = secret_new(512, &line);
        if (r < 0)
                return r;
        fputs("Recovery key: ", stderr);
        n = read(STDIN_FILENO, secret_data(line), secret_len(line));
        r = n < 0 ? -errno : 0;
        fputc('\n', stderr);
        if (r < 0)
                return r;
        secret_truncate(line, (size_t) n);
        *ret = TAKE_PTR(line);
        return 0;
}

static int ask(Secret **ret) {
        struct sigaction interrupt = { .sa_handler = on_interrupt };
        struct termios before, quiet;
        int r;

        if (tcgetattr(STDIN_FILENO, &before) < 0)
                return -errno;
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t) ECHO;
        sigaction(SIGINT, &interrupt, NULL);
        if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0)
                return -errno;
        r = read_line_quietly(ret);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        return r;
}

static int read_text(const Options *o, Secret **ret) {
        _cleanup_close_ int fd = -1;

        if (!o->recovery_key_file && isatty(STDIN_FILENO))
                return ask(ret);
        if (!o->recovery_key_file || strcmp(o->recovery_key_file, "-") == 0)
                return secret_read_fd(STDIN_FILENO, SECRET_MAX, true, ret);
        fd = open(o->recovery_key_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : secret_read_fd(fd, SECRET_MAX, true, ret);
}

int recovery_key_get(const Options *o, Secret **ret) {
        _cleanup_secret_ Secret *text = NULL;
        unsigned group;
        int r;

        r = read_text(o, &text);
        if (r < 0)
                return tell_file(o->recovery_key_file ? o->recovery_key_file : "standard input", r);
        r = recovery_key_parse(secret_view(text), ret, &group);
        if (r == -EINVAL && group == 0)
                return tell(EXIT_FAILED, "This is no recovery key: it has %u groups of five letters and digits. Nothing was changed.",
                            RECOVERY_KEY_GROUPS);
        if (r == -EINVAL)
                return tell(EXIT_FAILED, "Group %u of the recovery key is mistyped. Nothing was changed; compare it with the paper and try again.",
                            group);
        return r < 0 ? tell(EXIT_FAILED, "%s.", strerror(-r)) : 0;
}

int recovery_key_show(const Secret *text) {
        View v = secret_view(text);

        fputs("This is the recovery key. It is shown once: write it down and keep it away from this machine. Together with a backup it opens\n"
              "everything, and without it a store whose host key is lost stays shut.\n", stderr);
        if (write_all(STDOUT_FILENO, v) < 0 || write_all(STDOUT_FILENO, VIEW_LITERAL("\n")) < 0)
                return tell(EXIT_FAILED, "The recovery key could not be written out. Make another with 'sygnet-store recovery-key'.");
        return EXIT_OK;
}
