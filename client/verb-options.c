/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options of the verbs; see verb-options.h. */

#include "client/verb-options.h"

#define LOGIN { "login", 'l', "LOGIN", N_("the account, where you are logged in to several") }
#define PASSWORD_FILE { "password-file", 0, "FILE", N_("read the password from FILE (- is standard input)") }
#define CODE_FILE { "code-file", 0, "FILE", N_("read the code that was sent to you from FILE") }
#define NEW_PASSWORD_FILE { "new-password-file", 0, "FILE", N_("read the new password from FILE (- is standard input)") }
#define PERSON_NAMES                                                     \
        { "given-name", 0, "TEXT", N_("first name") },                   \
        { "surname", 0, "TEXT", N_("last name") },                       \
        { "name", 0, "TEXT", N_("the whole name; first and last name, unless given") }
#define PERSON_PHONE { "phone", 0, "NUMBER", N_("phone number, as in +48 600 100 200") }
#define PERSON_LANGUAGE { "language", 0, "LANGUAGE", N_("of messages: en or pl") }
#define CHANGE_PASSWORD { "change-password", 0, NULL, N_("the password must be changed at the next login") }
#define SEND_CODE { "send-code", 0, NULL, N_("only have a code sent to you; give it with --code-file afterwards") }
#define OTP_FILE { "otp-file", 0, "FILE", N_("read the one-time code from FILE (- is standard input)") }
#define DOCUMENT_PASSWORD_FILE { "document-password-file", 0, "FILE", N_("read the password of an encrypted PDF from FILE (- is standard input)") }
#define PIN_FILE { "pin-file", 0, "FILE", N_("read the PIN from FILE (- is standard input)") }
#define NEW_PIN_FILE { "pin-file", 0, "FILE", N_("read the new PIN from FILE (- is standard input)") }
#define ACTIVATION_CODE_FILE { "activation-code-file", 0, "FILE", N_("read the activation code that you got by mail from FILE") }
#define CERTIFICATE_PROFILE { "profile", 0, "PROFILE", N_("seal, customs, personal, authentication, ksef-authentication or ksef-offline") }
#define AS_OPERATOR { "operator", 0, NULL, N_("as operator of the service, not as the seal's Administrator") }
#define KEY_PASSWORD_FILE { "password-file", 0, "FILE", N_("read the key's password from FILE (- is standard input)") }
#define COUNTRY { "country", 0, "CC", N_("two letters, as in PL") }
#define ANCHORS { "anchors", 0, "FILE", N_("trust the certificates in FILE, instead of the system's; may be repeated") }
#define ADMINISTRATOR { "administrator", 0, "LOGIN", N_("the account that administers the seal, for good") }
#define EVERYBODY { "all", 'a', NULL, N_("of everybody, without details (operators)") }
#define OUTPUT { "output", 'o', "FILE", N_("write to FILE") }
#define FORCE { "force", 'f', NULL, N_("replace an existing file") }
#define YES { "yes", 'y', NULL, N_("do not ask") }
#define ALGORITHM { "algorithm", 0, "NAME", N_("kind of key: p256, p384, rsa3072, rsa4096 or ed25519") }
#define REQUEST_FORM { "form", 0, "FORM", N_("pem, der or base64 of the DER; unless given base64 for KSeF, else pem") }
#define NO_ISSUE { "no-issue", 0, NULL, N_("make the key only; the certificate comes from elsewhere") }
#define DAYS { "days", 0, "N", N_("validity in days") }
#define LIMIT { "limit", 'n', "N", N_("show at most N, the newest first") }

#define TIMESTAMP                                                                                                                  \
        { "timestamp", 0, "URL", N_("have the signature timestamped there; may be repeated: the next one where one does not answer") }, \
        { "timestamp-anchors", 0, "FILE", N_("believe timestamps by the certificates in FILE, instead of the system's; may be repeated") }, \
        { "timestamp-policy", 0, "OID", N_("the policy that timestamps must be under") },                                         \
        { "timestamp-user", 0, "NAME", N_("your user name at the timestamp authority") },                                         \
        { "timestamp-password-file", 0, "FILE", N_("read the password there from FILE") },                                        \
        { "timestamp-timeout", 0, "SECONDS", N_("wait so long for each authority; 20 unless it is said") }

