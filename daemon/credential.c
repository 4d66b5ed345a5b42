/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Credentials as records; see credential.h. */

#include <errno.h>
#include <string.h>

#include "crypto/kdf.h"
#include "daemon/certificate-reader.h"
#include "daemon/credential.h"
#include "daemon/outcome.h"

#define PURPOSE_SEAL "seal key"
#define PURPOSE_CUSTOMS "customs key" /* and all others with a password */
#define PURPOSE_SIGNATURE "signature key"
#define KEY_SIZE 32U

static const char *const kinds[] = {
        [CREDENTIAL_SEAL] = "seal",
        [CREDENTIAL_CUSTOMS] = "customs",
        [CREDENTIAL_SIGNATURE] = "signature",
        [CREDENTIAL_AUTHENTICATION] = "authentication",
        [CREDENTIAL_OFFLINE] = "offline",
};
static const char *const statuses[] = { [CREDENTIAL_REQUESTED] = "requested", [CREDENTIAL_ACTIVE] = "active", [CREDENTIAL_RETIRED] = "retired",
                                        [CREDENTIAL_BLOCKED] = "blocked" };
static const char *const factor_names[] = { [FACTOR_OTP] = "otp", [FACTOR_PIN_OTP] = "pin+otp", [FACTOR_PASSWORD] = "password" };

const char *credential_kind_to_string(CredentialKind k) {
        return (size_t) k < ELEMENTSOF(kinds) ? kinds[k] : NULL;
}

const char *credential_status_to_string(CredentialStatus s) {
        return (size_t) s < ELEMENTSOF(statuses) ? statuses[s] : NULL;
}

const char *factors_to_string(Factors f) {
        return (size_t) f < ELEMENTSOF(factor_names) ? factor_names[f] : NULL;
}

static int find_string(const char *const *table, size_t n, const char *s) {
        for (size_t i = 1; s && i < n; i++)
                if (strcmp(table[i], s) == 0)
                        return (int) i;
        return -EBADMSG;
}

Factors factors_from_string(const char *s) {
        int f = find_string(factor_names, ELEMENTSOF(factor_names), s);

        return f < 0 ? FACTOR_INVALID : (Factors) f;
}

Factors credential_default_factors(CredentialKind k) {
        return credential_kind_has_password(k) ? FACTOR_PASSWORD : k == CREDENTIAL_SIGNATURE ? FACTOR_PIN_OTP : FACTOR_OTP;
}

bool credential_kind_has_password(CredentialKind k) {
        return k == CREDENTIAL_CUSTOMS || k == CREDENTIAL_AUTHENTICATION || k == CREDENTIAL_OFFLINE;
}

/* --- Profiles ----------------------------------------------------------------------------------------------------- */

/* The first profile of a kind is that of what has none. */
static const struct {
        CredentialKind kind;
        Profile profile;
} profiles[] = {
        { CREDENTIAL_SEAL, PROFILE_SEAL },
        { CREDENTIAL_CUSTOMS, PROFILE_CUSTOMS },
        { CREDENTIAL_SIGNATURE, PROFILE_PERSONAL },
        { CREDENTIAL_AUTHENTICATION, PROFILE_AUTHENTICATION },
        { CREDENTIAL_AUTHENTICATION, PROFILE_KSEF_AUTHENTICATION },
        { CREDENTIAL_OFFLINE, PROFILE_KSEF_OFFLINE },
};

CredentialKind credential_kind_of_profile(Profile p) {
        for (size_t i = 0; i < ELEMENTSOF(profiles); i++)
                if (profiles[i].profile == p)
                        return profiles[i].kind;
        return 0;
}

Profile credential_profile(const Credential *c) {
        for (size_t i = 0; c->profile == PROFILE_INVALID && i < ELEMENTSOF(profiles); i++)
                if (profiles[i].kind == c->kind)
                        return profiles[i].profile;
        return c->profile;
}

Credential *credential_free(Credential *c) {
        if (!c)
                return NULL;
        free(c->label);
        free(c->owner);
        free(c->terms);
        bytes_done(&c->public_key);
        bytes_done(&c->subject);
        bytes_done(&c->private_key);
        bytes_done(&c->kdf);
        bytes_done(&c->certificates);
        free(c);
        return NULL;
}

/* --- The record --------------------------------------------------------------------------------------------------- */

#define COLUMNS "id, kind, algorithm, label, owner, factors, status, created, public_key, subject, private_key, kdf, certificates, profile, terms, layout, mac"
enum { ID, KIND, ALGORITHM, LABEL, OWNER, FACTORS, STATUS, CREATED, PUBLIC_KEY, SUBJECT, PRIVATE_KEY, KDF, CERTIFICATES, PROFILE, TERMS, LAYOUT, MAC };

