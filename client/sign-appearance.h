/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The options of `sygnet sign` that say whether and how a signature is seen in a PDF. */

#include "client/client.h"
#include "sign/pdf/pdf-appearance.h"

/* Makes the appearance that the options ask for; NULL when they ask for none. 0, or an exit code after saying what is wrong. */
int sign_appearance_parse(const Arguments *a, PdfAppearance **ret);
