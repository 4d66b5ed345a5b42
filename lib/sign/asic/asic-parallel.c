/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parallel signatures in ASiC-S; see asic-parallel.h. */

#include <errno.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/asic/asic-extend.h"
#include "sign/asic/asic-parallel.h"
#include "sign/cms/cades-addition.h"

#define CMS_MAX (32U * 1024U * 1024U)

struct AsicParallel {
        CadesAddition *addition;
        int cms_fd;     /* the signature as it is */
        int content_fd; /* the file */
        int in_fd, out_fd; /* borrowed */
        int64_t now;
        View signature, timestamp; /* while it is completed */
};

AsicParallel *asic_parallel_free(AsicParallel *p) {
        if (!p)
                return NULL;
        cades_addition_free(p->addition);
        if (p->cms_fd >= 0)
                close(p->cms_fd);
        if (p->content_fd >= 0)
                close(p->content_fd);
        free(p);
        return NULL;
}

static const ZipEntry *find_signature(const AsicContainer *c) {
        for (size_t i = 0; i < c->zip.n; i++)
                if (c->roles[i] == ASIC_ROLE_CADES)
                        return &c->zip.entries[i];
        return NULL;
}

int asic_parallel_new(const Signer *signer, const AsicContainer *c, int64_t signing_time, int in_fd, int out_fd, AsicParallel **ret) {
        _cleanup_(asic_parallel_freep) AsicParallel *p = malloc(sizeof(*p));
        const ZipEntry *signature = find_signature(c), *file = asic_single(c);
        CadesAdditionParams params = { .signing_time = signing_time };
        int r;

        if (!p)
                return -ENOMEM;
        *p = (AsicParallel) { .cms_fd = -1, .content_fd = -1, .in_fd = in_fd, .out_fd = out_fd, .now = signing_time };
        if (!signature || !file)
                return -EINVAL;
        r = asic_pour(c, signature, &p->cms_fd);
        if (r == 0)
                r = asic_pour(c, file, &p->content_fd);
        params.options.content_fd = p->content_fd;
        if (r == 0)
                r = cades_addition_new(signer, &params, p->cms_fd, &p->addition);
        if (r == 0)
                *ret = TAKE_PTR(p);
        return r;
}

View asic_parallel_tbs(const AsicParallel *p) {
        return cades_addition_tbs(p->addition);
}

static int change(void *userdata, View old, bool xades, Bytes *ret) {
        _cleanup_close_ int fd = memfd_create("sygnet-cms", MFD_CLOEXEC);
        AsicParallel *p = userdata;
        int r;

        if (fd < 0)
                return -errno;
        r = cades_addition_complete(p->addition, p->signature, p->timestamp, fd);
        if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
                r = -errno;
        return r < 0 ? r : read_fd(fd, CMS_MAX, ret);
}

int asic_parallel_complete(AsicParallel *p, View signature, View timestamp) {
        p->signature = signature;
        p->timestamp = timestamp;
        return asic_extend(p->in_fd, p->out_fd, p->now, change, p);
}