/* What the MAC of a row covers: in layout 1 the columns up to `certificates`, from layout 2 on its number, these, and all others. Columns that a row's layout
 * does not know are not looked at. */
#define LAYOUT_NOW INT64_C(2)
#define TYPES_1 "sssssssibbbbb"
#define TYPES_2 "i" TYPES_1 "ss"
#define FIELDS_1(c) (c)->id, kinds[(c)->kind], key_algorithm_to_string((c)->algorithm), (c)->label, (c)->owner, factor_names[(c)->factors], \
                statuses[(c)->status], (c)->created, column(&(c)->public_key), column(&(c)->subject), column(&(c)->private_key), \
                column(&(c)->kdf), column(&(c)->certificates)
#define FIELDS_2(c) LAYOUT_NOW, FIELDS_1(c), profile_to_string(credential_profile(c)), (c)->terms ?: ""

/* An empty one is not null: private_key may not be, and what is written must be what the MAC was over. */
static View column(const Bytes *b) {
        return b->len > 0 ? bytes_view(b) : VIEW("", 0);
}

static int copy_profile(Row *row, Credential *c) {
        if (row_int(row, LAYOUT) == 1) {
                c->profile = credential_profile(c);
                return 0;
        }
        c->profile = profile_from_string(row_text(row, PROFILE));
        c->terms = strdup(row_text(row, TERMS));
        if (!c->terms)
                return -ENOMEM;
        return credential_kind_of_profile(c->profile) == c->kind ? 0 : -EBADMSG;
}

static int copy_columns(Row *row, Credential *c) {
        const struct {
                unsigned index;
                Bytes *to;
        } blobs[] = { { PUBLIC_KEY, &c->public_key }, { SUBJECT, &c->subject }, { PRIVATE_KEY, &c->private_key }, { KDF, &c->kdf },
                        { CERTIFICATES, &c->certificates } };
        int kind = find_string(kinds, ELEMENTSOF(kinds), row_text(row, KIND));
        int status = find_string(statuses, ELEMENTSOF(statuses), row_text(row, STATUS));
        int r = 0;

        c->algorithm = key_algorithm_from_string(row_text(row, ALGORITHM));
        c->factors = factors_from_string(row_text(row, FACTORS));
        if (kind < 0 || status < 0 || c->factors == FACTOR_INVALID || c->algorithm == KEY_ALGORITHM_INVALID || !id_is_valid(ID_RECORD, row_text(row, ID)))
                return -EBADMSG;
        strcpy(c->id, row_text(row, ID));
        c->kind = (CredentialKind) kind;
        c->status = (CredentialStatus) status;
        c->created = row_int(row, CREATED);
        c->label = strdup(row_text(row, LABEL));
        c->owner = row_text(row, OWNER) ? strdup(row_text(row, OWNER)) : NULL;
        if (!c->label || (row_text(row, OWNER) && !c->owner))
                return -ENOMEM;
        r = copy_profile(row, c);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(blobs); i++)
                r = bytes_dup(row_blob(row, blobs[i].index), blobs[i].to);
        return r;
}

static int check_row(Txn *t, Row *row, const Credential *c) {
        if (row_int(row, LAYOUT) == 1)
                return store_mac_check(txn_store(t), row_blob(row, MAC), "credential", TYPES_1, FIELDS_1(c));
        return store_mac_check(txn_store(t), row_blob(row, MAC), "credential", TYPES_2, FIELDS_2(c));
}

int credential_load(Txn *t, const char *id, Credential **ret) {
        _cleanup_(credential_freep) Credential *c = NULL;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM credential WHERE id = ?1", "s", id);
        if (r < 0)
                return r;
        if (r == 0)
                return -ENOENT;
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        r = copy_columns(row, c);
        if (r < 0)
                return r;
        r = check_row(t, row, c);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

int credential_insert(Txn *t, const Credential *c) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "credential", TYPES_2, FIELDS_2(c));
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO credential (layout, id, kind, algorithm, label, owner, factors, status, created, public_key, subject, private_key, "
                        "kdf, certificates, profile, terms, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                     TYPES_2 "b", FIELDS_2(c), VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int credential_update(Txn *t, const Credential *c) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "credential", TYPES_2, FIELDS_2(c));
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE credential SET status = ?1, factors = ?2, public_key = ?3, private_key = ?4, kdf = ?5, certificates = ?6, profile = ?7, "
                        "terms = ?8, layout = ?9, mac = ?10 WHERE id = ?11", "ssbbbbssibs", statuses[c->status], factor_names[c->factors],
                     column(&c->public_key), column(&c->private_key), column(&c->kdf), column(&c->certificates), profile_to_string(credential_profile(c)),
                     c->terms ?: "", LAYOUT_NOW, VIEW(mac, sizeof(mac)), c->id);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* The next row of an old layout after the id `after`. 0 when there is none. */
