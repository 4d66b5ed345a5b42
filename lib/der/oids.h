/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Object identifiers of CMS and CAdES, by the names of the standards. */

#define OID_DATA "1.2.840.113549.1.7.1"        /* RFC 5652 §4 */
#define OID_SIGNED_DATA "1.2.840.113549.1.7.2" /* §5.1 */

#define OID_CONTENT_TYPE "1.2.840.113549.1.9.3"   /* §11.1 */
#define OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4" /* §11.2 */
#define OID_SIGNING_TIME "1.2.840.113549.1.9.5"   /* §11.3 */
#define OID_COUNTERSIGNATURE "1.2.840.113549.1.9.6" /* §11.4 */
#define OID_ALGORITHM_PROTECTION "1.2.840.113549.1.9.52" /* RFC 6211 §2 */
#define OID_SIGNING_CERTIFICATE "1.2.840.113549.1.9.16.2.12"    /* RFC 2634 §5.4 */
#define OID_SIGNING_CERTIFICATE_V2 "1.2.840.113549.1.9.16.2.47" /* RFC 5035 §3 */

#define OID_TST_INFO "1.2.840.113549.1.9.16.1.4"             /* RFC 3161 §2.4.2 */
#define OID_ADBE_REVOCATION_INFO "1.2.840.113583.1.1.8"         /* ISO 32000-1 §12.8.3.3.2 */

#define OID_SIGNATURE_TIME_STAMP "1.2.840.113549.1.9.16.2.14" /* EN 319 122-1 §5.3 */
#define OID_CERTIFICATE_VALUES "1.2.840.113549.1.9.16.2.23"   /* annex A.1.1.2 */
#define OID_REVOCATION_VALUES "1.2.840.113549.1.9.16.2.24"
#define OID_ARCHIVE_TIME_STAMP_V3 "0.4.0.1733.2.4" /* §5.5.3 */
#define OID_ATS_HASH_INDEX_V3 "0.4.0.19122.1.5"    /* §5.5.2 */
#define OID_ATS_HASH_INDEX_V2 "0.4.0.19122.1.4"    /* of the draft */
#define OID_ATS_HASH_INDEX "0.4.0.1733.2.5"        /* TS 101 733 §6.4.2 */
#define OID_ARCHIVE_TIME_STAMP_V2 "1.2.840.113549.1.9.16.2.48" /* §6.4.1 */
#define OID_ARCHIVE_TIME_STAMP "1.2.840.113549.1.9.16.2.27"    /* of before version 1.7 */
#define OID_CONTENT_TIME_STAMP "1.2.840.113549.1.9.16.2.20"    /* EN 319 122-1 §5.2.8 */
#define OID_CERTIFICATE_REFS "1.2.840.113549.1.9.16.2.21"      /* annex A.1.1.1 */
#define OID_REVOCATION_REFS "1.2.840.113549.1.9.16.2.22"       /* A.1.2.1 */
#define OID_CADES_C_TIME_STAMP "1.2.840.113549.1.9.16.2.25"    /* A.1.5.2 */
#define OID_REFS_TIME_STAMP "1.2.840.113549.1.9.16.2.26"       /* A.1.5.1, time-stamped-certs-crls-references */

#define OID_RSASSA_PSS "1.2.840.113549.1.1.10" /* RFC 4055 §3.1 */
#define OID_MGF1 "1.2.840.113549.1.1.8"       /* §2.2 */

#define OID_EC_PUBLIC_KEY "1.2.840.10045.2.1" /* RFC 5480 §2.1.1 */

#define OID_SHA256 "2.16.840.1.101.3.4.2.1"
#define OID_SHA384 "2.16.840.1.101.3.4.2.2"
#define OID_SHA512 "2.16.840.1.101.3.4.2.3"
