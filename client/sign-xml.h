/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The options of `sygnet sign` that are about XML. */

#include "client/client.h"
#include "sign/document.h"

/* Reads them; where the format was not said and some of them are given, it is XAdES. Strings are borrowed from the arguments. 0, or an exit code after
 * saying what is wrong. */
int sign_xml_parse(const Arguments *a, DocumentParams *params);

/* Whether what is signed is a login, which is what keys for authentication are for. */
bool sign_xml_is_login(const DocumentParams *params);
