/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is noted of a container's signatures for the sake of the container (EN 319 162-1 §4.3, §4.4): files that none of them is of, and files that must not, or must, be there. */

#include "sign/asic/asic.h"
#include "sign/verify-report.h"

/* A signature whose files are not what it says: its integrity is gone, whatever else was found. 0 or -ENOMEM. */
int asic_fail(SignatureReport *s, SubIndication sub, const char *reason);

/* `covered` of an entry is not zero where a signature that holds is of it. Fills which signature is of the whole, and the files that none is of. 0 or a negative errno. */
int asic_judge(const AsicContainer *c, const size_t *covered, VerifyReport *report);
