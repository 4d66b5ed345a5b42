/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* QR codes of secrets: on the terminal, as PNG or as SVG. What the encoder made is wiped. */

#include "base/secret.h"

/* Two modules a character (half blocks) where the locale shows UTF-8; else two characters a module. Returns false, having printed
 * nothing, where it is wider than the terminal. -errno when it cannot be encoded. */
int qr_print(const Secret *text, bool *ret_fits);

/* A PNG file, mode 0600, whole or not at all. -EEXIST without `replace`. */
int qr_write_png(const Secret *text, const char *path, bool replace);

/* The same as SVG, a millimetre a module. */
int qr_write_svg(const Secret *text, const char *path, bool replace);