static int next_old(Txn *t, char after[static CREDENTIAL_ID_SIZE]) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT id FROM credential WHERE layout < ?1 AND id > ?2 ORDER BY id LIMIT 1", "is", LAYOUT_NOW, after);
        if (r <= 0)
                return r;
        if (!id_is_valid(ID_RECORD, row_text(row, 0)))
                return -EBADMSG;
        strcpy(after, row_text(row, 0));
        return 1;
}

int credential_upgrade(Txn *t) {
        char id[CREDENTIAL_ID_SIZE] = "";
        int r;

        while ((r = next_old(t, id)) > 0) {
                _cleanup_(credential_freep) Credential *c = NULL;

                r = credential_load(t, id, &c);
                if (r >= 0)
                        r = credential_update(t, c);
                if (r < 0 && r != -EBADMSG)
                        return r;
        }
        return r;
}

/* --- Who and when ------------------------------------------------------------------------------------------------- */

int credential_role(Txn *t, const Credential *c, const char *account, Role *ret) {
        if (c->kind == CREDENTIAL_SEAL)
                return grant_find(t, account, c->id, ret);
        if (!c->owner || strcmp(c->owner, account) != 0)
                return -ENOENT;
        *ret = ROLE_OWNER;
        return 0;
}

int credential_certificate(const Credential *c, size_t i, View *ret) {
        View rest = bytes_view(&c->certificates);

        while (rest.len >= 4) {
                size_t len = (size_t) rest.data[0] << 24 | (size_t) rest.data[1] << 16 | (size_t) rest.data[2] << 8 | rest.data[3];

                if (len > rest.len - 4)
                        return -EBADMSG;
                if (i-- == 0) {
                        *ret = VIEW(rest.data + 4, len);
                        return 0;
                }
                rest = VIEW(rest.data + 4 + len, rest.len - 4 - len);
        }
        return -ENODATA;
}

/* Also takes times in the forms that only certificate_read_validity() refuses. */
static int validity_from_gnutls(View certificate, int64_t *ret_not_before, int64_t *ret_not_after) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        const gnutls_datum_t der = { (unsigned char *) certificate.data, (unsigned) certificate.len };

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0)
                return -EBADMSG;
        *ret_not_before = gnutls_x509_crt_get_activation_time(crt);
        *ret_not_after = gnutls_x509_crt_get_expiration_time(crt);
        return 0;
}

int credential_validity(const Credential *c, int64_t *ret_not_before, int64_t *ret_not_after) {
        CertificateParts parts;
        View certificate;
        int r;

        r = credential_certificate(c, 0, &certificate);
        if (r < 0)
                return r;
        r = certificate_read_parts(certificate, &parts);
        if (r >= 0)
                r = certificate_read_validity(&parts, ret_not_before, ret_not_after);
        return r < 0 ? validity_from_gnutls(certificate, ret_not_before, ret_not_after) : 0;
}

static int check_validity(const Credential *c, int64_t now, int64_t *ret_when) {
        int64_t not_before, not_after;
        View certificate;
        int r;

        if (credential_certificate(c, 0, &certificate) < 0)
                return OUTCOME_CERTIFICATE;
        r = credential_validity(c, &not_before, &not_after);
        if (r < 0)
                return r;
        if (now >= not_before && now <= not_after)
                return 0;
        *ret_when = now > not_after ? not_after : not_before;
        return now > not_after ? OUTCOME_EXPIRED : OUTCOME_NOT_YET;
}

