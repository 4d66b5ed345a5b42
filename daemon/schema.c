/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The records of sygnetd, as migrations. A migration that was released is never changed: add one. Times are seconds since the
 * epoch, UTC. Rows with a `mac` give power and are believed only when it fits (store_mac_check). SQL cannot compute one: a table that gets a
 * column which the MAC is to cover gets a `layout` too, the MAC covers it, and old rows are rewritten when the service starts (account_upgrade(),
 * credential_upgrade()). */

#include "base/cleanup.h"
#include "daemon/schema.h"

static const char *const migrations[] = {
        /* 0 to 1 */
        "CREATE TABLE account ("
        "  id TEXT PRIMARY KEY,"         /* 16 hexadecimal digits */
        "  login TEXT NOT NULL UNIQUE,"
        "  name TEXT NOT NULL,"
        "  email TEXT NOT NULL,"
        "  phone TEXT NOT NULL,"
        "  password BLOB,"               /* password_hash(); null while none is set */
        "  status TEXT NOT NULL,"        /* active, disabled, deleted */
        "  created INTEGER NOT NULL,"
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE TABLE binding ("
        "  account TEXT NOT NULL REFERENCES account(id),"
        "  machine TEXT NOT NULL,"       /* machine-id */
        "  uid INTEGER NOT NULL,"
        "  user_name TEXT NOT NULL,"     /* the uid's name when bound; when it differs, the binding is suspended */
        "  since INTEGER NOT NULL,"
        "  mac BLOB NOT NULL,"
        "  PRIMARY KEY (account, machine, uid)"
        ") STRICT;"
        "CREATE TABLE credential ("
        "  id TEXT PRIMARY KEY,"
        "  kind TEXT NOT NULL,"          /* seal, customs, signature */
        "  algorithm TEXT NOT NULL,"     /* lib/crypto/key.h */
        "  label TEXT NOT NULL,"
        "  owner TEXT REFERENCES account(id)," /* the person of a personal credential; null for a seal */
        "  factors TEXT NOT NULL,"       /* what authorises its use: otp, pin+otp, password */
        "  status TEXT NOT NULL,"        /* requested, active, retired */
        "  created INTEGER NOT NULL,"
        "  public_key BLOB NOT NULL,"    /* SubjectPublicKeyInfo */
        "  subject BLOB NOT NULL,"       /* subject_write(): what certificate requests carry */
        "  private_key BLOB NOT NULL,"   /* sealed PKCS#8 */
        "  kdf BLOB,"                    /* Argon2 parameters of a password-protected key */
        "  certificates BLOB,"           /* DER certificates, each after its u32be length, the credential's own first */
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE TABLE entitlement ("     /* a grant; the word GRANT is SQL's */
        "  id TEXT PRIMARY KEY,"
        "  account TEXT NOT NULL REFERENCES account(id),"
        "  credential TEXT NOT NULL REFERENCES credential(id),"
        "  role TEXT NOT NULL,"          /* administrator, user */
        "  status TEXT NOT NULL,"        /* pending, active, deleted */
        "  granted INTEGER NOT NULL,"
        "  removed INTEGER,"
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE UNIQUE INDEX entitlement_live ON entitlement(account, credential) WHERE status != 'deleted';"
        "CREATE UNIQUE INDEX entitlement_administrator ON entitlement(credential) WHERE role = 'administrator' AND status != 'deleted';"
        "CREATE TABLE token ("
        "  id TEXT PRIMARY KEY,"
        "  account TEXT NOT NULL REFERENCES account(id),"
        "  label TEXT NOT NULL,"
        "  digits INTEGER NOT NULL,"
        "  status TEXT NOT NULL,"        /* pending, active, revoked */
        "  created INTEGER NOT NULL,"
        "  secret BLOB,"                 /* sealed; null once revoked */
        "  last_step INTEGER NOT NULL,"  /* the highest step accepted: the high-water mark */
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE TABLE throttle ("        /* failures that slow down, by what is guessed at */
        "  subject TEXT PRIMARY KEY,"    /* login:ACCOUNT:UID, otp:ACCOUNT:UID, password:CREDENTIAL:UID */
        "  failures INTEGER NOT NULL,"
        "  not_before INTEGER NOT NULL"
        ") STRICT;"
        "CREATE TABLE lease ("
        "  credential TEXT PRIMARY KEY REFERENCES credential(id),"
        "  account TEXT NOT NULL REFERENCES account(id),"
        "  session TEXT NOT NULL,"
        "  taken INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL"
        ") STRICT;"
        "CREATE TABLE audit ("
        "  seq INTEGER PRIMARY KEY,"
        "  time INTEGER NOT NULL,"
        "  event TEXT NOT NULL,"
        "  account TEXT,"                /* who; null for the operator or nobody known */
        "  uid INTEGER,"
        "  credential TEXT,"
        "  salt BLOB,"                   /* with payload: erasable, the commitment stays */
        "  payload BLOB,"
        "  commitment BLOB NOT NULL,"    /* SHA-256(salt ‖ payload) */
        "  head BLOB NOT NULL"           /* SHA-256 over the previous head and this entry's fields */
        ") STRICT;"
        "CREATE INDEX audit_account ON audit(account, seq);"
        "CREATE INDEX audit_credential ON audit(credential, seq);",
        /* 1 to 2 */
        "ALTER TABLE account ADD COLUMN enrolled INTEGER NOT NULL DEFAULT 0;" /* 1: there is an active token */
        "ALTER TABLE account ADD COLUMN layout INTEGER NOT NULL DEFAULT 1;",  /* of the MAC; see account.c */
        /* 2 to 3 */
        "CREATE TABLE policy ("          /* a credential without a row has the defaults; what is in force stands in credential.factors */
        "  credential TEXT PRIMARY KEY REFERENCES credential(id),"
        "  weakest TEXT NOT NULL,"       /* the factors that the operator wants at least: otp, pin+otp, password */
        "  remember_max_age INTEGER NOT NULL,"        /* seconds; 0: as configured */
        "  remember_max_signatures INTEGER NOT NULL," /* 0: as configured */
        "  mac BLOB NOT NULL"
        ") STRICT;",
        /* 3 to 4 */
        "CREATE TABLE invitation ("      /* to use a seal; one that was accepted has its grant */
        "  id TEXT PRIMARY KEY,"
        "  credential TEXT NOT NULL REFERENCES credential(id),"
        "  email TEXT NOT NULL,"         /* email_normalize(), as the Administrator gave it */
        "  phone TEXT NOT NULL,"         /* phone_normalize(), likewise */
        "  status TEXT NOT NULL,"        /* pending, accepted, removed */
        "  invited INTEGER NOT NULL,"
        "  removed INTEGER,"             /* while it was pending; that of a grant stands there */
        "  entitlement TEXT UNIQUE REFERENCES entitlement(id)," /* null until it is accepted */
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE INDEX invitation_credential ON invitation(credential);"
        "CREATE UNIQUE INDEX invitation_pending ON invitation(email, credential) WHERE status = 'pending';",
        /* 4 to 5 */
        "ALTER TABLE account ADD COLUMN given_name TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE account ADD COLUMN surname TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE account ADD COLUMN language TEXT NOT NULL DEFAULT '';"           /* of messages: en, pl */
        "ALTER TABLE account ADD COLUMN password_changed INTEGER NOT NULL DEFAULT 0;", /* 0: it must be changed at the next login */
        /* 5 to 6 */
        "CREATE TABLE code ("            /* one-time codes by mail or SMS; a row stays while its resends count */
        "  purpose TEXT NOT NULL,"       /* code_purpose_to_string() */
        "  subject TEXT NOT NULL,"       /* an account's or invitation's id */
        "  message TEXT NOT NULL,"       /* outbox.id, which may be gone already */
        "  salt BLOB NOT NULL,"
        "  verifier BLOB,"               /* HMAC of the code; null once it is void */
        "  created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL,"
        "  series INTEGER NOT NULL,"     /* when the first message of the row was made */
        "  sends INTEGER NOT NULL,"      /* messages since then */
        "  failures INTEGER NOT NULL,"
        "  seen INTEGER NOT NULL,"       /* 1: an operator has read it */
        "  mac BLOB NOT NULL,"
        "  PRIMARY KEY (purpose, subject)"
        ") STRICT;"
        "CREATE INDEX code_message ON code(message);"
        "CREATE INDEX code_expires ON code(expires);"
        "CREATE TABLE outbox ("
        "  seq INTEGER PRIMARY KEY,"     /* the order of delivery */
        "  id TEXT NOT NULL UNIQUE,"
        "  channel TEXT NOT NULL,"       /* mail, sms */
        "  recipient TEXT NOT NULL,"
        "  kind TEXT NOT NULL,"          /* the template */
        "  language TEXT NOT NULL,"
        "  payload BLOB,"                /* sealed fields; null once it is over */
        "  account TEXT,"
        "  uid INTEGER,"                 /* who caused it; null: an operator, the service */
        "  created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL,"
        "  attempts INTEGER NOT NULL,"
        "  next_attempt INTEGER NOT NULL,"
        "  state TEXT NOT NULL,"         /* waiting, sending, delivered, refused, expired, cancelled */
        "  reason TEXT NOT NULL,"        /* of the last attempt that failed */
        "  read_at INTEGER,"             /* when an operator read it */
        "  ended INTEGER"
        ") STRICT;"
        "CREATE INDEX outbox_state ON outbox(state, expires);"
        "CREATE INDEX outbox_recipient ON outbox(recipient, created);"
        "CREATE INDEX outbox_account ON outbox(account, created);"
        "CREATE INDEX outbox_uid ON outbox(uid, created);"
        "CREATE INDEX outbox_ended ON outbox(ended);",
        /* 6 to 7 */
        "ALTER TABLE lease ADD COLUMN offered INTEGER NOT NULL DEFAULT 0;", /* 1: kept for who waited; no signature rests on it */
        /* 7 to 8 */
        "CREATE TABLE pin ("
        "  account TEXT PRIMARY KEY REFERENCES account(id),"
        "  kdf BLOB NOT NULL,"           /* Argon2 parameters of the PIN's key */
        "  verifier BLOB NOT NULL,"      /* opens with that key; so do the account's signatures */
        "  failures INTEGER NOT NULL,"   /* in a row */
        "  changed INTEGER NOT NULL,"
        "  mac BLOB NOT NULL"
        ") STRICT;",
        /* 8 to 9 */
        "CREATE TABLE contact ("         /* an e-mail or phone that an account wants instead of its own, until both ends have confirmed it */
        "  account TEXT NOT NULL REFERENCES account(id),"
        "  kind TEXT NOT NULL,"          /* email, phone */
        "  value TEXT NOT NULL,"
        "  requested INTEGER NOT NULL,"
        "  mac BLOB NOT NULL,"
        "  PRIMARY KEY (account, kind)"
        ") STRICT;",
        /* 9 to 10 */
        "CREATE TABLE mandate ("         /* leave to have a seal sign without one-time codes */
        "  id TEXT PRIMARY KEY,"
        "  credential TEXT NOT NULL REFERENCES credential(id),"
        "  account TEXT NOT NULL REFERENCES account(id)," /* the Administrator who gave it */
        "  label TEXT NOT NULL,"
        "  machine TEXT NOT NULL,"       /* machine-id */
        "  uid INTEGER NOT NULL,"
        "  user_name TEXT NOT NULL,"     /* the uid's name when it was given; when it differs, it does not serve */
        "  created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL,"
        "  revoked INTEGER,"
        "  documents INTEGER NOT NULL,"
        "  per_minute INTEGER NOT NULL,"
        "  used INTEGER NOT NULL,"
        "  time_window INTEGER NOT NULL," /* when the last minute began in which documents were counted, and how many in it */
        "  in_window INTEGER NOT NULL,"
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE INDEX mandate_credential ON mandate(credential);"
        "CREATE INDEX mandate_user ON mandate(machine, uid);",
        /* 10 to 11: what is looked up by one account, seal or Unix user shall not take longer because there are many */
        "CREATE INDEX entitlement_account ON entitlement(account, status);"
        "CREATE INDEX entitlement_credential ON entitlement(credential);"
        "CREATE INDEX credential_owner ON credential(owner);"
        "CREATE INDEX token_account ON token(account, status);"
        "CREATE INDEX binding_user ON binding(machine, uid);",
        /* 11 to 12 */
        "CREATE TABLE renewal ("         /* a new key of a seal, while the old one serves */
        "  credential TEXT PRIMARY KEY REFERENCES credential(id),"
        "  requested INTEGER NOT NULL,"
        "  public_key BLOB NOT NULL,"    /* SubjectPublicKeyInfo */
        "  private_key BLOB NOT NULL,"   /* sealed PKCS#8, for the place of the credential's */
        "  request BLOB NOT NULL,"       /* PKCS#10 */
        "  mac BLOB NOT NULL"
        ") STRICT;",
        /* 12 to 13 */
        "ALTER TABLE credential ADD COLUMN profile TEXT NOT NULL DEFAULT '';"  /* profile_to_string() */
        "ALTER TABLE credential ADD COLUMN terms TEXT NOT NULL DEFAULT '';"    /* version of those that its person accepted; empty: none */
        "ALTER TABLE credential ADD COLUMN layout INTEGER NOT NULL DEFAULT 1;" /* of the MAC; see credential.c */
        "ALTER TABLE renewal ADD COLUMN kdf BLOB;"                             /* of a key that a password protects */
        "CREATE TABLE reminder ("        /* what was told of a certificate that is about to expire; gives no power */
        "  credential TEXT PRIMARY KEY REFERENCES credential(id),"
        "  not_after INTEGER NOT NULL,"  /* of which certificate */
        "  days INTEGER NOT NULL"        /* the last step that was told: 30, 14, 7, 1 */
        ") STRICT;"
        "CREATE INDEX credential_status ON credential(status, id);",
};

const StoreSchema daemon_schema = {
        .application_id = STORE_APPLICATION_DAEMON,
        .migrations = migrations,
        .version = ELEMENTSOF(migrations),
};
