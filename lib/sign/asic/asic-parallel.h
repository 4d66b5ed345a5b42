/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A further signer in an ASiC-S container with CAdES, whose signers share one file (EN 319 162-1 §4.3.3.2). Two steps, like lib/sign/cms/cades-addition.h, which does the work. */

#include "sign/asic/asic.h"
#include "sign/signer.h"

typedef struct AsicParallel AsicParallel;

/* The container at `in_fd` has one file and one CMS file. It is written to `out_fd` when it is completed; both stay the caller's and open until then. 0, an outcome of
 * cades-addition.h or zip.h, or a negative errno. */
int asic_parallel_new(const Signer *signer, const AsicContainer *c, int64_t signing_time, int in_fd, int out_fd, AsicParallel **ret);

/* The DER SET of signed attributes; borrowed. */
View asic_parallel_tbs(const AsicParallel *p);

/* Once only. */
int asic_parallel_complete(AsicParallel *p, View signature, View timestamp);

AsicParallel *asic_parallel_free(AsicParallel *p);
DEFINE_CLEANUP(AsicParallel *, asic_parallel_free);