int credential_check_use(Txn *t, const Credential *c, const char *account, int64_t now, int64_t *ret_when) {
        Role role;
        int r;

        r = credential_role(t, c, account, &role);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        if (c->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        if (c->status == CREDENTIAL_BLOCKED)
                return OUTCOME_BLOCKED;
        if (c->status != CREDENTIAL_ACTIVE)
                return OUTCOME_CERTIFICATE;
        return check_validity(c, now, ret_when);
}

/* --- The key at rest ---------------------------------------------------------------------------------------------- */

#define PLACE_SIZE 64U

static const char *place_of(const Credential *c, char ret[static PLACE_SIZE]) {
        snprintf(ret, PLACE_SIZE, "credential/%s/private_key", c->id);
        return ret;
}

static int derive(View kdf, View password, Secret **ret) {
        Argon2Params params;
        int r;

        r = argon2_params_read(kdf, &params);
        return r < 0 ? r : argon2id(&params, password, KEY_SIZE, ret);
}

/* Under the store key and another one; what was sealed before is replaced. */
static int seal_under(Store *s, Credential *c, const char *purpose, View second, View plain) {
        _cleanup_bytes_ Bytes sealed = BYTES_NULL;
        char place[PLACE_SIZE];
        int r;

        r = store_seal_with(s, purpose, place_of(c, place), second, plain, &sealed);
        if (r < 0)
                return r;
        bytes_done(&c->private_key);
        c->private_key = bytes_take(&sealed);
        return 0;
}

static int seal_with_password(Store *s, Credential *c, View password, View plain) {
        _cleanup_secret_ Secret *second = NULL;
        Argon2Params params;
        int r;

        r = argon2_params_new(&params);
        if (r >= 0)
                r = argon2_params_write(&params, &c->kdf);
        if (r >= 0)
                r = derive(bytes_view(&c->kdf), password, &second);
        return r < 0 ? r : seal_under(s, c, PURPOSE_CUSTOMS, secret_view(second), plain);
}

int credential_seal_key(Store *s, Credential *c, gnutls_privkey_t key, View second) {
        _cleanup_secret_ Secret *plain = NULL;
        char place[PLACE_SIZE];
        int r;

        r = key_public(key, &c->public_key);
        if (r >= 0)
                r = key_export(key, &plain);
        if (r < 0)
                return r;
        if (credential_kind_has_password(c->kind))
                return seal_with_password(s, c, second, secret_view(plain));
        if (c->kind == CREDENTIAL_SIGNATURE)
                return seal_under(s, c, PURPOSE_SIGNATURE, second, secret_view(plain));
        return store_seal(s, PURPOSE_SEAL, place_of(c, place), secret_view(plain), &c->private_key);
}

/* Another password is another key; the record's own MAC has told damage apart before. */
static int unseal_with_password(Store *s, const Credential *c, View password, Secret **ret) {
        _cleanup_secret_ Secret *second = NULL;
        char place[PLACE_SIZE];
        int r;

        r = derive(bytes_view(&c->kdf), password, &second);
        if (r < 0)
                return r;
        r = store_unseal_with(s, PURPOSE_CUSTOMS, place_of(c, place), secret_view(second), bytes_view(&c->private_key), ret);
        return r == -ENOKEY || r == -EBADMSG ? -EKEYREJECTED : r;
}

/* The verifier has told a wrong PIN apart before. */
static int unseal_with_pin(Store *s, const Credential *c, View second, Secret **ret) {
        char place[PLACE_SIZE];
        int r;

        r = store_unseal_with(s, PURPOSE_SIGNATURE, place_of(c, place), second, bytes_view(&c->private_key), ret);
        return r == -ENOKEY ? -EBADMSG : r;
}

int credential_open_key(Store *s, const Credential *c, View second, gnutls_privkey_t *ret) {
        _cleanup_secret_ Secret *plain = NULL;
        char place[PLACE_SIZE];
        int r;

        if (c->private_key.len == 0)
                return -ENODATA;
        if (credential_kind_has_password(c->kind))
                r = unseal_with_password(s, c, second, &plain);
        else if (c->kind == CREDENTIAL_SIGNATURE)
                r = unseal_with_pin(s, c, second, &plain);
        else
                r = store_unseal(s, PURPOSE_SEAL, place_of(c, place), bytes_view(&c->private_key), &plain);
        return r < 0 ? r : key_import(secret_view(plain), ret);
}

int credential_reseal_key(Store *s, Credential *c, View old_second, View new_second) {
        _cleanup_secret_ Secret *plain = NULL;
        int r;

        if (c->private_key.len == 0)
                return -ENODATA;
        r = unseal_with_pin(s, c, old_second, &plain);
        return r < 0 ? r : seal_under(s, c, PURPOSE_SIGNATURE, new_second, secret_view(plain));
}

int credential_each_signature(Txn *t, const char *account, int (*f)(const char *id, void *userdata), void *userdata) {
        Row *row;
        int r, q;

        r = txn_query(t, &row, "SELECT id FROM credential WHERE owner = ?1 AND kind = 'signature' AND status != 'retired' ORDER BY created, id", "s",
                      account);
        for (; r > 0; r = txn_next(t, &row)) {
                q = f(row_text(row, 0), userdata);
                if (q < 0)
                        return q;
        }
        return r;
}
