/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where `sygnet verify` has the states of certificates from: files that were named, what the local CA publishes on this machine, and the network. */

#include "client/client.h"
#include "sign/trust/revocation-pool.h"

/* What the local CA publishes; certificates that it made before it published anything name no place. */
#define LOCAL_CRL "/var/lib/sygnet-pki/ca.crl"

/* What was fetched for the documents of a run, so that nothing is asked for twice. Used from several threads. */
typedef struct RevocationCache RevocationCache;
int revocation_cache_new(RevocationCache **ret); /* 0, or an exit code */
RevocationCache *revocation_cache_free(RevocationCache *c);
DEFINE_CLEANUP(RevocationCache *, revocation_cache_free);

/* Puts --crl and --ocsp files and the local CA's list into the pool, and lets it fetch unless --offline, through `cache` (NULL: none, for one document). 0, or an exit code after saying what is
 * wrong: what was named, or is there, and cannot be read ends the verification rather than pass for silence. */
int revocation_sources_open(const Client *c, RevocationCache *cache, RevocationPool *pool);