const Option login_options[] = {
        { "remember", 'r', NULL, N_("keep the session until it is closed; one code for all signatures") },
        PASSWORD_FILE,
        { "pin-file", 0, "FILE", N_("with --remember: read the PIN from FILE, so that it is not asked for with each signature") },
        OTP_FILE,
        {},
};
const Option session_options[] = { LOGIN, {} };
#define ALL { "all", 'a', NULL, N_("every credential of the service (operators)") }
const Option status_options[] = { { "follow", 'f', NULL, N_("go on, and tell what happens to your sessions, until interrupted") }, {} };
const Option list_options[] = { ALL, {} };
const Option show_options[] = { ALL, { "pem", 0, NULL, N_("print the certificates as PEM") }, {} };
#define FILES_FROM { "files-from", 0, "FILE", N_("take the files that FILE lists too, a name a line (- is standard input)") }
#define NULL_ENDED { "null", '0', NULL, N_("names in that list end with NUL instead, as “find -print0” writes them") }
const Option sign_options[] = {
        { "credential", 'c', "CREDENTIAL", N_("sign with this: id, beginning of an id, or label; a key file; or the pkcs11: URI of a key on a card") },
        { "certificates", 0, "FILE", N_("certificates that are not beside a key in a file or on a card; may be repeated") },
        { "output", 'o', "FILE", N_("the file to make; with several FILEs, a directory") },
        { "format", 0, "FORMAT", N_("pades (PDF), cades (a .p7s beside the file), cades-enveloping (.p7m), xades (within XML), xades-enveloping or xades-detached (.xades); containers: asic-s or asic-s-xades (one file, .asics), asic-e or asic-e-xades (all FILEs in one, .asice)") },
        FORCE,
        FILES_FROM,
        NULL_ENDED,
        { "add", 0, NULL, N_("FILE is signed already, a .p7s, .p7m or ASiC container: put a further signature into it") },
        { "countersign", 0, "[=N]", N_("sign the signature in FILE, a .p7s or .p7m, instead of its document: of several the one that is the N-th") },
        { "content", 0, "FILE", N_("with --add or --countersign: the document of a .p7s, where it is not beside it") },
        { "skip-signed", 0, NULL, N_("leave out documents that this certificate has signed already") },
        { "profile", 0, "PROFILE", N_("XML as its recipient wants it: ksef (a login, AuthTokenRequest) or customs (a declaration)") },
        { "xml-element", 0, "XPATH", N_("sign this element of the XML document, not all of it") },
        { "xml-place", 0, "XPATH", N_("put the signature at the end of this element, not of what is signed") },
        { "xml-parallel", 0, NULL, N_("leave all signatures in the XML document out of what is signed, so that others may sign too") },
        { "xml-canonical", 0, "METHOD", N_("canonicalize by exclusive (the default), inclusive or inclusive-1.1") },
        { "role", 0, "TEXT", N_("in what role it is signed, as who signs claims; XML only") },
        { "reason", 0, "TEXT", N_("why it is signed; PDF only") },
        { "location", 0, "TEXT", N_("where it is signed; PDF and XML only") },
        { "contact", 0, "TEXT", N_("how to reach who signs; PDF only") },
        { "field", 0, "NAME", N_("sign this empty signature field that the PDF has; otherwise a new one is made") },
        { "certify", 0, "LEVEL", N_("certify the PDF as its author: 1 allows no change after it, 2 filling in and signing, 3 annotations too") },
        DOCUMENT_PASSWORD_FILE,
        { "visible", 0, NULL, N_("show the signature on a page; so do the following six") },
        { "page", 0, "N", N_("on this page, or last, which is the default") },
        { "place", 0, "PLACE", N_("there on the page: top-left, top, top-right, left, center, right, bottom-left, bottom or bottom-right (the default)") },
        { "rect", 0, "X,Y,W,H", N_("in this rectangle, from the page's lower left corner, in points or as in 20mm,20mm,70mm,25mm") },
        { "text", 0, "TEXT", N_("show this, with {name}, {organization}, {identifier}, {issuer}, {serial}, {date}, {time}, {reason}, {location} filled in") },
        { "image", 0, "FILE", N_("show this picture, PNG or JPEG; with an empty --text alone") },
        { "font", 0, "FILE", N_("the TrueType font of the text; DejaVu Sans, unless given") },
        { "rsa-pss", 0, NULL, N_("with an RSA key in a file or on a card, sign by RSA-PSS in place of PKCS #1 v1.5") },
        TIMESTAMP,
        { "no-timestamp", 0, NULL, N_("no timestamp, even where the configuration names an authority") },
        { "mandate", 'm', "ID", N_("seal under this mandate of your Unix user, without a code") },
        { "wait", 0, "[=SECONDS]", N_("wait while somebody else uses the seal, for 1800 seconds unless it is said; you are let in, in turn") },
        KEY_PASSWORD_FILE,
        PIN_FILE,
        OTP_FILE,
        {},
};
const Option extend_options[] = {
        { "output", 'o', "FILE", N_("write to FILE instead of replacing it; with several FILEs, a directory") },
        FORCE,
        TIMESTAMP,
        DOCUMENT_PASSWORD_FILE,
        {},
};
const Option verify_options[] = {
        ANCHORS,
        { "content", 0, "FILE", N_("the signed document of a detached signature") },
        DOCUMENT_PASSWORD_FILE,
        { "crl", 0, "FILE", N_("look the certificates up in this CRL; may be repeated") },
        { "ocsp", 0, "FILE", N_("look them up in this OCSP response; may be repeated") },
        { "offline", 0, NULL, N_("do not use the network: where a state could be looked up only there, it cannot be told whether the signature is valid") },
        FILES_FROM,
        NULL_ENDED,
        { "report", 0, "FILE", N_("write the validation report of ETSI TS 119 102-2 (XML) into FILE as well") },
        FORCE,
        {},
};
const Option show_signatures_options[] = {
        ANCHORS,
        { "content", 0, "FILE", N_("the signed document of a detached signature") },
        DOCUMENT_PASSWORD_FILE,
        {},
};
const Option certificate_options[] = {
        { "pem", 0, NULL, N_("print the certificates as PEM") },
        { "password-file", 0, "FILE", N_("read the password of a PKCS#12 file from FILE (- is standard input)") },
        DOCUMENT_PASSWORD_FILE,
        {},
};
const Option container_extract_options[] = {
        { "output", 'o', "FILE", N_("the folder to make; else the container's name without its ending") },
        {},
};
const Option otp_enroll_options[] = {
        { "digits", 0, "N", N_("length of the codes: 8, or 6 for authenticators that know no other") },
        { "label", 0, "TEXT", N_("name of the token in your list") },
        { "png", 0, "FILE", N_("write the QR code into FILE") },
        { "svg", 0, "FILE", N_("the same as a drawing that can be scaled") },
        { "uri-file", 0, "FILE", N_("write the otpauth URI into FILE") },
        { "no-confirm", 0, NULL, N_("do not ask for a first code; “otp confirm” takes it later") },
        SEND_CODE,
        CODE_FILE,
        { "otp-file", 0, "FILE", N_("read a code of a token that is active already from FILE") },
        LOGIN,
        FORCE,
        {},
};
const Option otp_confirm_options[] = { OTP_FILE, LOGIN, {} };
const Option otp_revoke_options[] = { SEND_CODE, CODE_FILE, OTP_FILE, LOGIN, {} };
const Option pin_set_options[] = { NEW_PIN_FILE, SEND_CODE, ACTIVATION_CODE_FILE, CODE_FILE, OTP_FILE, LOGIN, {} };
const Option pin_change_options[] = {
        { "pin-file", 0, "FILE", N_("read the present PIN from FILE (- is standard input)") },
        { "new-pin-file", 0, "FILE", N_("read the new PIN from FILE (- is standard input)") },
        OTP_FILE,
        LOGIN,
        {},
};
const Option pin_unblock_options[] = { SEND_CODE, ACTIVATION_CODE_FILE, CODE_FILE, OTP_FILE, LOGIN, {} };
const Option pin_reset_options[] = { YES, NEW_PIN_FILE, SEND_CODE, ACTIVATION_CODE_FILE, CODE_FILE, OTP_FILE, LOGIN, {} };
const Option policy_options[] = {
        { "factors", 0, "FACTORS", N_("what signing takes from now on: otp or pin+otp (the seal's Administrator)") },
        { "remember-max-age", 0, "TIME", N_("how long a remembered session stands for the code, as in 8h; 0 is as configured") },
        { "remember-max-signatures", 0, "N", N_("for how many signatures it does; 0 is as configured") },
        { "weakest", 0, "FACTORS", N_("what signing takes at least: otp or pin+otp (operators)") },
        AS_OPERATOR,
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
const Option account_create_options[] = {
        PERSON_NAMES,
        { "email", 0, "ADDRESS", N_("e-mail address; without --password-file a temporary password is sent there") },
        PERSON_PHONE,
        PERSON_LANGUAGE,
        CHANGE_PASSWORD,
        { "pin-activation", 0, NULL, N_("the mail has the activation code for a PIN too") },
        { "bind", 0, "USER", N_("let this Unix user log in as the account") },
        { "password-file", 0, "FILE", N_("read the first password from FILE (- is standard input)") },
        {},
};
const Option account_edit_options[] = {
        PERSON_NAMES,
        { "email", 0, "ADDRESS", N_("e-mail address") },
        PERSON_PHONE,
        PERSON_LANGUAGE,
        CHANGE_PASSWORD,
        {},
};
const Option activate_options[] = {
        { "code-file", 0, "FILE", N_("read the temporary password from FILE (- is standard input)") },
        NEW_PASSWORD_FILE,
        {},
};
const Option account_forgot_options[] = {
        SEND_CODE,
        CODE_FILE,
        { "sms-file", 0, "FILE", N_("read the code from the SMS from FILE") },
        NEW_PASSWORD_FILE,
        {},
};
const Option account_contact_options[] = {
        { "send-code", 0, NULL, N_("only have the codes sent; give them with --code-file and --old-code-file afterwards") },
        { "code-file", 0, "FILE", N_("read the code that was sent to the new one from FILE") },
        { "old-code-file", 0, "FILE", N_("read the code that was sent to the old one from FILE") },
        OTP_FILE,
        LOGIN,
        {},
};
const Option register_options[] = {
        PERSON_NAMES,
        PERSON_PHONE,
        PERSON_LANGUAGE,
        { "code-file", 0, "FILE", N_("read the code from the mail from FILE") },
        { "password-file", 0, "FILE", N_("read the new password from FILE (- is standard input)") },
        {},
};
const Option account_password_options[] = {
        { "password-file", 0, "FILE", N_("read the present password from FILE (- is standard input)") },
        NEW_PASSWORD_FILE,
        LOGIN,
        {},
};
const Option seal_create_options[] = {
        ADMINISTRATOR,
        { "organization", 0, "TEXT", N_("the organisation's name") },
        { "identifier", 0, "TEXT", N_("its identifier, as in VATPL-5250000000") },
        { "name", 0, "TEXT", N_("name of the seal in its certificate; the organisation's, unless given") },
        COUNTRY,
        ALGORITHM,
        NO_ISSUE,
        {},
};
const Option seal_request_options[] = { REQUEST_FORM, OUTPUT, FORCE, {} };
const Option seal_administer_options[] = {
        AS_OPERATOR,
        OTP_FILE,
        LOGIN,
        {},
};
const Option seal_give_options[] = {
        AS_OPERATOR,
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
const Option seal_users_options[] = {
        AS_OPERATOR,
        LOGIN,
        {},
};
const Option seal_activate_options[] = {
        SEND_CODE,
        CODE_FILE,
        LOGIN,
        {},
};
const Option mandate_create_options[] = {
        { "user", 'u', "USER", N_("the Unix user of the service: name or number") },
        { "documents", 0, "N", N_("how many documents it may seal in all, up to 1000000") },
        { "until", 0, "DAY", N_("the last day, as in 2026-12-31; within a year") },
        { "per-minute", 0, "N", N_("how many documents in a minute; 60, unless given") },
        { "label", 0, "TEXT", N_("name of the mandate in lists") },
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
const Option seal_renew_options[] = {
        AS_OPERATOR,
        NO_ISSUE,
        { "cancel", 0, NULL, N_("give the renewal up; the new key is erased") },
        REQUEST_FORM,
        OUTPUT,
        FORCE,
        OTP_FILE,
        LOGIN,
        {},
};
#define EVERY_MANDATE { "operator", 0, NULL, N_("any mandate, as operator of the service") }
const Option mandate_list_options[] = { { "all", 'a', NULL, N_("every mandate (operators)") }, {} };
const Option mandate_show_options[] = { EVERY_MANDATE, {} };
const Option mandate_revoke_options[] = { EVERY_MANDATE, LOGIN, {} };
const Option seal_reissue_options[] = {
        ADMINISTRATOR,
        NO_ISSUE,
        YES,
        {},
};
const Option yes_options[] = { YES, {} };
#define FILE_FORMAT { "file-format", 0, "FORMAT", N_("of a file: p12 (PKCS#12, with the certificates) or p8 (PKCS#8)") }
#define GENERATE_PASSWORD { "generate-password", 0, NULL, N_("have the password made, and shown once") }
const Option key_generate_options[] = {
        { "place", 0, "PLACE", N_("where the key is kept: daemon (the default), file or token (a card)") },
        { "output", 'o', "FILE", N_("with --place file: the file to make") },
        FILE_FORMAT,
        { "token", 0, "URI", N_("with --place token: the card, as in pkcs11:token=NAME") },
        { "accept-terms", 0, "VERSION", N_("accept the terms of this version and make all statements; see “key terms”") },
        GENERATE_PASSWORD,
        { "kind", 0, "KIND", N_("customs (the default), signature, authentication, ksef-authentication or ksef-offline") },
        { "label", 0, "TEXT", N_("name of the key in your list") },
        { "subject-file", 0, "FILE", N_("the subject, as lines of name=value in its order; names as in commonName, or object identifiers") },
        { "given-name", 0, "TEXT", N_("first name; for KSeF it may be repeated") },
        { "surname", 0, "TEXT", N_("last name") },
        { "serial-number", 0, "TEXT", N_("the person's identifier, as in PNOPL-00000000000 or TINPL-5250000000") },
        COUNTRY,
        { "name", 0, "TEXT", N_("common name; first and last name, unless given") },
        { "organization", 0, "TEXT", N_("the organisation's name; for KSeF only") },
        { "identifier", 0, "TEXT", N_("the organisation's identifier, as in VATPL-5250000000; for KSeF only") },
        { "unique-identifier", 0, "TEXT", N_("the uniqueIdentifier that KSeF handed out") },
        { "algorithm", 0, "NAME", N_("kind of key: p256, p384, rsa3072, rsa4096 or ed25519; for KSeF p256 or rsa2048") },
        NO_ISSUE,
        KEY_PASSWORD_FILE,
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
const Option key_request_options[] = {
        REQUEST_FORM,
        OUTPUT,
        FORCE,
        KEY_PASSWORD_FILE,
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
const Option key_renew_options[] = {
        { "issue", 0, NULL, N_("have the local certification authority issue at once (operators)") },
        { "cancel", 0, NULL, N_("give the renewal up; the new key is erased") },
        REQUEST_FORM,
        OUTPUT,
        FORCE,
        KEY_PASSWORD_FILE,
        PIN_FILE,
        OTP_FILE,
        LOGIN,
        {},
};
const Option key_import_options[] = {
        { "label", 0, "TEXT", N_("name of a key that is taken in") },
        { "certificates", 0, "FILE", N_("certificates that are not beside a key that is taken in; may be repeated") },
        KEY_PASSWORD_FILE,
        PIN_FILE,
        LOGIN,
        {},
};
const Option key_export_options[] = {
        OUTPUT,
        FILE_FORMAT,
        GENERATE_PASSWORD,
        KEY_PASSWORD_FILE,
        { "new-password-file", 0, "FILE", N_("read the password of the new file from FILE") },
        {},
};
const Option key_retire_options[] = { YES, PIN_FILE, LOGIN, {} };
const Option key_compromise_options[] = {
        { "operator", 0, NULL, N_("as operator of the service, any credential") },
        { "revoke", 0, NULL, N_("have the local certification authority revoke the certificate for good (operators), not only suspend it") },
        YES,
        LOGIN,
        {},
};
const Option ca_init_options[] = {
        { "organization", 0, "TEXT", N_("the organisation that runs the CA") },
        { "name", 0, "TEXT", N_("name of the CA") },
        COUNTRY,
        { "key-host", 0, NULL, N_("have the key in a PKCS#11 token, for good: see sygnet-ca-keyd(8)") },
        { "adopt", 0, NULL, N_("with --key-host: take the root that the key signed before, when its store is lost") },
        ALGORITHM,
        DAYS,
        {},
};
const Option ca_show_options[] = { { "pem", 0, NULL, N_("print the certificate as PEM") }, OUTPUT, FORCE, {} };
const Option ca_issue_options[] = {
        CERTIFICATE_PROFILE,
        DAYS,
        OUTPUT,
        FORCE,
        {},
};
const Option ca_request_options[] = {
        CERTIFICATE_PROFILE,
        DAYS,
        {},
};
const Option ca_requests_options[] = {
        { "all", 'a', NULL, N_("everybody's, not only yours (operators)") },
        { "pending", 'p', NULL, N_("those only that wait") },
        LIMIT,
        {},
};
const Option ca_answer_options[] = { OUTPUT, FORCE, {} };
const Option ca_approve_options[] = { DAYS, OUTPUT, FORCE, {} };
const Option ca_reject_options[] = { { "reason", 0, "TEXT", N_("why; who asked can read it") }, {} };
#define COMMENT { "comment", 0, "TEXT", N_("kept in the authority's register") }
const Option ca_state_options[] = { COMMENT, {} };
const Option ca_revoke_options[] = {
        { "reason", 0, "REASON", N_("unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation or privilegeWithdrawn") },
        { "since", 0, "TIME", N_("since when the key is not to be trusted, as in 2026-12-31 or “2026-12-31 12:00”") },
        COMMENT,
        YES,
        {},
};
const Option ca_crl_options[] = { { "der", 0, NULL, N_("as DER, not PEM") }, OUTPUT, FORCE, {} };
const Option limit_options[] = { LIMIT, {} };
const Option setup_options[] = {
        { "from", 0, "FILE", N_("take certificates from FILE (PEM, DER, p7b) or from all files of a folder; may be repeated") },
        { "url", 0, "URL", N_("fetch them from there; name each by --fingerprint; may be repeated") },
        { "fingerprint", 0, "HEX", N_("SHA-256 of a certificate that is agreed to; may be repeated") },
        { "purpose", 0, "PURPOSE", N_("trust them only for tls, email or code, in the stores that can say so; may be repeated") },
        { "local-ca", 0, NULL, N_("also the root of this machine's own authority, which is made where there is none") },
        { "organization", 0, "TEXT", N_("with --local-ca: the organisation that runs it") },
        { "ca-name", 0, "TEXT", N_("with --local-ca: name of the authority") },
        { "country", 0, "CC", N_("with --local-ca: two letters, as in PL") },
        { "no-system", 0, NULL, N_("leave the system's stores alone") },
        { "no-browsers", 0, NULL, N_("leave the databases of your programs alone") },
        { "nss-password-file", 0, "FILE", N_("read the primary password of your programs' databases from FILE") },
        { "account", 0, "LOGIN", N_("prepare this account; with a name it is made, by an operator, and bound to your Unix user") },
        PERSON_NAMES,
        { "email", 0, "ADDRESS", N_("with --account: e-mail address; without --password-file a temporary password is sent there") },
        PERSON_PHONE,
        PERSON_LANGUAGE,
        { "password-file", 0, "FILE", N_("with --account: read its first password from FILE (- is standard input)") },
        YES,
        { "dry-run", 0, NULL, N_("only show what would be done") },
        { "undo", 0, NULL, N_("take back all that was done, also by earlier runs") },
        {},
};
const Option trust_install_options[] = {
        YES,
        { "fingerprint", 0, "HEX", N_("install only the certificate of this SHA-256; does not ask; may be repeated") },
        { "store", 0, "STORE", N_("only in this store (see trust stores); may be repeated") },
        { "purpose", 0, "PURPOSE", N_("trust it only for tls, email or code, in the stores that can say so; may be repeated") },
        {},
};
const Option log_options[] = {
        LIMIT,
        EVERYBODY,
        { "seal", 's', "SEAL", N_("of a seal whose Administrator you are: who signed how many documents, and when") },
        LOGIN,
        {},
};

const Option log_export_options[] = {
        OUTPUT,
        FORCE,
        EVERYBODY,
        { "seal", 's', "SEAL", N_("of a seal whose Administrator you are: who signed how many documents, and when") },
        LOGIN,
        {},
};

const Option outbox_options[] = { LIMIT, { "all", 'a', NULL, N_("also what is over: delivered, refused, expired or cancelled") }, {} };
