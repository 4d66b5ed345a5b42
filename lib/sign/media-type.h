/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Media types of files, as containers and signatures name them. */

/* By the ending of the name, for common kinds of documents; application/octet-stream for anything else. A constant. */
const char *media_type_of_name(const char *name);
