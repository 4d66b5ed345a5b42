/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A certificate as people read it, and as programs do. Nothing is verified. */

#include <gnutls/x509.h>

#include "base/json.h"

/* Lines of titles and values. */
void certificate_print(gnutls_x509_crt_t crt);

/* An object in an array. */
void certificate_write_json(Json *j, gnutls_x509_crt_t crt);
