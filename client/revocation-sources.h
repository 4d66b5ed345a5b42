/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where `sygnet verify` has the states of certificates from: files that were named, what the local CA publishes on this machine, and the network. */

#include "client/client.h"
#include "sign/revocation-pool.h"

/* What the local CA publishes; certificates that it made before it published anything name no place. */
#define LOCAL_CRL "/var/lib/sygnet-pki/ca.crl"

/* Puts --crl and --ocsp files and the local CA's list into the pool, and lets it fetch unless --offline. 0, or an exit code after saying what is
 * wrong: what was named, or is there, and cannot be read ends the verification rather than pass for silence. */
int revocation_sources_open(const Client *c, RevocationPool *pool);
