/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of detached signatures; see xades-content.h. A name leads nowhere but into the folder: no absolute one, no step upwards, no symbolic link at its end. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sign/xml/xades-content.h"
#include "sign/xml/xml-target.h"

/* The largest file of which all is taken into memory, for a signature with transforms. */
#define CONTENT_MAX (256U * 1024U * 1024U)

static bool is_inside(const char *name) {
        if (*name == '/' || *name == '\0' || strchr(name, ':'))
                return false;
        for (const char *part = name; part; part = strchr(part, '/')) {
                part += *part == '/';
                if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
                        return false;
        }
        return true;
}

static int open_in_folder(int folder, const char *uri, int *ret) {
        _cleanup_free_ char *name = strdup(uri);
        struct stat st;
        int fd;

        if (!name)
                return -ENOMEM;
        xml_unescape(name);
        if (!is_inside(name))
                return -ENOENT;
        fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : -ENOENT;
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                close(fd);
                return -ENOENT;
        }
        *ret = fd;
        return 0;
}

/* A second name is another file, which nobody has. */
static int open_file(XadesContent *c, const char *uri, int *ret) {
        if (c->folder)
                return open_in_folder(c->fd, uri, ret);
        if (c->uri && strcmp(c->uri, uri) != 0)
                return -ENOENT;
        if (!c->uri)
                c->uri = strdup(uri);
        if (!c->uri)
                return -ENOMEM;
        *ret = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
        return *ret < 0 ? -errno : 0;
}

static int content_digest(void *userdata, const char *uri, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        _cleanup_close_ int fd = -1;
        int r;

        r = open_file(userdata, uri, &fd);
        return r < 0 ? r : digest_of_fd(algorithm, fd, 0, UINT64_MAX, ret);
}

static int content_read(void *userdata, const char *uri, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        _cleanup_close_ int fd = -1;
        ssize_t n = 1;
        int r;

        r = open_file(userdata, uri, &fd);
        while (r >= 0 && n != 0) {
                r = b.len >= CONTENT_MAX ? -E2BIG : bytes_reserve(&b, 65536);
                if (r < 0)
                        break;
                n = pread(fd, b.data + b.len, 65536, (off_t) b.len);
                if (n > 0)
                        b.len += (size_t) n;
                else if (n < 0 && errno != EINTR)
                        r = -errno;
        }
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

int xades_content_init(XadesContent *c, int fd, XmlResolver *ret) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        *c = (XadesContent) { .fd = fd, .folder = S_ISDIR(st.st_mode) };
        *ret = (XmlResolver) { .digest = content_digest, .read = content_read, .userdata = c };
        return 0;
}

void xades_content_done(XadesContent *c) {
        free(c->uri);
        c->uri = NULL;
}
