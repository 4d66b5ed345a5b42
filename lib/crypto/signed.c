/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SIGNED structures; see signed.h. */

#include <errno.h>

#include "crypto/signed.h"
#include "crypto/tlv.h"

#define TLV_BIT_STRING 0x03

/* RSA's parameters are NULL, the others have none (RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3). */
static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t ecdsa_sha384[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 };
static const uint8_t rsa_sha256[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00 };
static const uint8_t ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };

int sign_by_key(View tbs, void *userdata, Bytes *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        SignatureScheme scheme;
        int r;

        r = key_to_public(userdata, &key);
        if (r >= 0 && signature_scheme_of(key_algorithm_of_pubkey(key), &scheme) < 0)
                r = -EOPNOTSUPP;
        return r < 0 ? r : key_sign(userdata, &scheme, tbs, ret);
}

int signed_algorithm(gnutls_pubkey_t key, View *ret) {
        switch (key_algorithm_of_pubkey(key)) {
        case KEY_P256:
                *ret = VIEW(ecdsa_sha256, sizeof(ecdsa_sha256));
                return 0;
        case KEY_P384:
                *ret = VIEW(ecdsa_sha384, sizeof(ecdsa_sha384));
                return 0;
        case KEY_RSA2048:
        case KEY_RSA3072:
        case KEY_RSA4096:
                *ret = VIEW(rsa_sha256, sizeof(rsa_sha256));
                return 0;
        case KEY_ED25519:
                *ret = VIEW(ed25519, sizeof(ed25519));
                return 0;
        case KEY_ALGORITHM_INVALID:
                break;
        }
        return -EOPNOTSUPP;
}

int signed_assemble(View tbs, View algorithm, View value, Bytes *ret) {
        _cleanup_bytes_ Bytes whole = BYTES_NULL, bits = BYTES_NULL;
        int r;

        r = bytes_append_byte(&bits, 0); /* no unused bits */
        if (r >= 0)
                r = bytes_append_view(&bits, value);
        if (r >= 0)
                r = bytes_append_view(&whole, tbs);
        if (r >= 0)
                r = bytes_append_view(&whole, algorithm);
        if (r >= 0)
                r = tlv_append(&whole, TLV_BIT_STRING, bytes_view(&bits));
        if (r >= 0)
                r = tlv_wrap(&whole, TLV_SEQUENCE);
        if (r < 0)
                return r;
        *ret = bytes_take(&whole);
        return 0;
}

int signed_verify(gnutls_pubkey_t key, View tbs, View value) {
        const gnutls_datum_t data = { .data = (unsigned char *) (uintptr_t) tbs.data, .size = (unsigned) tbs.len };
        const gnutls_datum_t signature = { .data = (unsigned char *) (uintptr_t) value.data, .size = (unsigned) value.len };
        KeyAlgorithm algorithm = key_algorithm_of_pubkey(key);
        SignatureScheme scheme;

        if (tbs.len > UINT32_MAX || value.len > UINT32_MAX || signature_scheme_of(algorithm, &scheme) < 0)
                return -EOPNOTSUPP;
        if ((algorithm == KEY_P256 || algorithm == KEY_P384) && !ecdsa_value_is_der(value))
                return -EKEYREJECTED;
        return gnutls_pubkey_verify_data2(key, scheme.sign, 0, &data, &signature) < 0 ? -EKEYREJECTED : 0;
}
