/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Timestamp tokens (RFC 3161, EN 319 422): what they say, and whether they prove that something existed at a time. */

#include "crypto/digest.h"
#include "der/der.h"
#include "sign/report.h"

/* TSTInfo (§2.4.2); the views are into the input. */
typedef struct TimestampInfo {
        gnutls_digest_algorithm_t algorithm; /* of the message imprint */
        View imprint;
        char policy[DER_OID_MAX];
        View nonce;   /* contents of the INTEGER; empty when there is none */
        int64_t time; /* genTime in seconds since the epoch, fractions dropped */
} TimestampInfo;

/* -EBADMSG when it is none, -EOPNOTSUPP for a digest that we do not know, or a critical extension. */
int timestamp_info_read(View tst_info, TimestampInfo *ret);

/* The same of a TimeStampToken, whose TSTInfo `*ret_content` then holds and owns. -EBADMSG also for what has more than one signer, or something behind it. */
int timestamp_token_read(View token, Bytes *ret_content, TimestampInfo *ret);

enum {
        TIMESTAMP_E_MALFORMED = 1, /* no token of one authority, or of a form that is not supported */
        TIMESTAMP_E_DIFFERENT,     /* of something else, or by a digest that is no longer secure */
        TIMESTAMP_E_ALTERED,       /* the authority's signature does not fit */
        TIMESTAMP_E_EXPIRED,       /* its certificate, or one above it, is not, or no longer, within its dates, or was not at genTime */
        TIMESTAMP_E_UNTRUSTED,     /* its certificate is of no authority that is trusted, of another purpose, revoked, or of the future */
        TIMESTAMP_E_INCOMPLETE,    /* of this signature, but something that it is over as well is not there any more */
};

/* Verifies the authority's signature at params->now, whatever it is over: signing-certificate, path to an anchor, the purpose timeStamping alone and critical
 * (§2.3), and the state of its certificate; and that genTime is within the dates of each certificate of the path. On success `*ret_authority`, owned by the caller: the certificate's subject. 0, an outcome, or a negative errno. */
int timestamp_verify_signature(View token, const VerifyParams *params, char **ret_authority);

/* Whether the certificate (DER) is for timestamps, and for nothing else. */
bool timestamp_is_authority(View certificate);

/* What a timestamp in a signature is over. */
typedef enum TimestampKind {
        TIMESTAMP_CONTENT,        /* what is signed: the signature is younger */
        TIMESTAMP_SIGNATURE,      /* the signature value */
        TIMESTAMP_REFERENCES,     /* references to validation data alone */
        TIMESTAMP_SIGNATURE_REFERENCES, /* the signature value, and such references */
        TIMESTAMP_ARCHIVE,        /* all of the signature, and the validation data that was there */
} TimestampKind;

const char *timestamp_kind_to_string(TimestampKind k); /* "content", "signature", "references", "signature-references", "archive" */

typedef enum TimestampState {
        TIMESTAMP_UNREADABLE, /* no token that we can read, or over what we cannot make out: nothing is known of it */
        TIMESTAMP_FOREIGN,    /* put where it does not belong, whatever its authority is worth: it is of something else, its own signature does not fit, or it names another
                               * certificate than it brings */
        TIMESTAMP_INCOMPLETE, /* as TIMESTAMP_E_INCOMPLETE */
        TIMESTAMP_FITS,
} TimestampState;

#define SIGNATURE_TIMESTAMPS_MAX 32U

/* A timestamp in a signature. */
typedef struct Timestamp {
        TimestampKind kind;
        TimestampState state;
        View token;                          /* borrowed */
        gnutls_digest_algorithm_t algorithm; /* of its imprint */
        int64_t time;                        /* what it says, if anything can be read: else -1 */
        uint32_t covers;                     /* bits: those of the same signature that it is over, too, by their numbers */
} Timestamp;

/* Gives the digest of what a timestamp should be over. 0; -ENOMEM; any other error where it cannot be made out. */
typedef int (*TimestampDigest)(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret);

/* Reads a token and holds its imprint against the digest. 0 or -ENOMEM. */
int timestamp_read(TimestampKind kind, View token, TimestampDigest digest, void *userdata, Timestamp *ret);

/* The same over octets at hand. */
int timestamp_read_over(TimestampKind kind, View token, View stamped, Timestamp *ret);

/* Verifies one that was read: that it fits, by a digest that was good at params->now, or at params->proven_time, by which it existed; and all of the above. On success
 * `*ret_authority`, owned by the caller. 0, an outcome, or a negative errno. */
int timestamp_verify(const Timestamp *t, const VerifyParams *params, char **ret_authority);
